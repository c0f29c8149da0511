//! One image, all three outputs, read by every client that people use.

use crate::harness::support;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use crate::harness::support::{Build, Docker, Entry, Podman, Tree, build, on_disk, output, program, scratch};
use serde_json::Value;
use tempfile::TempDir;

/// Text, what no encoder shrinks, and zeros.
fn mixed() -> Vec<u8> {
    let text: String = (0..20_000).map(|n| format!("{} of {} bottles\n", n % 97, n * n % 8191)).collect();
    let mut state = 1_u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    let noise: Vec<u8> = (0..200_000).map(|_| noise()).collect();
    [text.as_bytes(), &noise, &[0; 100_000], text.as_bytes()].concat()
}

/// A function with everything that a tree can have, and its image in all outputs, with tag `v1`.
struct Made {
    dir: TempDir,
    build: Build,
}

impl Made {
    fn new() -> Made {
        let dir = scratch();
        let function = dir.path().join("function");
        let write = |name: &str, bytes: &[u8], mode: u32| {
            let path = function.join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
            fs::write(&path, bytes).expect("a file");
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("its mode");
        };
        write("bootstrap", b"#!/bin/sh\nexit 0\n", 0o700);
        write("code.txt", b"code\n", 0o600);
        write("empty", b"", 0o644);
        write("deep/er/and/deeper/file", &[0, 255, 10, 13], 0o640);
        write("bin/tool", b"#!/bin/sh\n", 0o711);
        write("name with space/\u{e9}\u{4e2d}.txt", "\u{4e2d}".as_bytes(), 0o444);
        write(&format!("{}/long", "directory-of-a-long-name/".repeat(9)), b"beyond ustar's 100", 0o644);
        let noise: Vec<u8> =
            (0_u32..700_000).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        write("large.bin", &noise, 0o644);
        // Blocks of every kind in one segment.
        write("mixed.bin", &mixed(), 0o644);
        fs::create_dir(function.join("nothing in here")).expect("a directory");
        symlink("code.txt", function.join("link")).expect("a link");
        symlink("../bin/tool", function.join("deep/tool")).expect("a link");
        let outputs =
            ["oci:layout:v1", "oci-archive:image.oci.tar:v1", "docker-archive:image.docker.tar:made:v1"];
        let mut args = vec![
            "function",
            "--runtime",
            "provided.al2023",
            "--base",
            "embedded",
            "--handler",
            "any",
            "--allow",
            "start-format",
        ];
        args.extend(outputs.iter().flat_map(|output| ["-o", output]));
        let build = build(dir.path(), args);
        Made { dir, build }
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    /// The input as it has to be below `/var/task`.
    fn expected(&self) -> Tree {
        let mut tree = on_disk(&self.dir.path().join("function"));
        for entry in tree.values_mut() {
            match entry {
                Entry::Dir { mode } => *mode = 0o755,
                Entry::File { mode, .. } => *mode = if *mode & 0o111 == 0 { 0o644 } else { 0o755 },
                Entry::Link { .. } => {}
            }
        }
        tree
    }

    /// Compares a whole root file system with the input.
    fn compare(&self, root: &Path) {
        let (found, expected) = (on_disk(&root.join("var/task")), self.expected());
        let names = |tree: &Tree| tree.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&found), names(&expected));
        for (name, entry) in &expected {
            assert!(found[name] == *entry, "`{name}` differs");
        }
        // It stays among its files, and `/var/runtime/bootstrap` starts it.
        let launcher = on_disk(&root.join("var/runtime")).remove("bootstrap");
        let Some(Entry::File { mode: 0o755, bytes }) = launcher else { panic!("{launcher:?}") };
        assert!(String::from_utf8_lossy(&bytes).ends_with("\nexec /var/task/bootstrap \"$@\"\n"));
    }
}

fn skopeo(args: &[&str]) -> String {
    output(program("skopeo").arg("--insecure-policy").args(args))
}

#[test]
fn skopeo_inspects_and_copies_without_a_change() {
    let made = Made::new();
    let copies = [("oci", "layout:v1"), ("oci-archive", "image.oci.tar:v1")];
    for (n, (transport, name)) in copies.into_iter().enumerate() {
        let source = format!("{transport}:{}", made.path(name));
        let seen: Value = serde_json::from_str(&skopeo(&["inspect", &source])).expect("JSON");
        assert_eq!(seen["Digest"], made.build.digest(), "{source}");
        assert_eq!((&seen["Architecture"], &seen["Os"]), (&"amd64".into(), &"linux".into()));
        let target = format!("oci:{}:v1", made.path(&format!("copy{n}")));
        skopeo(&["copy", "--quiet", "--preserve-digests", &source, &target]);
        let copied: Value = serde_json::from_str(&skopeo(&["inspect", &target])).expect("JSON");
        assert_eq!(copied["Digest"], made.build.digest(), "{target}");
    }
    // A Docker archive has no manifest: its image is known by its configuration.
    let archive = format!("docker-archive:{}:made:v1", made.path("image.docker.tar"));
    let manifest: Value = serde_json::from_str(&skopeo(&["inspect", "--raw", &archive])).expect("JSON");
    assert_eq!(manifest["config"]["digest"], made.build.config_digest());
}

/// Everything that people read gzip with, as a command that writes what is in the file `$1`.
const READERS: [(&str, &str); 5] = [
    ("GNU gzip", "gzip -dc <$1"),
    ("ISA-L", "igzip -d -c <$1"),
    (
        "Python's gzip",
        "python3 -c 'import gzip, sys; sys.stdout.buffer.write(gzip.open(sys.argv[1]).read())' $1",
    ),
    (
        "zlib",
        "python3 -c 'import zlib, sys; sys.stdout.buffer.write(zlib.decompress(open(sys.argv[1], \"rb\").read(), 31))' $1",
    ),
    ("Go", "./go-gunzip <$1"),
];

const GO: &str = r#"package main

import (
	"compress/gzip"
	"io"
	"os"
)

func main() {
	reader, err := gzip.NewReader(os.Stdin)
	if err == nil {
		_, err = io.Copy(os.Stdout, reader)
	}
	if err != nil {
		panic(err)
	}
}
"#;

#[test]
fn every_inflater_reads_the_layers() {
    let made = Made::new();
    let (dir, layout) = (made.dir.path(), made.dir.path().join("layout"));
    fs::write(dir.join("gunzip.go"), GO).expect("a program");
    let mut go = program("go");
    output(
        go.args(["build", "-o", "go-gunzip", "gunzip.go"]).env("GOCACHE", dir.join("go")).current_dir(dir),
    );
    let config = support::config(&layout);
    let layers = support::manifest(&layout)["layers"].clone();
    let diff_ids = config["rootfs"]["diff_ids"].as_array().expect("layers").iter();
    for (layer, diff_id) in layers.as_array().expect("layers").iter().zip(diff_ids) {
        let name = layer["digest"].as_str().expect("a digest").trim_start_matches("sha256:");
        let blob = layout.join("blobs/sha256").join(name);
        for (name, command) in READERS {
            let script = format!("set -o pipefail; ({command}) | sha256sum | cut -d' ' -f1");
            let sum = output(program("bash").args(["-c", &script, "bash"]).arg(&blob).current_dir(dir));
            assert_eq!(format!("sha256:{}", sum.trim()), diff_id.as_str().expect("a digest"), "{name}");
        }
        let bytes = fs::read(&blob).expect("a layer");
        // RFC 1952: the length is in the last four bytes.
        let size = u32::from_le_bytes(*bytes.last_chunk().expect("a trailer"));
        let mut back = vec![0; size as usize];
        let read = libdeflater::Decompressor::new().gzip_decompress(&bytes, &mut back);
        assert_eq!(read.expect("gzip"), back.len(), "libdeflate");
        let mut sum = program("sha256sum");
        fs::write(dir.join("back"), &back).expect("a file");
        let sum = output(sum.arg("back").current_dir(dir));
        assert_eq!(format!("sha256:{}", &sum[..64]), diff_id.as_str().expect("a digest"), "libdeflate");
    }
}

#[test]
fn umoci_unpacks_what_went_in() {
    let made = Made::new();
    let bundle = made.path("bundle");
    output(program("umoci").args(["unpack", "--image", &made.path("layout:v1"), &bundle]));
    made.compare(&Path::new(&bundle).join("rootfs"));
    // Nothing of the layout is unknown to it, and all that it lists is there.
    output(program("umoci").args(["stat", "--image", &made.path("layout:v1")]));
}

#[test]
fn the_archive_of_a_layout_is_that_layout() {
    let made = Made::new();
    let inside = made.dir.path().join("inside");
    fs::create_dir(&inside).expect("a directory");
    output(program("tar").arg("-xf").arg(made.path("image.oci.tar")).arg("-C").arg(&inside));
    let blobs = |root: &Path| on_disk(&root.join("blobs"));
    assert!(blobs(&inside).keys().eq(blobs(&made.dir.path().join("layout")).keys()));
    assert_eq!(support::manifest(&inside), support::manifest(&made.dir.path().join("layout")));
}

#[test]
fn podman_loads_both_archives() {
    let made = Made::new();
    let podman = Podman::new();
    let id = made.build.config_digest().strip_prefix("sha256:").expect("a digest");
    for archive in ["image.docker.tar", "image.oci.tar"] {
        podman.run(&["load", "--quiet", "--input", &made.path(archive)]);
        let ids = podman.run(&["images", "--quiet", "--no-trunc"]);
        assert!(ids.lines().any(|line| line.ends_with(id)), "{archive}: {ids}");
        podman.run(&["rmi", "--force", id]);
    }
    podman.run(&["load", "--quiet", "--input", &made.path("image.docker.tar")]);
    let root = podman.run(&["image", "mount", id]);
    made.compare(Path::new(&root));
    podman.run(&["image", "umount", id]);
}

#[test]
fn docker_loads_under_the_name_and_the_id() {
    let made = Made::new();
    let docker = Docker::start();
    assert_eq!(docker.load(Path::new(&made.path("image.docker.tar"))), "made:v1");
    assert_eq!(docker.run(&["inspect", "--format", "{{.Id}}", "made:v1"]), made.build.config_digest());
    // The engine's own view of the files: a container's file system, exported.
    let id = docker.run(&["create", "made:v1"]);
    let (tar, root) = (made.path("exported.tar"), made.dir.path().join("exported"));
    docker.run(&["export", "--output", &tar, &id]);
    fs::create_dir(&root).expect("a directory");
    output(program("tar").args(["-xpf", &tar, "-C"]).arg(&root));
    made.compare(&root);
    docker.run(&["rm", &id]);
}

#[test]
fn oci_image_tool_finds_nothing_wrong() {
    let made = Made::new();
    let layout = made.path("layout");
    output(program("oci-image-tool").args(["validate", "--type", "image", "--ref", "name=v1", &layout]));
}
