//! Bases that cannot be built on are refused with words that name them, before anything is written.

use crate::harness::common;
use crate::harness::tars;

use std::fs;
use std::path::PathBuf;

use crate::harness::common::{Place, blob, blob_json, json_at, must};
use lambda_img::digest::Digest;
use serde_json::{Value, json};

const BUILD: &str = "build fn -r provided.al2023 -o oci:out/image";

/// A function, and a base made by the tool itself: a layout `base` with the tags `one` (x86_64) and
/// `arm` (arm64), and archives of the first.
fn with_base() -> Place {
    let place = Place::with_function();
    let make = "build fn -r provided.al2023 -b embedded";
    place
        .run(&format!("{make} -o oci:base:one -o oci-archive:base.tar:one -o docker-archive:docker.tar"))
        .digests();
    place.run(&format!("{make} -a arm64 -o oci:base:arm")).digest();
    place
}

fn refuses(place: &Place, base: &str, words: &[&str]) -> String {
    let all: Vec<_> = words.iter().copied().chain([base]).collect();
    place.refuses(1, &format!("{BUILD} -b {base}"), &all)
}

/// Puts a blob into the layout `base`; returns its descriptor.
fn put(place: &Place, media_type: &str, value: &Value) -> Value {
    let bytes = serde_json::to_vec(value).unwrap();
    let digest = Digest::of(&bytes).to_string();
    fs::write(blob(&place.path("base"), &digest), &bytes).unwrap();
    json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
}

/// Makes `entries` the whole index of the layout `base`.
fn index(place: &Place, entries: Value) {
    let index = json!({ "schemaVersion": 2, "manifests": entries });
    fs::write(place.path("base/index.json"), index.to_string()).unwrap();
}

/// Changes the manifest of the only image that the layout `base` has then.
fn with_manifest(change: impl FnOnce(&mut Value)) -> Place {
    let place = with_base();
    let mut manifest = place.unjudged("base", "one").manifest;
    change(&mut manifest);
    let entry = put(&place, "application/vnd.oci.image.manifest.v1+json", &manifest);
    index(&place, json!([entry]));
    place
}

fn layer_of(place: &Place) -> PathBuf {
    let image = place.unjudged("base", "one");
    blob(&image.layout, &image.layers[0])
}

#[test]
fn a_base_that_is_not_there() {
    let place = Place::with_function();
    let words = ["not a valid OCI image layout", "hint: the directory `nowhere` does not exist"];
    refuses(&place, "oci:nowhere", &words);
    place.refuses(1, "inspect oci:nowhere", &words);
    for kind in ["oci-archive", "docker-archive"] {
        let words = ["`nowhere`", "No such file", "hint: `nowhere` does not exist"];
        place.refuses(1, &format!("{BUILD} -b {kind}:nowhere"), &words);
        place.refuses(1, &format!("inspect {kind}:nowhere"), &words);
    }
}

#[test]
fn a_base_whose_name_is_misspelled_goes_nowhere() {
    let place = Place::with_function();
    must(place.program("mkdir").args(["-p", "plain"]));
    for (word, meant) in [
        ("embeded", "write `embedded`, or `docker.io/library/embeded` for"),
        ("Embedded", "write `embedded`"),
        ("alpine:3", "write `docker.io/library/alpine:3` for"),
        ("plain", "write `docker.io/library/plain` for"),
    ] {
        place.refuses(2, &format!("{BUILD} -b {word}"), &["has no registry", meant]);
    }
    place.run("build fn -r provided.al2023 -b embedded -o oci:lambda-image:v1").digest();
    place.refuses(2, &format!("{BUILD} -b lambda-image"), &["write `oci:lambda-image` for the layout, or"]);
    // From wherever it comes.
    let named = ["environment variable LAMBDA_IMG_BASE: `embeded` has no registry: write `embedded`"];
    place.refused(2, place.tool(BUILD).env("LAMBDA_IMG_BASE", "embeded"), &named);
    place.write("lambda-img.toml", "[defaults]\nbase = \"embeded\"\n");
    place.refuses(2, BUILD, &["line 2: `defaults.base`: `embeded` has no registry: write `embedded`"]);
}

#[test]
fn a_base_that_is_no_image() {
    let place = with_base();
    refuses(&place, "oci:fn", &["not a valid OCI image layout", "`oci-layout`"]);
    refuses(&place, "oci:fn/app.txt", &["not a valid OCI image layout"]);
    refuses(&place, "oci-archive:docker.tar", &["not a valid OCI image layout", "`index.json`"]);
    refuses(&place, "docker-archive:base.tar", &["not a valid Docker archive", "`manifest.json`"]);
    place.write("noise.tar", common::noise(4096, 1));
    for kind in ["oci-archive", "docker-archive"] {
        // The words of the reader differ; the file is named in any case.
        let stderr = place.refuses(1, &format!("{BUILD} -b {kind}:noise.tar"), &["noise.tar"]);
        assert!(stderr.contains("read the archive") || stderr.contains("is no "), "{stderr}");
    }
    must(place.program("gzip").arg("base.tar"));
    place.refuses(
        1,
        &format!("{BUILD} -b oci-archive:base.tar.gz"),
        &["`base.tar.gz`", "decompress it first"],
    );
}

#[test]
fn an_index_that_is_damaged() {
    let place = with_base();
    fs::write(place.path("base/index.json"), "{").unwrap();
    refuses(&place, "oci:base", &["the manifest is malformed"]);
}

#[test]
fn a_base_for_another_architecture() {
    let place = with_base();
    refuses(&place, "oci:base:arm", &["is for linux/arm64, but the build is for linux/amd64", "hint:"]);
    let build = format!("{BUILD} -a arm64 -b");
    for base in ["oci:base:one", "oci-archive:base.tar", "docker-archive:docker.tar"] {
        let words = [base, "is for linux/amd64, but the build is for linux/arm64"];
        place.refuses(1, &format!("{build} {base}"), &words);
    }
}

#[test]
fn a_tag_that_is_not_there() {
    let place = with_base();
    refuses(&place, "oci:base:two", &["no image tagged `two`", "`arm`", "`one`", "hint:"]);
    refuses(&place, "docker-archive:docker.tar:two", &["no image named `two`"]);
}

#[test]
fn an_index_without_the_platform() {
    let place = with_base();
    let image = place.unjudged("base", "arm");
    let arm = common::tags(&image.layout)["arm"].clone();
    let nested = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [
            { "mediaType": arm["mediaType"], "digest": arm["digest"], "size": arm["size"],
              "platform": { "os": "linux", "architecture": "arm64" } },
            { "mediaType": arm["mediaType"], "digest": arm["digest"], "size": arm["size"],
              "platform": { "os": "linux", "architecture": "s390x" } },
        ],
    });
    let entry = put(&place, "application/vnd.oci.image.index.v1+json", &nested);
    index(&place, json!([entry]));
    refuses(&place, "oci:base", &["no image for linux/amd64", "linux/arm64", "linux/s390x"]);
    // The one that is there is found.
    place.run(&format!("{BUILD} -a arm64 -b oci:base")).digest();
}

#[test]
fn indexes_in_a_circle() {
    let place = with_base();
    let kind = "application/vnd.oci.image.index.v1+json";
    let mut entry = put(&place, kind, &json!({ "schemaVersion": 2, "manifests": [] }));
    for _ in 0..9 {
        entry = put(&place, kind, &json!({ "schemaVersion": 2, "manifests": [entry] }));
    }
    index(&place, json!([entry]));
    refuses(&place, "oci:base", &["nested"]);
}

#[test]
fn a_corrupt_layer() {
    let place = with_base();
    let layer = layer_of(&place);
    let mut bytes = fs::read(&layer).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&layer, &bytes).unwrap();
    let digest = place.unjudged("base", "one").layers[0].clone();
    for output in ["oci:out/image", "oci-archive:out/image.tar", "docker-archive:out/image.tar"] {
        let build = format!("build fn -r provided.al2023 -b oci:base:one -o {output}");
        place.refuses(1, &build, &[&digest, ", expected sha256:"]);
    }
}

#[test]
fn a_corrupt_manifest_or_configuration() {
    for config in [false, true] {
        let place = with_base();
        let image = place.unjudged("base", "one");
        let of_config = image.manifest["config"]["digest"].as_str().unwrap();
        let digest = if config { of_config } else { &image.digest };
        let path = blob(&image.layout, digest);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replacen("sha256", "sha257", 1)).unwrap();
        refuses(&place, "oci:base:one", &[digest, ", expected sha256:"]);
    }
}

#[test]
fn a_blob_that_is_missing_or_cut() {
    let place = with_base();
    let layer = layer_of(&place);
    let digest = place.unjudged("base", "one").layers[0].clone();
    let bytes = fs::read(&layer).unwrap();
    fs::write(&layer, &bytes[..99]).unwrap();
    refuses(&place, "oci:base:one", &[&digest, "99 bytes, expected", "hint:"]);
    fs::remove_file(&layer).unwrap();
    refuses(&place, "oci:base:one", &["is missing or has the wrong size", &digest, "0 bytes, expected"]);
    let image = place.unjudged("base", "arm");
    fs::remove_file(blob(&image.layout, &image.digest)).unwrap();
    place.refuses(
        1,
        &format!("{BUILD} -a arm64 -b oci:base:arm"),
        &["is missing or has the wrong size", &image.digest],
    );
}

#[test]
fn a_layer_that_is_no_gzip() {
    for (kind, reason) in [
        ("application/vnd.oci.image.layer.v1.tar+zstd", "zstd"),
        ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "ECR"),
        ("text/plain", "not a media type that a layer"),
    ] {
        let place = with_manifest(|manifest| manifest["layers"][0]["mediaType"] = json!(kind));
        refuses(&place, "oci:base", &[kind, reason]);
    }
}

#[test]
fn parts_of_two_families() {
    let docker = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    let place = with_manifest(|manifest| manifest["layers"][0]["mediaType"] = json!(docker));
    refuses(&place, "oci:base", &["mixes media types", docker]);
}

#[test]
fn fewer_layers_than_diff_ids() {
    let place = with_manifest(|manifest| drop(manifest["layers"].as_array_mut().unwrap().pop()));
    refuses(&place, "oci:base", &["layers", "diff_ids"]);
}

#[test]
fn a_pin_to_another_image() {
    let place = with_base();
    let image = place.unjudged("base", "one");
    let wrong = image.manifest["config"]["digest"].as_str().unwrap();
    let base = format!("oci:base:one@{wrong}");
    refuses(&place, &base, &[&image.digest, wrong]);
    place.run(&format!("{BUILD} -b oci:base:one@{}", image.digest)).digest();
}

#[test]
fn a_docker_archive_with_another_layer() {
    let place = with_base();
    must(place.program("mkdir").arg("unpacked"));
    must(place.program("tar").args(["-xf", "docker.tar", "-C", "unpacked"]));
    let mut list = json_at(&place.path("unpacked/manifest.json"));
    let layers = list[0]["Layers"].as_array_mut().unwrap();
    layers.reverse();
    fs::write(place.path("unpacked/manifest.json"), list.to_string()).unwrap();
    must(place.program("tar").args(["-cf", "swapped.tar", "-C", "unpacked", "."]));
    refuses(&place, "docker-archive:swapped.tar", &["layer 0 has diff_id", ", expected sha256:"]);
    list[0]["Layers"][0] = json!("gone.tar");
    fs::write(place.path("unpacked/manifest.json"), list.to_string()).unwrap();
    must(place.program("tar").args(["-cf", "swapped.tar", "-C", "unpacked", "."]));
    refuses(&place, "docker-archive:swapped.tar", &["it has no `gone.tar`"]);
}

#[test]
fn a_registry() {
    let place = Place::with_function();
    // Nothing listens there.
    let reference = "127.0.0.1:1/lambda/provided:al2023";
    let build = format!("{BUILD} --retries 0");
    place.refuses(1, &format!("{build} -b {reference}"), &[reference, "cannot connect", "hint:"]);
    // The runtime's own image, where no base is named.
    let mirror = format!("{build} --registry-mirror public.ecr.aws=127.0.0.1:1");
    place.refuses(1, &mirror, &["public.ecr.aws/lambda/provided", "cannot connect", "hint:"]);
    place.refuses(1, &format!("{BUILD} --offline"), &["public.ecr.aws/lambda/provided", "hint:"]);
}

#[test]
fn a_config_without_rootfs() {
    let place = with_base();
    let image = place.unjudged("base", "one");
    let mut config = blob_json(&image.layout, image.manifest["config"]["digest"].as_str().unwrap());
    config["rootfs"] = json!("none");
    let mut manifest = image.manifest;
    manifest["config"] = put(&place, "application/vnd.oci.image.config.v1+json", &config);
    let entry = put(&place, "application/vnd.oci.image.manifest.v1+json", &manifest);
    index(&place, json!([entry]));
    refuses(&place, "oci:base", &["diff_ids"]);
}

#[test]
fn archives_with_names_of_gigabytes_take_no_memory() {
    let place = with_base();
    use tar::EntryType as Type;
    for kind in [Type::GNULongName, Type::GNULongLink, Type::XHeader, Type::XGlobalHeader] {
        tars::extended(&place.path("huge.tar"), kind, 5 << 30);
        let words = ["`huge.tar`", "an extended header of 5368709120 bytes"];
        for archive in ["oci-archive:huge.tar", "docker-archive:huge.tar"] {
            place.refuses_cheaply(1, &format!("{BUILD} -b {archive}"), &words);
            place.refuses_cheaply(1, &format!("inspect {archive}"), &words);
            // It is not ours: nothing is written in its place.
            let build = format!("build fn -r provided.al2023 -b embedded -o {archive}");
            place.refuses_cheaply(1, &build, &["`huge.tar`"]);
        }
    }
}
