//! A large file is compressed once, whatever it is called, wherever it lies and whatever lies beside it; and what was kept
//! of it never changes a byte.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Barrier, Mutex};

use flate2::read::GzDecoder;
use lambda_img::digest::Digest;
use lambda_img::epoch::Epoch;
use lambda_img::pack::{BlockName, Compressed, Reuse, TreeShape, pack, tar};
use lambda_img::progress::{Meter, Phase};
use lambda_img::store::cache::{Cache, Limits, Segments};
use lambda_img::store::{FileError, Staging};
use lambda_img::tree::{Content, FileTree, ImagePath, Node};
use lambda_img::work::Run;
use proptest::prelude::*;

use crate::harness::common::{Place, noise};
use crate::harness::suites::rebuild::phase;

static NEVER: AtomicBool = AtomicBool::new(false);

/// What is shared by small files, headers and the end: less than one large file.
const SHARED: u64 = 60_000;

fn path(text: &str) -> ImagePath {
    ImagePath::new(text).unwrap()
}

/// Text that deflates, and is not alike for two seeds.
fn text(seed: u64, size: usize) -> Vec<u8> {
    let lines = noise(size / 3 + 8, seed);
    let line = |bytes: &[u8]| format!("a line {:016x}\n", u64::from_le_bytes(bytes.try_into().unwrap()));
    let mut text = lines.as_chunks::<8>().0.iter().map(|bytes| line(bytes)).collect::<String>().into_bytes();
    text.resize(size, b'.');
    text
}

fn tree<'a>(files: impl IntoIterator<Item = (&'a str, Vec<u8>, bool)>) -> FileTree {
    let mut tree = FileTree::new();
    for (name, bytes, executable) in files {
        let content = Content::bytes("a test", bytes);
        tree.insert(path(name), Node::File { content, executable }).unwrap();
    }
    tree
}

/// What a packing came to.
#[derive(Debug, PartialEq)]
struct Made {
    digest: Digest,
    /// Bytes that were deflated, and that were not.
    deflated: u64,
    saved: u64,
}

/// Packs a layer and keeps it in the cache, as a build does.
fn make(tree: &FileTree, epoch: Epoch, cache: &Cache, segments: &Segments) -> Made {
    let dir = tempfile::tempdir().unwrap();
    let staging = Staging::beside(&dir.path().join("out")).unwrap();
    let meter = Meter::default();
    let run = Run { jobs: NonZeroUsize::new(2).unwrap(), interrupted: &NEVER, meter: &meter };
    let reuse = segments.layer();
    let packing = staging.write(|out, file| {
        reuse.reads_from(file);
        Ok::<_, FileError>(pack(tree, epoch, run, Some(&reuse), None, out).unwrap())
    });
    let (packing, source) = packing.unwrap();
    cache.keep_layer(TreeShape::of(tree, epoch), &packing, Some(&*source));
    reuse.keep(packing.packed.digest);
    let deflate = meter.spent(Phase::Deflate);
    Made { digest: packing.packed.digest, deflated: deflate.bytes, saved: deflate.saved }
}

/// The same in a process of its own.
fn build(tree: &FileTree, cache: &Cache) -> Made {
    let segments = cache.segments();
    let made = make(tree, Epoch::default(), cache, &segments);
    segments.keep();
    made
}

/// The digest of the layer that is made without any cache.
fn fresh(tree: &FileTree) -> Digest {
    let run = Run::new(NonZeroUsize::new(3).unwrap(), &NEVER);
    pack(tree, Epoch::default(), run, None, None, &mut io::sink()).unwrap().packed.digest
}

fn cache() -> (tempfile::TempDir, Cache) {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::new(dir.path().join("cache"));
    (dir, cache)
}

#[test]
fn a_large_file_that_moved_is_not_deflated_again() {
    let (_dir, cache) = cache();
    let (one, many) = (text(1, 300_000), text(2, 3_300_000));
    let small = || (0..20).map(|at| (["a", "b", "z"][at % 3], text(at as u64 + 10, 1000)));
    let of = |names: [&str; 2], executable: bool, neighbours: usize| {
        let files = [(names[0], one.clone(), executable), (names[1], many.clone(), false)];
        let mut tree = tree(files);
        for (at, (dir, bytes)) in small().take(neighbours).enumerate() {
            let content = Content::bytes("a test", bytes);
            let node = Node::File { content, executable: false };
            tree.insert(path(&format!("{dir}/{at}")), node).unwrap();
        }
        tree
    };
    let first = build(&of(["lib/one.so", "lib/many.so"], false, 20), &cache);
    assert!(first.saved == 0 && first.deflated >= 3_600_000, "{first:?}");
    for (changed, tree) in [
        ("renamed", of(["lib/1.so", "lib/2.so"], false, 20)),
        ("moved", of(["opt/python/deep/one.so", "many.so"], false, 20)),
        ("of another mode", of(["lib/one.so", "lib/many.so"], true, 20)),
        ("beside others", of(["lib/one.so", "lib/many.so"], false, 7)),
        ("alone", of(["lib/one.so", "lib/many.so"], false, 0)),
    ] {
        let again = build(&tree, &cache);
        assert!(again.deflated < SHARED && again.saved >= 3_600_000, "{changed}: {again:?}");
        assert_eq!(again.digest, fresh(&tree), "{changed}");
    }
}

#[test]
fn what_is_twice_in_one_build_is_deflated_once() {
    let (_dir, cache) = cache();
    let same = text(3, 1_500_000);
    let names = ["a/x", "b/x", "c/x", "c/y"];
    let copies = tree(names.map(|name| (name, same.clone(), false)));
    let first = build(&copies, &cache);
    assert!(first.deflated < 1_500_000 + SHARED && first.saved == 4_500_000, "{first:?}");
    assert_eq!(first.digest, fresh(&copies));
    // Two layers that are packed side by side, whichever comes first.
    let (_dir, other) = self::cache();
    let (segments, barrier, deflated) = (other.segments(), Barrier::new(2), Mutex::new(0));
    std::thread::scope(|scope| {
        for names in [["a/x", "b/x"], ["opt/x", "opt/y"]] {
            let (other, segments, barrier, deflated, same) = (&other, &segments, &barrier, &deflated, &same);
            scope.spawn(move || {
                let tree = tree(names.map(|name| (name, same.clone(), false)));
                barrier.wait();
                let made = make(&tree, Epoch::default(), other, segments);
                *deflated.lock().unwrap() += made.deflated;
                assert_eq!(made.digest, fresh(&tree));
            });
        }
    });
    let deflated = deflated.into_inner().unwrap();
    assert!((1_500_000..1_500_000 + 2 * SHARED).contains(&deflated), "{deflated}");
}

#[test]
fn what_does_not_deflate_is_known_too() {
    let (_dir, cache) = cache();
    // Sampled as worth a try, and no smaller in the end.
    let mut stubborn = noise(200_000, 4);
    stubborn.chunks_mut(25_000).for_each(|piece| piece[..2048].fill(0));
    let first = build(&tree([("model", stubborn.clone(), false)]), &cache);
    let moved = tree([("opt/model", stubborn, false)]);
    let again = build(&moved, &cache);
    assert!(first.deflated >= 200_000 && again.deflated < SHARED, "{first:?} {again:?}");
    assert_eq!(again.digest, fresh(&moved));
}

#[test]
fn a_damaged_segment_is_never_used() {
    let (_dir, cache) = cache();
    let big = text(5, 2_500_000);
    let moved = tree([("moved", big.clone(), false)]);
    let right = fresh(&moved);
    let build_anew = || {
        let _ = fs::remove_dir_all(cache.root());
        let first = build(&tree([("here", big.clone(), false)]), &cache);
        cache.root().join("blobs/sha256").join(first.digest.hex())
    };
    // One byte in each piece, a file that ends early, none at all, and another layer under its name.
    let damages: [&dyn Fn(Vec<u8>) -> Vec<u8>; 3] = [
        &|mut bytes| {
            bytes.iter_mut().skip(100).step_by(100_000).for_each(|byte| *byte ^= 1);
            bytes
        },
        &|bytes| bytes[..20].to_vec(),
        &|bytes| [&[0], &bytes[..]].concat(),
    ];
    for damage in damages {
        let layer = build_anew();
        fs::write(&layer, damage(fs::read(&layer).unwrap())).unwrap();
        let made = build(&moved, &cache);
        assert_eq!((made.digest, made.saved), (right, 0));
    }
    fs::remove_file(build_anew()).unwrap();
    assert_eq!(build(&moved, &cache).saved, 0);
    // The record of places: torn, changed, of no build.
    for damage in ["", "torn"] {
        build_anew();
        fs::write(cache.root().join("segments/format-2"), damage).unwrap();
        let made = build(&moved, &cache);
        assert_eq!((made.digest, made.saved), (right, 0));
    }
    build_anew();
    let index = cache.root().join("segments/format-2");
    let mut bytes = fs::read(&index).unwrap();
    bytes[60] ^= 1;
    fs::write(&index, bytes).unwrap();
    assert_eq!(build(&moved, &cache).digest, right);
    // And what is whole is found again.
    assert_eq!(build(&tree([("third", big, false)]), &cache).saved, 2_500_000);
}

#[test]
fn segments_go_with_their_layers() {
    let (_dir, cache) = cache();
    build(&tree([("old", text(6, 100_000), false)]), &cache);
    build(&tree([("new", text(7, 100_000), false)]), &cache);
    let size = || fs::metadata(cache.root().join("segments/format-2")).unwrap().len();
    let both = size();
    for layer in fs::read_dir(cache.root().join("blobs/sha256")).unwrap() {
        fs::remove_file(layer.unwrap().path()).unwrap();
    }
    let third = tree([("third", text(6, 100_000), false)]);
    assert_eq!(build(&third, &cache).saved, 0);
    assert!(size() < both, "{} and {both}", size());
    assert_eq!(build(&tree([("again", text(6, 100_000), false)]), &cache).saved, 100_000);
    assert!(cache.prune(Limits::default()).unwrap().removed >= 4);
    assert_eq!(build(&third, &cache).saved, 0);
}

#[test]
fn processes_that_end_at_once_forget_nothing_of_each_other() {
    let (_dir, cache) = cache();
    let of = |at: u64, name: &str| tree([(name, text(at, 70_000), false)]);
    std::thread::scope(|scope| {
        for at in 0..8 {
            let (cache, of) = (Cache::new(cache.root()), &of);
            scope.spawn(move || build(&of(at, "first"), &cache));
        }
    });
    for at in 0..8 {
        assert_eq!(build(&of(at, "second"), &cache).saved, 70_000, "{at}");
    }
}

#[test]
fn functions_of_a_fleet_deflate_what_they_have_in_common_once() {
    let place = Place::new();
    place.script("fn/bootstrap", "#!/bin/sh\n");
    for (layer, name) in [("one", "python/lib/numpy.so"), ("two", "deep/er/numpy.so")] {
        place.write(&format!("{layer}/{name}"), text(8, 9_000_000));
    }
    place.write(
        "lambda-img.toml",
        "[defaults]\nruntime = \"provided.al2023\"\nbase = \"embedded\"\npath = \"fn\"\noutput = \"oci:out/{name}\"\n\
         [functions.a]\nlambda-layer = [\"one\"]\n[functions.b]\nlambda-layer = [\"two\"]\n",
    );
    let built = place.run("build --all -v --cache-dir cache --allow start-format");
    assert_eq!(built.code, Some(0), "{built:?}");
    let row = phase(&built.stderr, "deflate");
    let numbers: Vec<_> = row.split_whitespace().skip(2).collect();
    // Seconds, what was deflated, and what was saved.
    let [deflated, unit, saved, saved_unit] = numbers[..] else { panic!("{row}") };
    assert_eq!((unit, saved_unit), ("MB", "MB"), "{row}");
    let number = |text: &str| text.parse::<f64>().unwrap();
    assert!(number(deflated) < 9.5 && number(saved) >= 9.0, "{row}");
}

/// Remembers what became of each block that is worth keeping, and where it lies.
#[derive(Default)]
struct Recorded(Mutex<BTreeMap<(String, u32), (Vec<u8>, usize)>>);

impl Reuse for Recorded {
    fn get(
        &self,
        _: BlockName,
        make: &mut dyn FnMut() -> io::Result<Compressed>,
    ) -> io::Result<(Arc<Compressed>, bool)> {
        Ok((Arc::new(make()?), false))
    }

    fn written(&self, name: BlockName, compressed: &Compressed, offset: u64) {
        let bytes = compressed.bytes().to_vec();
        self.0.lock().unwrap().insert((name.key.to_string(), name.crc), (bytes, offset as usize));
    }
}

/// Sizes at which something changes: a segment, a piece, a record.
fn sizes() -> impl Strategy<Value = usize> {
    let edges = [0, 1, 511, 512, 513, 65_535, 65_536, 65_537, 1 << 20, (1 << 20) + 1, (2 << 20) + 40_000];
    prop_oneof![4 => 0..5000usize, 1 => 60_000..80_000usize, 2 => proptest::sample::select(edges.to_vec())]
}

fn files() -> impl Strategy<Value = Vec<(String, usize, bool)>> {
    proptest::collection::vec(("[a-d]{1,3}/[a-z]{1,8}", sizes(), any::<bool>()), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// The tar is what is made of the tree alone, and the blocks of a large file are found in every layer that has it.
    #[test]
    fn cuts_change_no_byte_of_the_tar_and_segments_depend_on_content_alone(
        files in files(), large in proptest::collection::vec(65_536..(3usize << 20), 1..3), name in "[a-z]{1,90}/x"
    ) {
        let contents: Vec<_> = large.iter().enumerate().map(|(at, size)| text(at as u64 + 100, *size)).collect();
        let pack_all = |around: &[(String, usize, bool)], prefix: &str, jobs: usize| {
            let mut tree = FileTree::new();
            for (at, (name, size, executable)) in around.iter().enumerate() {
                let content = Content::bytes("a test", text(at as u64, *size));
                let _ = tree.insert(path(name), Node::File { content, executable: *executable });
            }
            for (at, content) in contents.iter().enumerate() {
                let node = Node::File { content: Content::bytes("a test", content.clone()), executable: at > 0 };
                tree.insert(path(&format!("{prefix}{at}")), node).unwrap();
            }
            let (recorded, mut layer) = (Recorded::default(), Vec::new());
            let run = Run::new(NonZeroUsize::new(jobs).unwrap(), &NEVER);
            let packed = pack(&tree, Epoch::default(), run, Some(&recorded), None, &mut layer).unwrap();
            let (mut found, mut expected) = (Vec::new(), Vec::new());
            GzDecoder::new(&layer[..]).read_to_end(&mut found).unwrap();
            tar::write(&tree, Epoch::default(), &mut expected).unwrap();
            assert!(found == expected, "the tar is another one");
            assert_eq!(packed.packed.diff_id, Digest::of(&found));
            let keys = tree.files().map(|(_, content)| content.key(&Default::default()).unwrap());
            assert!(packed.contents.iter().copied().eq(keys), "keys of contents");
            (recorded.0.into_inner().unwrap(), layer)
        };
        let (alone, _) = pack_all(&[], "only/", 1);
        let (among, layer) = pack_all(&files, &name, 3);
        let pieces: usize = large.iter().map(|size| size.div_ceil(1 << 20)).sum();
        prop_assert!(alone.len() <= pieces);
        for (name, (bytes, _)) in &alone {
            let (same, offset) = &among[name];
            prop_assert!(same == bytes && layer[*offset..].starts_with(bytes));
        }
    }
}

#[test]
fn the_file_that_is_written_can_be_read_before_it_is_done() {
    let dir = tempfile::tempdir().unwrap();
    let staging = Staging::beside(&dir.path().join("out")).unwrap();
    let read = |file: &Arc<File>| {
        let mut bytes = vec![0; 5];
        std::os::unix::fs::FileExt::read_exact_at(&**file, &mut bytes, 0).unwrap();
        bytes
    };
    let (found, _) = staging
        .write(|out, file| {
            out.write_all(b"bytes").unwrap();
            Ok::<_, FileError>(file.map(read))
        })
        .unwrap();
    assert_eq!(found.unwrap(), b"bytes");
}
