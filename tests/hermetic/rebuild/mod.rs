//! Rebuilds cost what changed, and never anything else than the right image: whatever changed, however
//! fast, and whatever became of the cache.

use crate::harness::common::{Place, must};
use crate::harness::suites::rebuild::*;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

mod segments;
mod trust;

#[test]
fn nothing_changed_nothing_is_read_or_deflated() {
    let place = place();
    let first = build(&place, "-o oci:out/a");
    build(&place, "-o oci:out/a");
    let again = place.run(&format!("{BUILD} -o oci:out/a -v"));
    assert_eq!(again.digest(), first);
    for name in ["read", "deflate", "hash"] {
        let row = phase(&again.stderr, name);
        assert_eq!(row.split_whitespace().nth(2), Some("0"), "{row}");
    }
    assert_eq!(first, fresh(&place));
}

#[test]
fn a_fresh_checkout_elsewhere_deflates_nothing() {
    let place = place();
    let first = build(&place, "-o oci:out/a");
    fs::rename(place.path("fn"), place.path("old")).unwrap();
    must(Command::new("cp").args(["-r", "old", "fn"]).current_dir(place.path("")));
    let copied = place.run(&format!("{BUILD} -o oci:out/b -v"));
    assert_eq!(copied.digest(), first);
    let deflated = phase(&copied.stderr, "deflate");
    assert_eq!(deflated.split_whitespace().nth(2), Some("0"), "{deflated}");
    assert_eq!(place.image("out/b", "latest").digest, first);
}

#[test]
fn one_changed_file_deflates_its_block_alone() {
    let place = place();
    build(&place, "-o oci:out/a");
    place.write("fn/lib/module30.py", "changed\n".repeat(2000));
    let changed = place.run(&format!("{BUILD} -o oci:out/a -v"));
    assert_eq!(changed.digest(), fresh(&place));
    let row = phase(&changed.stderr, "deflate");
    let saved = row.split_whitespace().rev().take(2).collect::<Vec<_>>();
    assert_eq!(saved[0], "MB", "no megabytes were saved: {row}");
    assert_eq!(place.image("out/a", "latest").digest, changed.digest());
}

#[test]
fn a_change_that_keeps_size_and_mtime_is_seen() {
    let place = place();
    build(&place, "-o oci:out/a");
    build(&place, "-o oci:out/a");
    let file = place.write("fn/lib/module7.py", "line 8 of a file\n".repeat(3000));
    must(Command::new("touch").args(["-d", "2020-01-01"]).arg(file));
    assert_eq!(build(&place, "-o oci:out/a"), fresh(&place));
}

#[test]
fn changes_within_the_clocks_grain_are_seen() {
    // Small, so that the next change comes soon.
    let place = place_of(1, 1 << 10);
    let file = place.path("fn/app.txt");
    let inode = || fs::metadata(&file).map(|file| std::os::unix::fs::MetadataExt::ino(&file)).unwrap();
    let first = inode();
    for round in 0..20 {
        // In place, as long as before, and as soon as the build before is done.
        fs::write(&file, format!("{round:03}")).unwrap();
        assert_eq!(inode(), first);
        let digest = build(&place, "-o oci:out/a");
        assert_eq!(digest, fresh(&place), "round {round}");
    }
}

#[test]
fn corrupt_and_torn_entries_are_made_again() {
    let place = place_of(10, 1 << 20);
    let right = build(&place, "-o oci:out/a");
    build(&place, "-o oci:out/a");
    assert!(cache_files(&place).len() >= 5, "{:?}", cache_files(&place));
    for file in cache_files(&place) {
        build(&place, "-o oci:out/a");
        let whole = fs::read(&file).unwrap();
        let mut spoilt = whole.clone();
        let middle = spoilt.len() / 2;
        spoilt[middle] ^= 0x10;
        for bytes in [spoilt, whole[..middle].to_vec(), Vec::new()] {
            // A name of its own: outputs may be links to what is in the cache.
            let _ = fs::remove_file(&file);
            fs::write(&file, bytes).unwrap();
            let _ = fs::remove_dir_all(place.path("out/b"));
            assert_eq!(build(&place, "-o oci:out/b"), right, "{}", file.display());
            assert_eq!(place.image("out/b", "latest").digest, right, "{}", file.display());
        }
    }
}

#[test]
fn a_spoilt_block_of_a_changed_layer_is_deflated_again() {
    let place = place();
    build(&place, "-o oci:out/a");
    for file in cache_files(&place).iter().filter(|file| file.to_string_lossy().contains("/blobs/")) {
        let mut bytes = fs::read(file).unwrap();
        bytes.iter_mut().step_by(1000).for_each(|byte| *byte ^= 1);
        fs::remove_file(file).unwrap();
        fs::write(file, bytes).unwrap();
    }
    place.write("fn/lib/module30.py", "changed\n");
    let changed = build(&place, "-o oci:out/a");
    assert_eq!(changed, fresh(&place));
    assert_eq!(place.image("out/a", "latest").digest, changed);
}

#[test]
fn bytes_that_the_cache_lost_are_made_again() {
    let place = place();
    let right = build(&place, "-o oci:out/a");
    fs::remove_dir_all(place.path("cache/blobs")).unwrap();
    assert_eq!(build(&place, "-o oci:out/b"), right);
    assert_eq!(place.image("out/b", "latest").digest, right);
    fs::remove_dir_all(place.path("cache")).unwrap();
    assert_eq!(build(&place, "-o oci:out/c"), right);
}

#[test]
fn verify_finds_what_is_corrupt_and_prune_takes_all() {
    let place = place();
    build(&place, "-o oci:out/a");
    let whole = place.run("cache verify --cache-dir cache");
    assert!(whole.code == Some(0) && whole.stderr.contains("0 were corrupt"), "{whole:?}");
    let file =
        cache_files(&place).into_iter().find(|file| file.to_string_lossy().contains("/segments/")).unwrap();
    fs::write(&file, "torn").unwrap();
    let found = place.run("cache verify --cache-dir cache");
    assert!(
        found.stderr.contains("removed segments/") && found.stderr.contains("1 was corrupt"),
        "{found:?}"
    );
    assert!(!file.exists());
    assert_eq!(place.run("cache prune --cache-dir cache").code, Some(0));
    assert_eq!(cache_files(&place), Vec::<PathBuf>::new());
}

#[test]
fn without_a_cache_nothing_is_kept_and_a_read_only_one_does_no_harm() {
    let place = place();
    let right = fresh(&place);
    // Bases are kept, the embedded one too: its layer, what it was made of, and where its blocks lie.
    let kept = cache_files(&place);
    let one_of = |dir: &str| kept.iter().filter(|file| file.to_string_lossy().contains(dir)).count() == 1;
    assert!(kept.len() == 3 && ["/blobs/", "/layers/", "/segments/"].into_iter().all(one_of), "{kept:?}");
    place.write("file", "in the way");
    let blocked =
        place.run("build fn -r provided.al2023 -b embedded --no-cache --cache-dir cache -o oci:out/b");
    assert_eq!(blocked.digest(), right);
}

#[test]
fn two_builds_at_once_keep_one_right_layer() {
    let place = place();
    let right = fresh(&place);
    let digests: Vec<String> = std::thread::scope(|scope| {
        let builds: Vec<_> = (0..4)
            .map(|number| {
                let place = &place;
                scope.spawn(move || build(place, &format!("-o oci:out/p{number}")))
            })
            .collect();
        builds.into_iter().map(|build| build.join().unwrap()).collect()
    });
    assert!(digests.iter().all(|digest| *digest == right));
    assert!(place.run("cache verify --cache-dir cache").stderr.contains("0 were corrupt"));
    for number in 0..4 {
        assert_eq!(place.image(&format!("out/p{number}"), "latest").digest, right);
    }
}

#[test]
fn what_checks_saw_before_does_not_hide_what_is_new() {
    let place = place();
    for number in 0..300 {
        place.write(&format!("fn/many/f{number}.txt"), format!("{number:01000}"));
    }
    let right = build(&place, "-o oci:out/a");
    // Into a file that was seen, with its size and time, and into one that takes the name of another.
    let spoilt = place.path("fn/many/f7.txt");
    let time = fs::metadata(&spoilt).unwrap().modified().unwrap();
    let mut text = key();
    text += &"x".repeat(1000 - text.len());
    fs::write(&spoilt, &text).unwrap();
    fs::File::options().append(true).open(&spoilt).unwrap().set_modified(time).unwrap();
    let denied = |name: &str| {
        let ran = place.run(&format!("{BUILD} -o oci:out/a"));
        assert!(
            ran.code == Some(3) && ran.stderr.contains(&format!("secret  /var/task/many/{name}")),
            "{ran:?}"
        );
    };
    denied("f7.txt");
    place.write("fn/many/f7.txt", format!("{:01000}", 7));
    assert_eq!(build(&place, "-o oci:out/a"), right);
    place.write("fn/many/new", text);
    fs::rename(place.path("fn/many/new"), place.path("fn/many/f9.txt")).unwrap();
    denied("f9.txt");
    fs::remove_file(place.path("fn/many/f9.txt")).unwrap();
    // And what is gone is not found any more.
    let after = build(&place, "-o oci:out/a");
    assert_eq!(after, fresh(&place));
}

#[test]
fn what_a_build_writes_into_its_function_is_no_part_of_the_next() {
    let place = Place::with_function();
    let build = || {
        let mut tool =
            place.tool("build . -r provided.al2023 -b embedded -o oci-archive:made/deep/image.tar");
        tool.current_dir(place.path("fn")).env("LAMBDA_IMG_CACHE", place.path("fn/kept/cache"));
        must(&mut tool).digest()
    };
    let first = build();
    assert!(place.path("fn/made/deep/image.tar").is_file() && place.path("fn/kept/cache").is_dir());
    assert_eq!([build(), build()], [first.clone(), first]);
}
