//! Which encoder the layer format has, and why: bytes per CPU second against ratio, on real trees.
//!
//! `cargo bench --bench encoder -- DIR…` prints one table for each tree, measured on one thread in
//! memory: the table of docs/reference/layer-format.md. With `--alone`, the seconds that the chosen encoder
//! takes on all cores, and nothing else: what benches/run compares builds with.

use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use flate2::{Compress, Compression, FlushCompress};
use lambda_img::epoch::Epoch;
use lambda_img::input::{self, Exclusions};
use lambda_img::pack::tar;
use rustix::time::{ClockId, clock_gettime};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

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
            table(&bytes);
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
                        while let Some(block) = blocks.get(next.fetch_add(1, Ordering::Relaxed)) {
                            black_box(zlib_rs(block, 3, MIB, false));
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

fn table(bytes: &[u8]) {
    println!("{:<46}{:>9}{:>9}", "encoder", "MB/cpu-s", "ratio");
    for level in 1..=6 {
        row(&format!("zlib-rs {level}, blocks of 1 MiB"), bytes, |tar| zlib_rs(tar, level, MIB, false));
    }
    for size in [128 * KIB, 256 * KIB, 512 * KIB, 2 * MIB, 4 * MIB] {
        row(&format!("zlib-rs 3, blocks of {} KiB", size / KIB), bytes, |tar| zlib_rs(tar, 3, size, false));
    }
    for size in [128 * KIB, MIB] {
        let name = format!("zlib-rs 3, {} KiB, with 32 KiB of the last block", size / KIB);
        row(&name, bytes, |tar| zlib_rs(tar, 3, size, true));
    }
    for level in [1, 2, 3, 6] {
        row(&format!("libdeflate {level}, 1 MiB, not joined"), bytes, |tar| libdeflate(tar, level, 0));
        row(&format!("libdeflate {level}, 1 MiB, joined"), bytes, |tar| libdeflate(tar, level, 1));
    }
}

fn row(name: &str, tar: &[u8], encode: impl Fn(&[u8]) -> usize) {
    let mut seconds = Vec::new();
    let mut size = 0;
    for _ in 0..3 {
        let start = cpu_seconds();
        size = black_box(encode(tar));
        seconds.push(cpu_seconds() - start);
    }
    seconds.sort_by(f64::total_cmp);
    let (speed, ratio) = (tar.len() as f64 / 1e6 / seconds[1], size as f64 / tar.len() as f64);
    println!("{name:<46}{speed:>9.0}{ratio:>9.4}");
}

fn zlib_rs(tar: &[u8], level: u32, size: usize, dictionary: bool) -> usize {
    let mut total = 0;
    let mut before: &[u8] = &[];
    for block in tar.chunks(size) {
        let mut out = Vec::with_capacity(block.len() + block.len() / 8 + 4096);
        let mut encoder = Compress::new(Compression::new(level), false);
        if dictionary && !before.is_empty() {
            encoder.set_dictionary(&before[before.len().saturating_sub(32 * KIB)..]).expect("a dictionary");
        }
        encoder.compress_vec(block, &mut out, FlushCompress::Full).expect("deflate");
        total += out.len();
        before = block;
    }
    total
}

/// libdeflate ends every stream with a final block: to join them, the last block's header must be
/// found, for which all blocks before it are decoded, without output. miniz_oxide and zlib-rs have
/// no such mode: what decoding costs stands for it here, which is the most that it can cost.
fn libdeflate(tar: &[u8], level: i32, joins: usize) -> usize {
    let level = libdeflater::CompressionLvl::new(level).expect("a level");
    let mut compressor = libdeflater::Compressor::new(level);
    let mut decompressor = libdeflater::Decompressor::new();
    let (mut total, mut back) = (0, vec![0; MIB]);
    for block in tar.chunks(MIB) {
        let mut out = vec![0; compressor.deflate_compress_bound(block.len())];
        let size = compressor.deflate_compress(block, &mut out).expect("deflate");
        for _ in 0..joins {
            black_box(decompressor.deflate_decompress(&out[..size], &mut back).expect("inflate"));
        }
        total += size + joins * 5;
    }
    total
}

fn cpu_seconds() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}
