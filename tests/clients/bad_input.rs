//! Input that is wrong is refused with words that name it, before anything is written.

use crate::harness::common::{Place, assert_refusal, must, python};
use crate::harness::suites::bad_input::*;
use crate::harness::zips;
use std::fs::{self};
use std::os::unix::fs::PermissionsExt;

/// Refuses `fn.zip`, which the Python statements make of the open `z`, a `zipfile.ZipFile`.
fn zip_refused(statements: &str, words: &[&str]) {
    let place = Place::with_function();
    let program = format!(
        "import zipfile, warnings\n\
         warnings.simplefilter('ignore')\n\
         z = zipfile.ZipFile('fn.zip', 'w', zipfile.ZIP_DEFLATED)\n\
         z.writestr('bootstrap', '#!/bin/sh\\n')\n\
         {statements}\n\
         z.close()"
    );
    python(&place, &program, &[]);
    let all: Vec<_> = words.iter().copied().chain(["fn.zip"]).collect();
    place.refuses(1, &BUILD.replace("fn", "fn.zip"), &all);
}

/// Python for a symlink in the zip `z`.
fn zip_link(name: &str, target: &str) -> String {
    format!(
        "i = zipfile.ZipInfo('{name}'); i.create_system = 3; i.external_attr = 0o120777 << 16\n\
         z.writestr(i, '{target}')"
    )
}

#[test]
fn an_empty_zip() {
    let place = Place::with_function();
    place.write("fn.zip", "");
    place.refuses(1, &BUILD.replace("fn", "fn.zip"), &["cannot use the zip `fn.zip`"]);
    python(&place, "import zipfile; zipfile.ZipFile('fn.zip', 'w').close()", &[]);
    place.refuses(1, &BUILD.replace("fn", "fn.zip"), &["`fn.zip` contains no files"]);
}

/// Runs the build as another user, who may write into `out`.
fn as_nobody(place: &Place, path: &str, words: &[&str]) {
    fs::set_permissions(place.path("out"), fs::Permissions::from_mode(0o777)).unwrap();
    let tool = place.copied_tool();
    let mut command = place.program("setpriv");
    command
        .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
        .arg(tool)
        .env("LAMBDA_IMG_CACHE", "");
    command.args(BUILD.replace("fn", path).split_whitespace());
    place.refused(1, &mut command, words);
}

#[test]
fn unreadable_files_and_directories() {
    let place = Place::with_function();
    let secret = place.write("fn/deep/secret.txt", "secret");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    as_nobody(&place, "fn", &["`fn/deep/secret.txt`", "ermission denied"]);
    as_nobody(&place, "fn/deep/secret.txt", &["`fn/deep/secret.txt`", "ermission denied"]);
    fs::set_permissions(place.path("fn/deep"), fs::Permissions::from_mode(0o700)).unwrap();
    as_nobody(&place, "fn", &["`fn/deep`", "ermission denied"]);
    let package = place.write("fn.zip", "PK\x03\x04");
    fs::set_permissions(&package, fs::Permissions::from_mode(0o600)).unwrap();
    as_nobody(&place, "fn.zip", &["`fn.zip`", "ermission denied"]);
}

#[test]
fn a_zip_with_names_outside_of_it() {
    zip_refused("z.writestr('../evil', 'x')", &["`../evil` has a `..` component"]);
    zip_refused("z.writestr('a/../../evil', 'x')", &["`a/../../evil` has a `..` component"]);
    let absolute = "i = zipfile.ZipInfo('x'); i.filename = '/etc/evil'; z.writestr(i, 'x')";
    zip_refused(absolute, &["`/etc/evil` is an absolute path"]);
    zip_refused("z.writestr('C:/evil', 'x')", &["`C:/evil` begins with a drive letter"]);
    let slash = "i = zipfile.ZipInfo('x'); i.filename = 'a\\\\evil'; z.writestr(i, 'x')";
    zip_refused(slash, &["evil` has a backslash"]);
}

#[test]
fn a_zip_with_one_path_twice() {
    zip_refused("z.writestr('a', '1'); z.writestr('a', '2')", &["it contains member `a` twice"]);
    zip_refused("z.writestr('d/a', '1'); z.writestr('d//a', '2')", &["`d/a` and `d//a` have the same path"]);
    zip_refused("z.writestr('a', '1'); z.writestr('./a', '2')", &["`a` and `./a` have the same path"]);
    zip_refused("z.writestr('a', '1'); z.writestr('a/', '')", &["`a` and `a/` have the same path"]);
    zip_refused("z.writestr('a', '1'); z.writestr('a/b', '2')", &["`a/b` is below `a`, which is a file"]);
}

#[test]
fn a_zip_with_links_that_leave_it() {
    zip_refused(
        &zip_link("d/l", "../../etc/passwd"),
        &["d/l` points to `../../etc/passwd`, which is outside"],
    );
    zip_refused(&zip_link("l", "l"), &["l` points to `l`, which leads back to the symlink"]);
    let written_through = format!("{}\nz.writestr('l/passwd', 'x')", zip_link("l", "/etc"));
    zip_refused(&written_through, &["`l/passwd` is below `l`, which is a symlink"]);
}

#[test]
fn an_encrypted_zip() {
    let place = Place::with_function();
    must(place.program("zip").args(["-q", "-r", "-P", "password", "fn.zip", "fn"]));
    place.refuses(1, &BUILD.replace("fn", "fn.zip"), &["fn.zip", "is encrypted", "app.txt"]);
}

#[test]
fn a_truncated_or_damaged_zip() {
    let place = Place::with_function();
    must(place.program("zip").args(["-q", "-r", "whole.zip", "fn"]));
    let whole = fs::read(place.path("whole.zip")).unwrap();
    for length in [0, 4, whole.len() / 3, whole.len() / 2, whole.len() - 23, whole.len() - 1] {
        place.write("fn.zip", &whole[..length]);
        place.refuses(
            1,
            &BUILD.replace("fn", "fn.zip"),
            &["cannot use the zip `fn.zip`", "not a complete zip"],
        );
    }
    let mut damaged = whole.clone();
    let at = whole.windows(3).position(|window| window == b"app").unwrap();
    let at = at + whole[at + 7..].windows(3).position(|window| window == b"app").unwrap() + 7;
    damaged[at] ^= 0xff;
    place.write("fn.zip", &damaged);
    place.refuses(1, &BUILD.replace("fn", "fn.zip"), &["fn.zip", "app.txt"]);
}

#[test]
fn all_members_of_a_zip_that_is_as_it_says_are_taken() {
    let place = Place::with_function();
    let files = |zip: &str| -> u64 {
        let options =
            "-r nodejs24.x -b scratch --entrypoint /start --cmd x --allow start-missing --single-layer";
        let json = place.run(&format!("build {zip} {options} --dry-run --json")).json();
        let layers = json["images"][0]["layers"].as_array().unwrap();
        layers
            .iter()
            .filter(|layer| layer["part"] != "base")
            .map(|layer| layer["files"].as_u64().unwrap())
            .sum()
    };
    // More than there can be without ZIP64.
    let write = "import zipfile\nz = zipfile.ZipFile('64.zip', 'w')\n\
                 [z.writestr(f'f{at}', '') for at in range(65540)]\nz.close()";
    python(&place, write, &[]);
    assert_eq!(files("64.zip"), 65_540);
    // One that can be executed, as Python's zipapp and unzipsfx make them: its offsets count from the zip's start.
    place.write("self.zip", zips::zip(b"#!/usr/bin/env python3\n", names(3), None));
    assert_eq!(files("self.zip"), 3);
    place.write("empty.zip", zips::zip(b"", [""; 0], None));
    place.refuses(1, &BUILD.replace("fn", "empty.zip"), &["`empty.zip` contains no files"]);
}

#[test]
fn deep_directories_and_long_places_are_refused() {
    let place = Place::with_function();
    place.write(&format!("fn/{}", zips::path("deep", 600, 260)), "x");
    refuses(&place, &["the name of `fn/deep/", "is more than 256 directories deep"]);
    let place = Place::with_function();
    // Linux opens it here, and not below /var/task.
    let long = format!("fn/{}", zips::path("long", 4090, 30));
    let write = "import os, sys; os.makedirs(os.path.dirname(sys.argv[1])); open(sys.argv[1], 'w').close()";
    python(&place, write, &[&long]);
    assert_refusal(&place.run(BUILD), 1, &["has more than 4096 bytes"]);
    fs::remove_dir_all(place.path("fn/long")).unwrap();
    for (to, word) in [(5000, "has more than 4096 bytes"), (600, "is more than 256 directories deep")] {
        place.refuses(2, &format!("{BUILD} --add fn/app.txt:/{}", zips::path("to", to, 290)), &[word]);
    }
}

#[test]
fn a_zip_bomb() {
    let bomb = "z.writestr('zeros', bytes(65 << 20))";
    zip_refused(bomb, &["`zeros` unpacks from", "68157440", "more than 200 times", "zip bomb"]);
}

#[test]
fn a_device() {
    let place = Place::with_function();
    must(place.program("mknod").args(["fn/null", "c", "1", "3"]));
    refuses(&place, &["`fn/null` is a character device"]);
}
