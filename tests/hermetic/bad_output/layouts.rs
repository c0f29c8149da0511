//! Layouts that others write to, and files that are no layout's alone.

use super::BUILD;
use crate::harness::common::{Place, blob, must, noise, snapshot};
use crate::harness::suites::bad_output_layouts::*;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::process::{Child, Stdio};

/// Starts a build into a layout that another process has locked, and waits until it says so.
fn behind(place: &Place) -> (Child, impl BufRead, File) {
    place.run(&format!("{BUILD} -o oci:out/image")).digest();
    place.write("fn/app.txt", "another");
    let lock = File::open(place.path("out/image")).unwrap();
    lock.lock().unwrap();
    let mut tool = place.tool(&format!("{BUILD} -o oci:out/image"));
    let mut child = tool.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("waiting for another process that writes to `out/image`") {
        line.clear();
        assert!(stderr.read_line(&mut line).unwrap() > 0, "it did not wait, or did not say so");
    }
    (child, stderr, lock)
}

#[test]
fn a_layout_that_another_process_writes_to_is_waited_for_and_the_wait_is_told() {
    let place = Place::with_function();
    let (child, _stderr, lock) = behind(&place);
    drop(lock);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let digest = String::from_utf8(output.stdout).unwrap();
    assert!(digest.contains(&place.image("out/image", "latest").digest), "{digest}");
}

#[test]
fn one_interrupt_ends_the_wait_for_a_layout() {
    let place = Place::with_function();
    let before = fs::read_to_string(place.path("out/image/index.json"));
    assert!(before.is_err());
    let (mut child, mut stderr, _lock) = behind(&place);
    let index = fs::read_to_string(place.path("out/image/index.json")).unwrap();
    must(place.program("sh").args(["-c", &format!("kill -INT {}", child.id())]));
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let mut said = String::new();
    stderr.read_to_string(&mut said).unwrap();
    assert!(said.ends_with("error: interrupted\n"), "{said}");
    assert_eq!(fs::read_to_string(place.path("out/image/index.json")).unwrap(), index);
}

#[test]
fn outputs_and_the_cache_share_no_file() {
    let place = Place::with_function();
    place.write("fn/noise", noise(300_000, 1));
    let build = format!("{BUILD} --cache-dir cache");
    place
        .run(&format!("{build} -o oci:out/a -o oci:out/b:v1 -o oci:out/b:v2 -o oci-archive:out/c.tar"))
        .digests();
    // From a warm cache.
    place.run(&format!("{build} -o oci:out/d")).digest();
    let all: Vec<_> = [files(&place.path("out")), files(&place.path("cache"))].concat();
    assert_eq!(all.len(), 9, "{all:?}");
    for file in &all {
        assert_eq!(fs::metadata(file).unwrap().nlink(), 1, "`{}` has a second name", file.display());
    }
    // A byte that changes in one of them changes nothing else.
    let layer = place.image("out/a", "latest").layers.pop().unwrap();
    fs::write(blob(&place.path("out/a"), &layer), "spoiled").unwrap();
    place.image("out/b", "v1");
    place.image("out/d", "latest");
    let found = place.run("cache verify --cache-dir cache");
    assert!(found.stderr.contains(", 0 were corrupt"), "{}", found.stderr);
}

#[test]
fn a_layout_whose_blobs_are_a_link_is_not_written_through() {
    for name in ["blobs", "blobs/sha256"] {
        let place = Place::with_function();
        place.run(&format!("{BUILD} -o oci:out/image")).digest();
        place.write("fn/app.txt", "another");
        let dir = format!("out/image/{name}");
        must(place.program("mv").args([&dir, "elsewhere"]));
        place.link(&dir, place.path("elsewhere").to_str().unwrap());
        let link = format!("`{dir}` is a symlink, and images are not written through symlinks");
        place.refuses(1, &format!("{BUILD} -o oci:out/image"), &[&link, "hint: replace"]);
    }
}

#[test]
fn files_that_no_earlier_build_wrote_are_not_replaced() {
    let place = Place::with_function();
    let refuses = |options: &str, name: &str| {
        place.write(name, "my notes\n");
        let error = format!("names `{name}`, which no earlier build wrote");
        place.refuses(
            2,
            &format!("{BUILD} -o oci:out/image {options}"),
            &[&error, "hint: name another file"],
        );
        fs::remove_file(place.path(name)).unwrap();
    };
    refuses("--image-refs notes", "notes");
    refuses("--metadata-file notes", "notes");
    refuses("--ci gitlab", "lambda-img.env");
    place.write("package.json", r#"{"version":"1.0.0","images":[]}"#);
    let error = ["`--metadata-file` names `package.json`, which no earlier build wrote"];
    place.refuses(2, &format!("{BUILD} -o oci:out/image --metadata-file package.json"), &error);
    // Its own are, where a link leads to one too; and an empty one.
    place.write("refs", "");
    let options = "--image-refs refs --metadata-file meta.json --ci gitlab";
    place.run(&format!("{BUILD} -o oci:out/image {options}")).digest();
    place.link("link", "refs");
    place.write("fn/app.txt", "another");
    let options = "--image-refs link --metadata-file meta.json --ci gitlab";
    let digest = place.run(&format!("{BUILD} -o oci:out/image {options}")).digest();
    assert!(fs::symlink_metadata(place.path("link")).unwrap().is_symlink());
    for file in ["refs", "meta.json", "lambda-img.env"] {
        assert!(fs::read_to_string(place.path(file)).unwrap().contains(&digest), "{file}");
    }
}

#[test]
fn files_are_not_written_where_images_go() {
    let place = Place::with_function();
    place.link("link", "same.tar");
    place.link("linked", "out");
    let refuses = |outputs: &str, options: &str, file: &str| {
        let before = snapshot(&place.path(""));
        let error = format!("`{file}` would be written into the output `");
        let hint = "hint: name a file outside of all outputs";
        place.refuses(2, &format!("{BUILD} {outputs} {options}"), &[&error, hint]);
        assert_eq!(snapshot(&place.path("")), before);
    };
    // A link that leads to itself, and back, is not followed for ever.
    place.link("loop", "loop/loop");
    place.refuses(2, &format!("{BUILD} -o oci:out --image-refs loop/loop/refs"), &["cannot be read"]);
    // Nothing of it is there yet; then an earlier build wrote it, and what is to be written is new.
    for _ in 0..2 {
        for option in ["--image-refs", "--metadata-file"] {
            refuses("-o oci:out", &format!("{option} out/refs"), "out/refs");
            refuses("-o oci:out", &format!("{option} linked/refs"), "linked/refs");
            refuses("-o oci:x -o oci:out", &format!("{option} x/../out/blobs/refs"), "x/../out/blobs/refs");
            refuses("-o oci:refs/image", &format!("{option} refs"), "refs");
        }
        refuses("-o oci:lambda-img.env", "--ci gitlab", "lambda-img.env");
        place.run(&format!("{BUILD} -o oci:out")).digest();
    }
    for output in ["oci-archive", "docker-archive"] {
        for file in ["same.tar", "link"] {
            refuses(&format!("-o {output}:same.tar"), &format!("--image-refs {file}"), file);
        }
    }
    for option in ["--image-refs", "--metadata-file"] {
        let error = format!("`{option}` names `out/index.json`, which no earlier build wrote");
        place.refuses(2, &format!("{BUILD} -o oci:out {option} out/index.json"), &[&error]);
    }
    // Of several functions, each has outputs of its own.
    let functions = "[functions.a]\npath = \"fn\"\n[functions.b]\npath = \"fn\"\n";
    place.write("lambda-img.toml", format!("[defaults]\noutput = \"oci:{{name}}\"\n{functions}"));
    let all = "build --all -r provided.al2023 -b embedded";
    let error = ["`b/refs` would be written into the output `oci:b:latest`"];
    place.refuses(2, &format!("{all} --image-refs b/refs"), &error);
}

#[test]
fn what_is_no_file_is_written_to() {
    let place = Place::with_function();
    let ran = place.run(&format!("{BUILD} -o oci:out/image --image-refs /dev/stdout"));
    assert_eq!(ran.digests().len(), 2, "{ran:?}");
    // Also where standard output is a file: its lines stay.
    let mut command = place.program("sh");
    command.args(["-c", "\"$@\" >lines", "sh", env!("CARGO_BIN_EXE_lambda-img")]);
    must(command.args(BUILD.split_whitespace()).args(["-o", "oci:out/image", "--image-refs", "/dev/stdout"]));
    assert_eq!(fs::read_to_string(place.path("lines")).unwrap().lines().count(), 2);
    assert!(fs::metadata("/dev/stdout").is_ok());
}
