//! What `diff` prints for people, its exit codes, and what it refuses.

use std::fs;

use serde_json::json;

use super::{causes, copy, layout, object, plant};
use crate::harness::common::{self, Place, must};

/// Two images: one has many files more, and another mode.
fn two() -> Place {
    let place = layout::sound();
    plant(&place, "a", "echo 1 > root/var/task/old; pack --mtime=@1 var");
    let more = "for i in $(seq 10 29); do echo $i > root/var/task/f$i; done; chmod 600 root/var/task/old";
    plant(&place, "b", &format!("echo 1 > root/var/task/old; {more}; pack --mtime=@2 var"));
    place
}

#[test]
fn the_exit_code_says_whether_they_differ_where_it_is_asked() {
    let place = two();
    for (arguments, code) in [
        ("oci:a:v1 oci:b:v1", 0),
        ("oci:a:v1 oci:b:v1 --exit-code", 1),
        ("oci:a:v1 oci:b:v1 --exit-code --json", 1),
        ("oci:a:v1 oci:a:v1 --exit-code", 0),
        ("oci:a:v1 oci:a:v1", 0),
    ] {
        let ran = place.run(&format!("diff {arguments}"));
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(code), ""), "{arguments}: {ran:?}");
    }
}

#[test]
fn it_is_short_unless_all_is_asked_for() {
    let place = two();
    let ran = place.run("diff oci:a:v1 oci:b:v1");
    let digest = |name| place.unjudged(name, "v1").digest;
    let head = format!("A  oci:a:v1  {}\nB  oci:b:v1  {}\n\nlayers\n", digest("a"), digest("b"));
    assert!(ran.stdout.starts_with(&head), "{}", ran.stdout);
    let layers: Vec<_> = ran.stdout[head.len()..].lines().collect();
    assert_eq!(layers[0].split_whitespace().collect::<Vec<_>>(), ["0", "0", "embedded", "base", "same"]);
    assert!(layers[3].ends_with("20 added, 3 changed: 60 B more"), "{}", layers[3]);
    assert_eq!(layers[4], "      + /var/task/f10  3 B");
    assert_eq!(layers[9], "      … and 16 more: `--files` lists all");
    assert_eq!(layers.len(), 10, "{}", ran.stdout);
    let all = place.run("diff oci:a:v1 oci:b:v1 --files").stdout;
    assert_eq!(all.lines().count(), ran.stdout.lines().count() - 6 + 23, "{all}");
    let time = "time 1970-01-01T00:00:01Z → 1970-01-01T00:00:02Z";
    assert!(all.contains(&format!("      ~ /var/task/old  mode 0644 → 0600; {time}\n")), "{all}");
}

#[test]
fn layers_without_a_counterpart_are_told_by_their_files() {
    let place = layout::sound();
    plant(&place, "b", "echo 1 > root/var/task/x; ln -s x root/var/task/y; pack --mtime=@1 var");
    let text = place.run("diff oci:image:v1 oci:b:v1").stdout;
    let told = "  only in B: 4 entries, 2 B\n      + /var/task/x  2 B\n      + /var/task/y  symlink, to x\n      + /var  dir\n";
    assert!(text.contains(told), "{text}");
    let back = place.run("diff oci:b:v1 oci:image:v1").stdout;
    assert!(back.contains("  only in A: 4 entries, 2 B\n      - /var/task/x  2 B\n"), "{back}");
}

#[test]
fn fields_are_told_side_by_side() {
    let place = layout::sound();
    copy(&place, "image", "b");
    let config = ["--config.cmd", "other", "--config.env", "A=1", "--no-history"];
    must(place.program("umoci").args(["config", "--image", "b:v1"]).args(config));
    let text = place.run("diff oci:image:v1 oci:b:v1").stdout;
    assert!(text.contains("\nconfiguration\n  config.Cmd: [\"any\"] → [\"other\"]\n"), "{text}");
    assert!(text.contains("\n  config.Env.A: – → \"1\"\n"), "{text}");
    assert!(
        text.contains("\nwhy\n  all layers are the same; only the manifest or the configuration differs\n"),
        "{text}"
    );
}

#[test]
fn sentences_that_hold_for_several_layers_are_said_once() {
    let place = layout::function();
    for (name, time) in [("a", "1000000000"), ("b", "1500000000")] {
        let build = format!("build fn -r provided.al2023 -b embedded --handler any -o oci:{name}:v1");
        must(place.tool(&build).env("SOURCE_DATE_EPOCH", time));
    }
    let text = place.run("diff oci:a:v1 oci:b:v1").stdout;
    assert_eq!(text.matches("only times differ").count(), 1, "{text}");
    assert!(text.contains("\n  layers 0, 1 and 2: only times differ: 2001-"), "{text}");
    assert!(text.contains("the embedded bases differ: sha256:"), "{text}");
    assert!(!text.contains("      ~ "), "times alone are told by the sentence: {text}");
}

#[test]
fn a_docker_archive_is_compared_by_configuration_and_tars() {
    let place = two();
    for name in ["a", "b"] {
        let (from, to) = (format!("oci:{name}:v1"), format!("docker-archive:{name}.tar:{name}:v1"));
        must(place.program("skopeo").args(["--insecure-policy", "copy", "-q", &from, &to]));
    }
    let same = object(&place, "oci:a:v1 docker-archive:a.tar");
    assert_eq!((&same["same"], &same["b"]["digest"]), (&true.into(), &json!(null)), "{same:#}");
    let found = object(&place, "docker-archive:a.tar docker-archive:b.tar");
    assert_eq!(found["same"], false);
    assert_eq!(super::layer(&found, "differs")["added"], 20);
}

#[test]
fn names_of_images_steer_no_terminal() {
    let place = layout::sound();
    plant(&place, "a", "pack --mtime=@1 var");
    plant(&place, "b", "touch $'root/var/task/\\e[2Jx\\ny'; pack --mtime=@1 var");
    let text = place.run("diff oci:a:v1 oci:b:v1").stdout;
    assert!(text.contains("\n      + /var/task/\\u{1b}[2Jx\\ny  file\n"), "{text}");
}

#[test]
fn what_cannot_be_compared_is_an_error() {
    let place = two();
    place.refuses(1, "diff oci:a:v1 oci:nowhere", &["image `oci:nowhere`"]);
    place.refuses(2, "diff oci:a:v1", &["<B>"]);
    let stored = place.unjudged("b", "v1");
    let layer = common::blob(&place.path("b"), &stored.layers[3]);
    let whole = fs::read(&layer).unwrap();
    // Of another digest, cut short, and gone.
    for (bytes, words) in [
        (&b"text"[..], "its digest should be sha256:"),
        (&whole[..whole.len() / 2], "its digest should be sha256:"),
    ] {
        fs::write(&layer, bytes).unwrap();
        place.refuses(1, "diff oci:a:v1 oci:b:v1", &["layer 3 of `oci:b:v1` is damaged", words]);
    }
    fs::remove_file(&layer).unwrap();
    place.refuses(1, "diff oci:a:v1 oci:b:v1", &["layer 3 of `oci:b:v1`"]);
    // What has the right digest, and is no tar.
    fs::remove_dir_all(place.path("b")).unwrap();
    for (name, bytes) in [("text", &b"text"[..]), ("cut", &whole[..whole.len() / 2])] {
        layout::add_blob(&place, layout::GZIP, bytes, bytes);
        must(place.program("mv").args(["image", name]));
        copy(&place, "a", "image");
        let image = format!("oci:{name}:v1");
        place.refuses(1, &format!("diff oci:a:v1 {image}"), &["is damaged", &image]);
    }
    for (name, config) in [("list", "[]"), ("text", "{"), ("number", "7")] {
        let bytes = config.as_bytes();
        layout::change(&place, |manifest, _| {
            let written = layout::put(&place, "", bytes);
            manifest["config"] = written;
        });
        // `change` points to the configuration that it wrote: to ours instead.
        let mut manifest = place.unjudged("image", "v1").manifest;
        manifest["config"] = layout::put(&place, "", bytes);
        let descriptor = layout::put(&place, "", &serde_json::to_vec(&manifest).unwrap());
        layout::point(&place, descriptor);
        let ran = place.run("diff oci:a:v1 oci:image:v1");
        common::assert_refusal(&ran, 1, &["the image configuration of `oci:image:v1` is malformed"]);
        let _ = name;
        fs::remove_dir_all(place.path("image")).unwrap();
        copy(&place, "a", "image");
    }
}

#[test]
fn zstd_is_told_and_not_read() {
    let place = layout::sound();
    copy(&place, "image", "kept");
    let tar = layout::tar(&place, "echo 1 > root/var/task/x; pack var");
    // The magic number of a frame is enough: nothing is unpacked.
    let zstd = [&[0x28, 0xb5, 0x2f, 0xfd][..], &tar].concat();
    layout::add_blob(&place, "application/vnd.oci.image.layer.v1.tar+zstd", &zstd, b"different tar");
    must(place.program("mv").args(["image", "z"]));
    must(place.program("mv").args(["kept", "image"]));
    layout::add_blob(&place, layout::TAR, &tar, &tar);
    let found = object(&place, "oci:z:v1 oci:image:v1");
    assert_eq!(super::layer(&found, "unread")["files"], json!(null));
    assert!(causes(&found).0.is_empty());
}
