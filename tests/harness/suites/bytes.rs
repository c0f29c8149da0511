//! What the tests of `bytes` share, whichever binary they are in.

use super::super::common::{Place, must, noise, run};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::LazyLock;

pub const BUILD: &str = "build fn -r provided.al2023 -b embedded --allow start-format -o oci:out/image";

/// Name, bytes, whether executable.
pub type Files = Vec<(String, Vec<u8>, bool)>;

/// What the function holds, directories and links aside.
pub fn files() -> Files {
    let holes = [noise(5000, 2), vec![0; 3 << 20], noise(5000, 3)].concat();
    vec![
        ("bootstrap".to_owned(), b"#!/bin/sh\nexec true\n".to_vec(), true),
        ("app.txt".to_owned(), b"app".to_vec(), false),
        ("bin/tool".to_owned(), b"#!/bin/sh\n".to_vec(), true),
        ("data/holes".to_owned(), holes, false),
        ("data/noise".to_owned(), noise(2_500_000, 1), false),
        ("data/twin".to_owned(), b"twins".to_vec(), false),
        ("data/twin2".to_owned(), b"twins".to_vec(), false),
        ("empty.txt".to_owned(), Vec::new(), false),
        ("text/caf\u{e9}.txt".to_owned(), "caf\u{e9}".into(), false),
        (format!("text/{}/{}.txt", "d".repeat(90), "f".repeat(120)), b"deep".to_vec(), false),
    ]
}

/// The function in `fn`, its files made in order, or the other way round.
pub fn function_in(order: fn(&mut Files)) -> Place {
    let place = Place::new();
    let mut files = files();
    order(&mut files);
    for (name, bytes, executable) in files {
        let name = format!("fn/{name}");
        if executable {
            place.script(&name, bytes)
        } else {
            place.write(&name, bytes)
        };
    }
    place.link("fn/link", "data/twin");
    place.dir("fn/hollow");
    place
}

pub fn function() -> Place {
    function_in(|_| ())
}

/// The digest that all of these must have.
pub static EXPECTED: LazyLock<String> = LazyLock::new(|| function().run(BUILD).digest());

#[track_caller]
pub fn same(place: &Place, command: &mut Command) {
    assert_eq!(run(command).digest(), *EXPECTED);
    let _ = fs::remove_dir_all(place.path("out"));
}
