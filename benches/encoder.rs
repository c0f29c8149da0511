//! Which encoder the layer format has, and why: bytes per CPU second against ratio, on real trees.
//!
//! `cargo bench --bench encoder -- DIR…` prints two tables for each tree, measured on one thread in memory: the tables of
//! docs/reference/layer-format.md, of deflating and of inflating. With `--alone`, the seconds that the encoder takes on all
//! cores, and nothing else: what benches/run compares builds with.

use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use lambda_img::epoch::Epoch;
use lambda_img::input::{self, Exclusions};
use lambda_img::pack::tar;
use lambda_img_deflate::Encoder;
use rustix::time::{ClockId, clock_gettime};

const MIB: usize = 1 << 20;
const ROUNDS: usize = 3;

fn main() {
    let alone_only = std::env::args().any(|argument| argument == "--alone");
    let trees = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    for tree in trees {
        let tree = Path::new(&tree);
        let entries =
            input::collect(tree, &Exclusions::default(), std::num::NonZeroUsize::MIN).expect("a tree").tree;
        let mut bytes = Vec::new();
        tar::write(&entries, Epoch::default(), &mut bytes).expect("a tar");
        if alone_only {
            println!("{:.4}", alone(&bytes));
        } else {
            println!(
                "\n{}: {} entries, {:.1} MB of tar",
                tree.display(),
                entries.len(),
                bytes.len() as f64 / 1e6
            );
            let blocks: Vec<_> = bytes.chunks(MIB).collect();
            deflating(&blocks);
            inflating(&blocks);
        }
    }
}

/// The median of five runs on all cores, in seconds.
fn alone(tar: &[u8]) -> f64 {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let blocks: Vec<_> = tar.chunks(MIB).collect();
    let mut seconds: Vec<_> = (0..5)
        .map(|_| {
            let (start, next) = (Instant::now(), AtomicUsize::new(0));
            thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| {
                        let mut encoder = Encoder::new();
                        while let Some(block) = blocks.get(next.fetch_add(1, Ordering::Relaxed)) {
                            black_box(encoder.encode(block));
                        }
                    });
                }
            });
            start.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    seconds[2]
}

/// What makes raw deflate of a block.
type Deflate = Box<dyn FnMut(&[u8]) -> Vec<u8>>;

fn ours() -> Deflate {
    let mut encoder = Encoder::new();
    Box::new(move |block| encoder.encode(block).to_vec())
}

/// As layer format 1 used it.
fn zlib_rs(level: u32) -> Deflate {
    let mut encoder = Compress::new(Compression::new(level), false);
    Box::new(move |block| {
        let mut out = Vec::with_capacity(block.len() + block.len() / 8 + 4096);
        encoder.reset();
        encoder.compress_vec(block, &mut out, FlushCompress::Full).expect("deflate");
        out
    })
}

/// It ends every stream for good, which a layer of several blocks cannot use as it is.
fn libdeflate(level: i32) -> Deflate {
    let level = libdeflater::CompressionLvl::new(level).expect("a level");
    let mut encoder = libdeflater::Compressor::new(level);
    Box::new(move |block| {
        let mut out = vec![0; encoder.deflate_compress_bound(block.len())];
        let size = encoder.deflate_compress(block, &mut out).expect("deflate");
        out.truncate(size);
        out
    })
}

/// Each in turn, three times: what else the machine does moves all of them.
fn deflating(blocks: &[&[u8]]) {
    let mut encoders = vec![("zlib-rs 3".to_owned(), zlib_rs(3)), ("lambda-img-deflate".to_owned(), ours())];
    encoders.extend([1, 2, 4, 6].map(|level| (format!("zlib-rs {level}"), zlib_rs(level))));
    encoders.extend([1, 2, 3, 6].map(|level| (format!("libdeflate {level}, not joined"), libdeflate(level))));
    let mut seconds = vec![Vec::new(); encoders.len()];
    let mut sizes = vec![0; encoders.len()];
    for _ in 0..ROUNDS {
        for (at, (_, encode)) in encoders.iter_mut().enumerate() {
            let start = cpu_seconds();
            sizes[at] = blocks.iter().map(|block| black_box(encode(block)).len()).sum();
            seconds[at].push(cpu_seconds() - start);
        }
    }
    println!("{:<32}{:>9}{:>12}{:>9}{:>12}", "deflating", "MB/cpu-s", "× zlib-rs 3", "ratio", "× zlib-rs 3");
    let size: usize = blocks.iter().map(|block| block.len()).sum();
    let base = median(&seconds[0]);
    for (at, (name, _)) in encoders.iter().enumerate() {
        let took = median(&seconds[at]);
        let (speed, ratio) = (size as f64 / 1e6 / took, sizes[at] as f64 / size as f64);
        let smaller = sizes[at] as f64 / sizes[0] as f64;
        println!("{name:<32}{speed:>9.0}{:>12.2}{ratio:>9.4}{smaller:>12.4}", base / took);
    }
}

/// What was deflated, by two readers.
fn inflating(blocks: &[&[u8]]) {
    println!("{:<32}{:>18}{:>21}", "inflating, MB/cpu-s", "by zlib-rs", "by libdeflate");
    let size: usize = blocks.iter().map(|block| block.len()).sum();
    for (name, mut encode) in [("zlib-rs 3", zlib_rs(3)), ("lambda-img-deflate", ours())] {
        let ended = |block: &&[u8]| [&encode(block)[..], &[3, 0]].concat();
        let streams: Vec<_> = blocks.iter().map(ended).collect();
        let mut back = vec![0; 2 * MIB];
        let mut inflater = Decompress::new(false);
        let zlib_rs = speed(size, || {
            for stream in &streams {
                inflater.reset(false);
                inflater.decompress(stream, &mut back, FlushDecompress::Finish).expect("inflate");
            }
        });
        let mut inflater = libdeflater::Decompressor::new();
        let libdeflate = speed(size, || {
            for stream in &streams {
                inflater.deflate_decompress(stream, &mut back).expect("inflate");
            }
        });
        println!("{name:<32}{zlib_rs:>18.0}{libdeflate:>21.0}");
    }
}

/// Megabytes in a second of the processor, of so many bytes.
fn speed(size: usize, mut work: impl FnMut()) -> f64 {
    let mut seconds = Vec::new();
    for _ in 0..ROUNDS {
        let start = cpu_seconds();
        work();
        seconds.push(cpu_seconds() - start);
    }
    size as f64 / 1e6 / median(&seconds)
}

fn median(seconds: &[f64]) -> f64 {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn cpu_seconds() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}
