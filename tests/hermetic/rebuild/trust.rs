//! Whose the cache is, and what a record in it may say: nothing that it was not sealed for.

use super::{BUILD, cache_files};
use crate::harness::common::{Place, Ran, noise, run, snapshot};
use crate::harness::suites::rebuild_trust::*;
use std::fs::{self};
use std::os::unix::fs::{MetadataExt, chown, lchown};
use std::path::{Path, PathBuf};

/// A user who is neither root nor ours.
const OTHER: u32 = 65534;

#[test]
fn a_record_under_another_name_is_not_there() {
    let place = Place::with_function();
    let build = |bytes: &str, more: &str| {
        place.write("fn/app.txt", bytes);
        place.run(&format!("{BUILD} {more}")).digest()
    };
    // Two trees of one shape, and what their layers became.
    let (a, b) = (build("aaa", "-o oci:out/a"), build("bbb", "-o oci:out/b"));
    assert_ne!(a, b);
    let layers: Vec<PathBuf> =
        cache_files(&place).into_iter().filter(|file| kind(&place, file) == "layers").collect();
    let saved: Vec<_> = layers.iter().map(|file| fs::read(file).unwrap()).collect();
    // Each under the name of each.
    for from in &saved {
        layers.iter().for_each(|to| fs::write(to, from).unwrap());
        assert_eq!([build("aaa", "-o oci:out/a"), build("bbb", "-o oci:out/b")], [a.clone(), b.clone()]);
    }
}

#[test]
fn records_are_verified_by_kind_and_name() {
    let place = Place::with_function();
    place.write("fn/noise", noise(300_000, 1));
    place.run(&format!("{BUILD} -o oci:out/a")).digest();
    let files: Vec<_> =
        cache_files(&place).into_iter().filter(|file| kind(&place, file) != "blobs").collect();
    let mut planted = Vec::new();
    for file in &files {
        let other = file.with_file_name("ef".repeat(32));
        fs::copy(file, &other).unwrap();
        planted.push(other.clone());
        for dir in ["surveys", "verdicts", "last", "facts", "unpacked", "places"] {
            let moved = place.path("cache").join(dir).join(file.file_name().unwrap());
            if !moved.exists() && moved.parent().unwrap().exists() {
                fs::copy(file, &moved).unwrap();
                planted.push(moved);
            }
        }
    }
    planted.sort();
    planted.dedup();
    assert!(planted.len() > files.len(), "{planted:?}");
    let found = place.run("cache verify --cache-dir cache");
    assert!(found.stderr.contains(&format!("{} were corrupt", planted.len())), "{}", found.stderr);
    assert!(planted.iter().all(|file| !file.exists()) && files.iter().all(|file| file.exists()));
}

/// The directory of the cache that a file of it is in.
fn kind(place: &Place, file: &Path) -> String {
    let inside = file.strip_prefix(place.path("cache")).unwrap();
    inside.components().next().unwrap().as_os_str().to_str().unwrap().to_owned()
}

/// What a build would make.
const DRY: &str = "build fn -r provided.al2023 -b embedded --dry-run --json";

fn planned(ran: &Ran) -> String {
    ran.json()["images"][0]["digest"].as_str().unwrap().to_owned()
}

/// Builds with the cache at `dir`, which is not used, is told to be so, and stays as it is.
fn refuses(place: &Place, dir: &str, why: &str) {
    let before = snapshot(&place.path(""));
    let expected = planned(&place.run(DRY));
    let mut by_variable = place.tool(DRY);
    by_variable.env("LAMBDA_IMG_CACHE", dir);
    for mut tool in [place.tool(&format!("{DRY} --cache-dir {dir}")), by_variable] {
        let ran = run(&mut tool);
        assert_eq!(planned(&ran), expected);
        let warnings: Vec<_> =
            ran.stderr.lines().filter(|line| line.starts_with("warning: the cache ")).collect();
        assert!(matches!(warnings[..], [warning] if warning.contains(why)), "{}", ran.stderr);
    }
    let quiet = place.run(&format!("{DRY} -q --cache-dir {dir}"));
    assert_eq!((planned(&quiet), quiet.stderr), (expected, String::new()));
    // Whoever asks for it by name hears that it is none.
    for command in ["info", "verify", "prune"] {
        let ran: Ran = place.run(&format!("cache {command} --cache-dir {dir}"));
        assert!(ran.code == Some(1) && ran.stderr.contains(why), "{ran:?}");
    }
    assert_eq!(snapshot(&place.path("")), before);
}

#[test]
fn a_cache_is_made_for_its_user_alone() {
    let place = place();
    assert_eq!(fs::metadata(place.path("cache")).unwrap().mode() & 0o777, 0o700);
    // As the administrator has it; and one that others may read.
    mode(&place, "cache", 0o755);
    let ran = place.run(&format!("{BUILD} -o oci:out/a"));
    assert!(ran.code == Some(0) && !ran.stderr.contains("warning: the cache"), "{ran:?}");
}

#[test]
fn a_cache_that_others_may_write_to_is_not_used() {
    for (name, bits) in [("cache", 0o777), ("cache", 0o770), ("cache", 0o1777), ("cache/blobs", 0o777)] {
        let place = place();
        mode(&place, "cache", 0o755);
        mode(&place, name, bits);
        refuses(&place, "cache", &format!("{name}` (mode {bits:04o})"));
    }
}

#[test]
fn a_cache_of_another_user_is_not_used() {
    let place = place();
    chown(place.path("cache"), Some(OTHER), None).unwrap();
    refuses(&place, "cache", "cache` belongs to another user (uid 65534)");
    chown(place.path("cache"), Some(0), None).unwrap();
    mode(&place, "cache", 0o755);
    chown(place.path("cache/layers"), Some(OTHER), None).unwrap();
    refuses(&place, "cache", "cache/layers` belongs to another user (uid 65534)");
}

#[test]
fn a_cache_in_the_directory_of_another_user_is_not_used() {
    let place = place();
    place.dir("theirs");
    fs::rename(place.path("cache"), place.path("theirs/cache")).unwrap();
    // As GitLab's checkouts are: everybody may write to them, and they are root's.
    for bits in [0o777, 0o1777] {
        mode(&place, "theirs", bits);
        let ran = place.run(&format!("{DRY} --cache-dir theirs/cache"));
        assert!(ran.code == Some(0) && !ran.stderr.contains("warning: the cache"), "{ran:?}");
    }
    // The owner of a directory takes away what is in it, sticky or not.
    for bits in [0o755, 0o1777] {
        mode(&place, "theirs", bits);
        chown(place.path("theirs"), Some(OTHER), None).unwrap();
        refuses(&place, "theirs/cache", "theirs` belongs to another user (uid 65534)");
        // Nor is one made there.
        refuses(&place, "theirs/new", "theirs` belongs to another user (uid 65534)");
    }
}

#[test]
fn a_cache_behind_a_link_is_judged_by_where_it_leads() {
    let place = place();
    // Through a link of ours to a directory of ours.
    place.dir("own");
    fs::rename(place.path("cache"), place.path("own/cache")).unwrap();
    place.link("link", "own");
    let ran =
        place.run(&format!("{BUILD} -o oci:out/a --cache-dir link/cache").replace("--cache-dir cache ", ""));
    assert!(ran.code == Some(0) && !ran.stderr.contains("warning: the cache"), "{ran:?}");
    mode(&place, "own", 0o777);
    refuses(&place, "link/cache", "own` (mode 0777)");
    // Of somebody else's directory, and somebody else's link.
    mode(&place, "own", 0o755);
    chown(place.path("own"), Some(OTHER), None).unwrap();
    refuses(&place, "link/cache", "own` belongs to another user");
    chown(place.path("own"), Some(0), None).unwrap();
    lchown(place.path("link"), Some(OTHER), None).unwrap();
    refuses(&place, "link/cache", "link` is a symlink of another user");
    // Not even inside.
    fs::rename(place.path("own/cache/blobs"), place.path("own/blobs")).unwrap();
    place.link("own/cache/blobs", "../blobs");
    refuses(&place, "own/cache", "cache/blobs` is a symlink");
}
