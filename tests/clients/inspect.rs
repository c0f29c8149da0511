//! What is in an image: for people, on terminals and in pipes, as JSON; what is read of registries; images of
//! other tools, and hostile ones.

use crate::harness::common;
use crate::harness::layout;
use crate::harness::support;

use std::fs;

use serde_json::{Value, json};

use crate::harness::common::{Place, must};
use crate::harness::emulator::Emulator;

/// What `inspect` prints of an image that it must show.
fn shown(place: &Place, arguments: &str) -> String {
    let ran = place.run(&format!("inspect {arguments}"));
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{arguments}: {ran:?}");
    ran.stdout
}

/// The object of `inspect --json`, which keeps to its schema.
fn object(place: &Place, arguments: &str) -> Value {
    let text = shown(place, &format!("{arguments} --json"));
    common::conforms(place, "docs/schemas/inspect.json", &text);
    serde_json::from_str(&text).unwrap()
}

/// The cells of the lines below a heading.
fn section<'a>(text: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    let lines = text.lines().skip_while(|line| *line != heading).skip(1).take_while(|line| !line.is_empty());
    let cells = |line: &'a str| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    lines.map(cells).collect()
}

#[test]
fn what_a_person_wants_to_see_first_is_shown() {
    let place = layout::function();
    place.script("fn/bootstrap", "#!/bin/sh\n");
    let build = "build fn -r provided.al2023 -b embedded --handler any --label a=b -o oci:image:v1";
    let digest = place.run(build).digest();
    let text = shown(&place, "oci:image:v1 --max-size 1MB");
    let head: Vec<_> = text.lines().take_while(|line| !line.is_empty()).collect();
    let expected = [
        "oci:image:v1".to_owned(),
        format!("  digest         {digest}"),
        "  runtime        not recognised".to_owned(),
        "  base           embedded: made by lambda-img".to_owned(),
        "  architecture   linux/amd64".to_owned(),
        "  created        1980-01-01T00:00:00Z".to_owned(),
        r#"  starts         ["/var/task/bootstrap","any"] in /var/task"#.to_owned(),
        "    entry point  /var/task/bootstrap: layer 1".to_owned(),
    ];
    assert_eq!(head, expected);
    let layers = section(&text, "layers");
    assert_eq!(layers[0], ["#", "what", "files", "size", "compressed"]);
    assert_eq!((layers[1][1], layers[1].last()), ("embedded base", Some(&"of the base")));
    assert_eq!(layers[2][..4], ["1", "bootstrap", "2", "4.61 kB"]);
    assert_eq!(layers[3][..4], ["2", "code", "1", "3.07 kB"]);
    assert_eq!(layers[4][..2], ["together", "9"]);
    assert_eq!(layers.len(), 5);
    let limits: Vec<_> = section(&text, "limits").iter().map(|row| (row[0], row[2].to_owned())).collect();
    assert_eq!(limits[0], ("uncompressed", "of 10.7 GB that Lambda allows, less than 1 %".to_owned()));
    assert!(limits[1].1.starts_with("of 1.00 MB that the budget allows, "), "{limits:?}");
    assert_eq!(
        limits[1..].iter().map(|(what, _)| *what).collect::<Vec<_>>(),
        ["uncompressed", "environment", "manifest"]
    );
    assert_eq!(section(&text, "annotations").len(), 3);
    assert_eq!(section(&text, "labels"), [["a", "b"]]);
    let findings = section(&text, "findings");
    assert_eq!((findings.len(), &findings[0][..2]), (1, &["deny", "start-format"][..]));
    // The sums are those of the blobs.
    let compressed: u64 = place.image("image", "v1").manifest["layers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|layer| layer["size"].as_u64().unwrap())
        .sum();
    let object = object(&place, "oci:image:v1");
    let sizes =
        object["layers"].as_array().unwrap().iter().map(|layer| layer["compressed_size"].as_u64().unwrap());
    assert_eq!(sizes.sum::<u64>(), compressed);
}

#[test]
fn bars_are_for_terminals() {
    let place = layout::sound();
    assert!(!shown(&place, "oci:image:v1").contains('█'));
    let tool = env!("CARGO_BIN_EXE_lambda-img");
    let ran =
        must(place.program("script").args(["-qec", &format!("{tool} inspect oci:image:v1"), "/dev/null"]));
    let bars: Vec<_> = ran.stdout.lines().filter(|line| line.contains(['█', '▍', '▎'])).collect();
    assert_eq!(bars.len(), 3, "{}", ran.stdout);
    assert!(bars[0].contains(&"█".repeat(16)) && !bars[1].contains('█'), "{}", ran.stdout);
}

#[test]
fn files_are_listed_as_they_are_stored() {
    let place = layout::sound();
    let files = "cd root/var/task; printf 12345 > file; chmod 4750 file; ln file hard; ln -s ../x soft; mkfifo pipe; \
                 touch $'\\e[31m'; cd ../../..; find root -exec touch -h -d @1000000000 {} +";
    layout::add_layer(&place, &format!("{files}; pack --owner=7 --group=8 var/task"));
    let text = shown(&place, "oci:image:v1 --files --layer 3");
    let lines: Vec<_> =
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let time = "2001-09-09T01:46:40Z";
    let expected = [
        "layer 3 umoci raw add-layer".to_owned(),
        format!("drwxr-xr-x 7:8 0 {time} /var/task"),
        format!("-rw-r--r-- 7:8 0 {time} /var/task/\\u{{1b}}[31m"),
        format!("-rwsr-x--- 7:8 5 {time} /var/task/file"),
        format!("hrwsr-x--- 7:8 0 {time} /var/task/hard = var/task/file"),
        format!("prw-r--r-- 7:8 0 {time} /var/task/pipe"),
        format!("lrwxrwxrwx 7:8 0 {time} /var/task/soft -> ../x"),
    ];
    assert_eq!(lines, expected);
    let all = shown(&place, "oci:image:v1 --files");
    let layers: Vec<_> = all.lines().filter(|line| line.starts_with("layer ")).collect();
    assert_eq!(
        layers,
        ["layer 0  embedded base", "layer 1  bootstrap", "layer 2  code", "layer 3  umoci raw add-layer"]
    );
    assert!(all.ends_with(&text));
    let one = object(&place, "oci:image:v1 --files --layer 3");
    let entries = one["layers"][0]["entries"].as_array().unwrap();
    assert_eq!((one["layers"].as_array().unwrap().len(), entries.len()), (1, 6));
    assert_eq!(
        entries[2],
        json!({ "path": "/var/task/file", "kind": "file", "mode": 0o4750, "owner": [7, 8],
        "size": 5, "mtime": 1_000_000_000, "link": null })
    );
    assert_eq!(object(&place, "oci:image:v1")["layers"][3]["entries"], Value::Null);
    // Of one layer without its files, what is known.
    let text = shown(&place, "oci:image:v1 --layer 3");
    assert!(text.starts_with("oci:image:v1: layer 3\n  what         umoci raw add-layer\n"), "{text}");
    assert!(text.contains(&place.unjudged("image", "v1").layers[3]), "{text}");
    place.refuses(2, "inspect oci:image:v1 --layer 4", &["has no layer 4: its layers are 0 to 3"]);
}

#[test]
fn images_of_docker_build_are_shown() {
    let place = layout::function();
    let docker = support::Docker::start();
    place.write("Dockerfile", "FROM scratch\nCOPY fn /var/task/\nENV A=1\nWORKDIR /var/task\nENTRYPOINT [\"./bootstrap\"]\nCMD [\"any\"]\n");
    let build = |command: &mut std::process::Command| {
        must(command.current_dir(place.path("")).env("DOCKER_BUILDKIT", "0"));
    };
    build(docker.command().args(["build", "-q", "-t", "theirs:v1", "."]));
    build(docker.command().args(["save", "-o", "theirs.tar", "theirs:v1"]));
    let text = shown(&place, "docker-archive:theirs.tar");
    assert!(text.contains("\n  digest         none, the archive has no manifest\n"), "{text}");
    assert!(text.contains("\n    entry point  ./bootstrap: /var/task/bootstrap, layer 0\n"), "{text}");
    let layers = section(&text, "layers");
    assert!(layers[1][1].starts_with("COPY dir:"), "{layers:?}");
    assert_eq!(layers[1][2], "2");
    let object = object(&place, "docker-archive:theirs.tar --files");
    assert_eq!(
        (&object["digest"], &object["start"]["words"]),
        (&Value::Null, &json!(["./bootstrap", "any"]))
    );
    assert_eq!(object["start"]["programs"][0]["state"], "executable");
    let id = docker.run(&["inspect", "--format", "{{.Id}}", "theirs:v1"]);
    assert_eq!(object["config_digest"], id);
}

#[test]
fn of_a_registry_only_what_is_needed_is_read() {
    let (place, registry) = (layout::sound(), Emulator::start(&[]));
    // A base that the tool did not make, with the name of a runtime's own.
    layout::change(&place, |_, config| config["history"] = Value::Null);
    let build = "build fn -r provided.al2023 --handler any -b oci:image:v1 -o oci:own:v1";
    place.script("fn/bootstrap", [layout::program(62), vec![0]].concat());
    place.write("fn/app.txt", "other");
    let base = "org.opencontainers.image.base.name=public.ecr.aws/lambda/provided:al2023";
    place.run(&format!("{build} --annotation {base}")).digest();
    let stored = place.unjudged("own", "v1");
    let bytes = |digest: &str| fs::read(common::blob(&stored.layout, digest)).unwrap();
    registry.add_manifest(
        "team/fn",
        "v1",
        stored.manifest["mediaType"].as_str().unwrap(),
        &bytes(&stored.digest),
    );
    let config = stored.manifest["config"]["digest"].as_str().unwrap();
    let blobs = stored.layers.iter().enumerate().map(|(at, layer)| (layer.as_str(), format!("layer-{at}")));
    for (digest, name) in blobs.chain([(config, "config".to_owned())]) {
        registry.add_blob("team/fn", &bytes(digest));
        registry.name(&bytes(digest), &name);
    }
    // Three of the base, two made here.
    let asked = |options: &str| {
        let _ = fs::remove_dir_all(place.path("cache"));
        let image = object(&place, &format!("{}/team/fn:v1 --cache-dir cache -q {options}", registry.host));
        let mut log = registry.log();
        log.sort();
        log.dedup();
        (image, log)
    };
    let get = |blobs: &[&str]| {
        let mut all = vec!["GET /v2/".to_owned(), "GET /v2/team/fn/manifests/v1".to_owned()];
        all.extend(blobs.iter().map(|blob| format!("GET /v2/team/fn/blobs/<{blob}>")));
        all.sort();
        all
    };
    let (image, log) = asked("");
    assert_eq!(image["runtime"], "provided.al2023");
    let read: Vec<_> =
        image["layers"].as_array().unwrap().iter().map(|layer| layer["size"].is_u64()).collect();
    assert_eq!(read, [false, false, false, true, true]);
    assert_eq!(image["limits"][0]["at_least"], true);
    assert_eq!(log, get(&["config", "layer-3", "layer-4"]));
    let (_, log) = asked("--layer 0 --files");
    assert_eq!(log, get(&["config", "layer-0"]));
    let (image, log) = asked("--all-layers");
    assert_eq!(image["limits"][0]["at_least"], false);
    assert_eq!(log, get(&["config", "layer-0", "layer-1", "layer-2", "layer-3", "layer-4"]));
    let text = shown(&place, &format!("{}/team/fn:v1 --cache-dir other -q --files", registry.host));
    assert!(
        text.starts_with(
            "layer 0  base layer without history: of the base, not read (`--all-layers` reads it)\n"
        ),
        "{text}"
    );
}

#[test]
fn hostile_images_are_errors() {
    let place = layout::sound();
    must(place.program("cp").args(["-r", "image", "kept"]));
    let again = || {
        fs::remove_dir_all(place.path("image")).unwrap();
        must(place.program("cp").args(["-r", "kept", "image"]));
    };
    let refused = |words: &[&str]| {
        for options in ["", "--files", "--json", "--layer 1"] {
            let ran = place.run(&format!("inspect oci:image:v1 {options}"));
            common::assert_refusal(&ran, 1, words);
        }
    };
    place.refuses(1, "inspect oci:nowhere", &["image `oci:nowhere`"]);
    place.refuses(1, "inspect embedded", &["embedded"]);
    place.refuses(2, "inspect fn", &["no runtime is set for `fn`", "--runtime"]);
    for document in ["[]", "7", "{", "\u{7}"] {
        let descriptor = layout::put(&place, "", document.as_bytes());
        layout::point(&place, descriptor);
        refused(&["the manifest of `oci:image:v1` is malformed"]);
        again();
        let mut manifest = place.unjudged("image", "v1").manifest;
        manifest["config"] = layout::put(&place, "", document.as_bytes());
        let descriptor = layout::put(&place, "", &serde_json::to_vec(&manifest).unwrap());
        layout::point(&place, descriptor);
        refused(&["the image configuration of `oci:image:v1` is malformed"]);
        again();
    }
    let layer = common::blob(&place.path("image"), &place.unjudged("image", "v1").layers[1]);
    let whole = fs::read(&layer).unwrap();
    fs::write(&layer, &whole[..whole.len() / 2]).unwrap();
    refused(&["layer 1 of `oci:image:v1` is damaged", "its digest should be sha256:"]);
    fs::remove_file(&layer).unwrap();
    refused(&["layer 1 of `oci:image:v1` is damaged"]);
    // Fields of every wrong kind are no error: they say nothing.
    again();
    layout::change(&place, |manifest, config| {
        manifest["annotations"] = json!({ "a": 1, "b\u{1b}": "c" });
        for key in ["architecture", "os", "created", "history"] {
            config[key] = json!({ "x": [1] });
        }
        config["config"] = json!({ "Env": "x", "Labels": [], "Entrypoint": 7, "WorkingDir": {} });
        config["rootfs"] = json!(null);
    });
    let text = shown(&place, "oci:image:v1");
    assert!(text.contains("\n  architecture  unknown/unknown\n") && text.contains("\\u{1b}"), "{text}");
    object(&place, "oci:image:v1 --files");
    // Compressed in a way that is not read.
    again();
    let zstd = [0x28, 0xb5, 0x2f, 0xfd, 0];
    layout::add_blob(&place, "application/vnd.oci.image.layer.v1.tar+zstd", &zstd, b"a tar");
    let image = object(&place, "oci:image:v1");
    assert_eq!(image["layers"][3]["size"], Value::Null);
}
