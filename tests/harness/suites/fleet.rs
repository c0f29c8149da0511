//! What the tests of `fleet` share, whichever binary they are in.

use super::super::common::{Place, Ran, must};
use serde_json::json;
use std::fs;
use std::io::{BufRead, Read};
use std::path::Path;

/// The example, and a base for both architectures instead of those of AWS.
pub fn example() -> Place {
    let place = Place::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fleet");
    must(place.program("cp").arg("-r").arg(source.join(".")).arg("."));
    place.script("boot/bootstrap", "#!/bin/sh\n");
    assert_eq!(
        place.run("build ./boot -r provided.al2023 -b embedded -a x86_64,arm64 -o oci:base").code,
        Some(0)
    );
    let file = place.path("lambda-img.toml");
    let text = fs::read_to_string(&file).unwrap().replace("[defaults]", "[defaults]\nbase = \"oci:base\"");
    fs::write(file, text).unwrap();
    place
}

pub fn ok(ran: Ran) -> Ran {
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran
}

/// What `build --json` prints, and `--metadata-file` writes.
pub const SCHEMA: &str = "docs/schemas/build.json";

/// The names of the functions that were built, from lines of a layout.
pub fn names(ran: &Ran) -> Vec<String> {
    let name = |line: &str| {
        let target = line.split_once('@').unwrap().0;
        let tag = target.rsplit_once(':').unwrap().1;
        tag.strip_suffix("-x86_64").or(tag.strip_suffix("-arm64")).unwrap_or(tag).to_owned()
    };
    let mut names: Vec<_> = ran.stdout.lines().map(name).collect();
    names.dedup();
    names
}

/// By the table of times.
pub fn twelve_megabytes_are_read(ran: &Ran) -> bool {
    let line = ran.stderr.lines().find(|line| line.trim_start().starts_with("read "));
    let read = line.unwrap_or_else(|| panic!("{}", ran.stderr));
    let size: f64 = read.split_whitespace().nth(2).unwrap().parse().unwrap();
    read.contains(" MB") && (12.0..14.0).contains(&size)
}

/// Looks like a key, and opens nothing.
pub const KEY: &str = "-----BEGIN PRIVATE KEY-----\nq7Zt1Xb9Vn3Lk5Hg8Fd2Sa4Pw6Oi0Uy+eR/mCjTBq7Zt1Xb9Vn3Lk5Hg8Fd2Sa4P\nw6Oi0Uy+eR/mCjTB\n-----END PRIVATE KEY-----\n";

/// The example in a repository of git, committed.
pub fn committed() -> Place {
    let place = example();
    place.write(".gitignore", "lambda-image\nbuild\n");
    git(&place, "init -q");
    commit(&place);
    place
}

pub fn git(place: &Place, arguments: &str) {
    let mut command = place.program("git");
    command.args(["-c", "user.name=t", "-c", "user.email=t@example.com"]);
    must(command.args(arguments.split_whitespace()));
}

pub fn commit(place: &Place) {
    git(place, "add -A");
    git(place, "commit -qm state");
}
