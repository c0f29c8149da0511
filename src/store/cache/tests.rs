use std::io::Cursor;
use std::sync::Barrier;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tempfile::TempDir;

use super::*;
use crate::digest::Mismatch;

static GO: AtomicBool = AtomicBool::new(false);

fn cache() -> (TempDir, Cache) {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::new(dir.path().join("cache"));
    (dir, cache)
}

fn bytes(seed: u8, len: usize) -> Vec<u8> {
    (0..len).map(|at| (at as u32).wrapping_mul(2_654_435_761).to_le_bytes()[3] ^ seed).collect()
}

fn read(blob: &CachedBlob) -> Vec<u8> {
    let mut out = Vec::new();
    blob.open().unwrap().read_to_end(&mut out).unwrap();
    out
}

/// Fetches `data` and tells the offsets that were asked for.
fn fetch(cache: &Cache, data: &[u8]) -> (Result<CachedBlob, FetchError>, Vec<u64>) {
    let asked = Mutex::new(Vec::new());
    let open = |offset: u64| {
        asked.lock().unwrap().push(offset);
        Ok(Box::new(Cursor::new(data[offset as usize..].to_vec())) as Box<dyn Read + Send>)
    };
    let got = cache.fetch(Digest::of(data), data.len() as u64, &GO, &open);
    (got, asked.into_inner().unwrap())
}

#[test]
fn fetched_once_and_verified_at_every_use() {
    let (_dir, cache) = cache();
    let data = bytes(1, 1_000_000);
    let (digest, size) = (Digest::of(&data), data.len() as u64);
    assert!(cache.open(digest, size).unwrap().is_none());
    let (blob, asked) = fetch(&cache, &data);
    assert_eq!((read(&blob.unwrap()), asked), (data.clone(), vec![0]));
    assert!(fetch(&cache, &data).1.is_empty());
    assert_eq!(cache.info().unwrap(), Info { blobs: 1, partial: 0, records: 0, roots: 0, bytes: size });
    // One bit, and it is fetched again.
    let path = cache.blob_path(digest);
    let mut spoiled = data.clone();
    spoiled[500_000] ^= 1;
    fs::write(&path, &spoiled).unwrap();
    let (blob, asked) = fetch(&cache, &data);
    assert_eq!((read(&blob.unwrap()), asked), (data.clone(), vec![0]));
    fs::write(&path, b"short").unwrap();
    assert!(cache.document(digest).unwrap().is_none() && !path.exists());
}

#[test]
fn a_broken_download_goes_on_where_it_ended() {
    let (_dir, cache) = cache();
    let data = bytes(2, 700_000);
    let (digest, size) = (Digest::of(&data), data.len() as u64);
    let half = |_| Ok(Box::new(Cursor::new(data[..300_000].to_vec())) as Box<dyn Read + Send>);
    let error = cache.fetch(digest, size, &GO, &half).unwrap_err();
    assert!(matches!(error, FetchError::Source { .. }), "{error}");
    assert_eq!(cache.info().unwrap(), Info { blobs: 0, partial: 1, records: 0, roots: 0, bytes: 300_000 });
    let (blob, asked) = fetch(&cache, &data);
    assert_eq!((read(&blob.unwrap()), asked), (data.clone(), vec![300_000]));
    // All of it there, and killed before the rename: nothing is asked for.
    fs::rename(cache.blob_path(digest), cache.partial_path(digest)).unwrap();
    assert!(fetch(&cache, &data).1.is_empty());
    // The kept part is of something else.
    fs::remove_file(cache.blob_path(digest)).unwrap();
    fs::write(cache.partial_path(digest), bytes(9, 1000)).unwrap();
    let (blob, asked) = fetch(&cache, &data);
    assert_eq!((read(&blob.unwrap()), asked), (data.clone(), vec![1000, 0]));
    fs::remove_file(cache.blob_path(digest)).unwrap();
    fs::write(cache.partial_path(digest), bytes(9, 800_000)).unwrap();
    assert_eq!(fetch(&cache, &data).1, [0]);
}

#[test]
fn lies_are_never_kept_and_interrupts_keep_what_came() {
    let (_dir, cache) = cache();
    let (data, other) = (bytes(3, 5000), bytes(4, 5000));
    let digest = Digest::of(&data);
    let lie = |_| Ok(Box::new(Cursor::new(other.clone())) as Box<dyn Read + Send>);
    let error = cache.fetch(digest, 5000, &GO, &lie).unwrap_err();
    assert!(matches!(error, FetchError::Mismatch(Mismatch::Digest { .. })), "{error}");
    let endless = |_| Ok(Box::new(io::repeat(7)) as Box<dyn Read + Send>);
    let error = cache.fetch(digest, 5000, &GO, &endless).unwrap_err();
    assert!(matches!(error, FetchError::Mismatch(Mismatch::Size { .. })), "{error}");
    assert_eq!(cache.info().unwrap(), Info::default());
    let stop = AtomicBool::new(false);
    struct Stops<'a>(&'a AtomicBool);
    impl Read for Stops<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            self.0.store(true, Ordering::Relaxed);
            buf[0] = 1;
            Ok(1)
        }
    }
    let leaked: &'static AtomicBool = Box::leak(Box::new(stop));
    let open = |_| Ok(Box::new(Stops(leaked)) as Box<dyn Read + Send>);
    let error = cache.fetch(digest, 5000, leaked, &open).unwrap_err();
    assert!(matches!(error, FetchError::Interrupted(_)), "{error}");
    assert_eq!(cache.info().unwrap(), Info { blobs: 0, partial: 1, records: 0, roots: 0, bytes: 1 });
}

#[test]
fn many_at_once_fetch_once() {
    let (_dir, cache) = cache();
    let data = bytes(5, 3_000_000);
    let asked = Mutex::new(0);
    let barrier = Barrier::new(8);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                barrier.wait();
                let open = |offset: u64| {
                    *asked.lock().unwrap() += 1;
                    thread::sleep(std::time::Duration::from_millis(30));
                    Ok(Box::new(Cursor::new(data[offset as usize..].to_vec())) as Box<dyn Read + Send>)
                };
                let blob = cache.fetch(Digest::of(&data), data.len() as u64, &GO, &open).unwrap();
                assert!(read(&blob) == data);
            });
        }
    });
    assert_eq!((*asked.lock().unwrap(), cache.info().unwrap().partial), (1, 0));
}

#[test]
fn nobody_waits_for_somebody_who_is_done() {
    let (_dir, cache) = cache();
    // Each holds what it has while it fetches the next, in its own order.
    let all: Vec<_> = (0..4).map(|seed| bytes(seed, 100_000)).collect();
    let barrier = Barrier::new(4);
    thread::scope(|scope| {
        for first in 0..4 {
            let (cache, all, barrier) = (&cache, &all, &barrier);
            scope.spawn(move || {
                barrier.wait();
                let held: Vec<_> = (0..4).map(|at| fetch(cache, &all[(first + at) % 4]).0.unwrap()).collect();
                assert_eq!(held.len(), 4);
            });
        }
    });
    assert_eq!(cache.info().unwrap(), Info { blobs: 4, partial: 0, records: 0, roots: 0, bytes: 400_000 });
}

#[test]
fn deleting_it_at_any_time_costs_a_download_and_nothing_else() {
    let (_dir, cache) = cache();
    let data = bytes(6, 400_000);
    let (blob, _) = fetch(&cache, &data);
    let blob = blob.unwrap();
    fs::remove_dir_all(cache.root()).unwrap();
    assert_eq!(read(&blob), data);
    // In the middle of a download.
    let tries = Mutex::new(0);
    let open = |offset: u64| {
        *tries.lock().unwrap() += 1;
        if *tries.lock().unwrap() == 1 {
            fs::remove_dir_all(cache.root()).unwrap();
        }
        Ok(Box::new(Cursor::new(data[offset as usize..].to_vec())) as Box<dyn Read + Send>)
    };
    let blob = cache.fetch(Digest::of(&data), data.len() as u64, &GO, &open).unwrap();
    assert_eq!((read(&blob), *tries.lock().unwrap()), (data, 2));
}

#[test]
fn prune_takes_the_least_recently_used_and_nothing_in_use() {
    let (_dir, cache) = cache();
    let all: Vec<_> = (0..4).map(|seed| bytes(seed, 1000)).collect();
    let mut held = Vec::new();
    for data in &all {
        held.push(fetch(&cache, data).0.unwrap());
        thread::sleep(std::time::Duration::from_millis(5));
    }
    let everything = Limits::default();
    assert_eq!(cache.prune(everything).unwrap().removed, 0, "all in use");
    drop(held);
    // The first is used again: the second is the oldest now.
    cache.document(Digest::of(&all[0])).unwrap().unwrap();
    let limits = Limits { max_size: Some(2500), ..Limits::default() };
    let pruned = cache.prune(limits).unwrap();
    assert_eq!((pruned.removed, pruned.freed, pruned.left.bytes), (2, 2000, 2000));
    let there: Vec<_> = all.iter().map(|data| cache.has(Digest::of(data), 1000)).collect();
    assert_eq!(there, [true, false, false, true]);
    // By age: 1970 is before all of them, a far future behind.
    let since = |used_since| Limits { used_since: Some(used_since), ..Limits::default() };
    assert_eq!(cache.prune(since(0)).unwrap().removed, 0);
    assert_eq!(cache.prune(since(i64::MAX)).unwrap().removed, 2);
    assert_eq!(cache.prune(everything).unwrap(), Pruned::default());
}
