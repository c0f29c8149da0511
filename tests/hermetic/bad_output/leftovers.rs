//! What a killed process leaves goes with the next one, and nothing else does.

use super::BUILD;
use crate::harness::common::{Place, must, packs, temporaries, until};
use crate::harness::suites::bad_output_leftovers::*;
use std::fs;
use std::os::unix::fs::chown;
use std::process::{Child, Command, Stdio};

/// A build that packs in its directory in `out`, and goes on for a while.
fn started(place: &Place, output: &str) -> Child {
    let mut tool = place.tool(&format!("{} -o {output}", BUILD.replace("fn ", "large ")));
    let child = tool.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("it packs", || packs(&place.path("out")));
    child
}

#[test]
fn what_a_killed_build_leaves_beside_its_output_goes_with_the_next() {
    let place = place();
    for output in ["oci:out/image", "oci-archive:out/image.tar", "docker-archive:out/docker.tar"] {
        let mut child = started(&place, output);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(temporaries(&place.path("out")).len(), 1, "{output}");
        place.run(&format!("{BUILD} -o oci:out/other")).digest();
        assert_eq!(temporaries(&place.path("out")), [""; 0], "{output}");
    }
}

#[test]
fn what_a_living_build_has_beside_its_output_stays() {
    let place = place();
    let mut child = started(&place, "oci:out/image");
    let before = temporaries(&place.path("out"));
    place.run(&format!("{BUILD} -o oci:out/other")).digest();
    assert_eq!(temporaries(&place.path("out")), before);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_only_looks_like_a_leftover_stays() {
    let place = Place::with_function();
    place.write("out/.lambda-img-mine/file", "mine");
    place.write("out/.lambda-img-abcdef", "a file");
    place.write("elsewhere/file", "mine");
    place.link("out/.lambda-img-ABCDEF", "../elsewhere");
    place.write("out/.lambda-img-123456/file", "another user's");
    chown(place.path("out/.lambda-img-123456"), Some(65534), None).unwrap();
    place.write("out/.lambda-img-backup/file", "mine");
    place.write("out/.lambda-img-copied/lambda-img-temporary", "mine");
    place.write("out/.lambda-img-fedcba/blobs/file", "left");
    place.write(
        "out/.lambda-img-fedcba/lambda-img-temporary",
        "A temporary directory of lambda-img, which the next build removes.\n",
    );
    must(place.program("cp").args(["-r", "out/.lambda-img-fedcba/.", "out/.lambda-img-123456"]));
    place.run(&format!("{BUILD} -o oci:out/image")).digest();
    let mut left = temporaries(&place.path("out"));
    left.sort();
    assert_eq!(
        left,
        ["123456", "ABCDEF", "abcdef", "backup", "copied", "mine"].map(|name| format!(".lambda-img-{name}"))
    );
    assert!(place.path("elsewhere/file").is_file() && place.path("out/.lambda-img-123456/file").is_file());
    assert!(place.path("out/.lambda-img-backup/file").is_file());
}

#[test]
fn copies_that_a_killed_build_left_in_the_cache_go_with_the_next() {
    let place = Place::with_function();
    let digest = "ab".repeat(32);
    let build = format!("{BUILD} --cache-dir cache");
    place.run(&format!("{build} -o oci:out/image")).digest();
    let write = |name: &str| place.write(&format!("cache/partial/{digest}{name}"), "half");
    let (download, copy, alive) = (write(""), write(".abcdef"), write(".123456"));
    let lock = fs::File::open(&alive).unwrap();
    lock.lock().unwrap();
    place.write("fn/app.txt", "another");
    place.run(&format!("{build} -o oci:out/image")).digest();
    // A download is gone on with: for a day.
    assert!(download.exists() && alive.exists() && !copy.exists());
    must(Command::new("touch").args(["-d", "2 days ago"]).arg(&download));
    place.write("fn/app.txt", "a third");
    place.run(&format!("{build} -o oci:out/image")).digest();
    assert!(!download.exists());
}
