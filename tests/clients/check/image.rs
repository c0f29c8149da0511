//! Manifest and configuration.

use std::fs;
use std::sync::Arc;

use lambda_img::check::limits::IMAGE_MAX;
use serde_json::json;

use super::fixture::Make::{Changed, Checked, Config, Copied, Judged, Sound};
use super::fixture::{Fixture, Make};
use crate::harness::common::{Place, blob};
use crate::harness::layout::{self, GZIP, TAR, change, umoci_config};

const IMAGE: &str = "oci:image:v1";
/// The sound image with its layers as bare tars.
fn bare(place: &Place) -> String {
    let image = place.unjudged("image", "v1");
    let tars = image.layers.iter().map(|layer| {
        let gzip = std::fs::File::open(blob(&image.layout, layer)).unwrap();
        let tar = place.program("gzip").arg("-dc").stdin(gzip).output().unwrap().stdout;
        layout::put(place, TAR, &tar)
    });
    let tars: Vec<_> = tars.collect();
    change(place, |manifest, _| manifest["layers"] = json!(tars));
    IMAGE.to_owned()
}

/// Makes all media types Docker's; the layers' as `layer` says.
fn docker(place: &Place, layer: &str) {
    change(place, |manifest, _| {
        manifest["mediaType"] = json!("application/vnd.docker.distribution.manifest.v2+json");
        manifest["config"]["mediaType"] = json!("application/vnd.docker.container.image.v1+json");
        for one in manifest["layers"].as_array_mut().unwrap() {
            one["mediaType"] = json!(layer);
        }
    });
}

/// BuildKit's index: the image and its attestation.
fn attested(place: &Place) -> String {
    let image = place.unjudged("image", "v1");
    let size = fs::metadata(blob(&image.layout, &image.digest)).unwrap().len();
    let manifest = "application/vnd.oci.image.manifest.v1+json";
    let index = json!({ "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [
        { "mediaType": manifest, "digest": image.digest, "size": size,
          "platform": { "os": "linux", "architecture": "amd64" } },
        { "mediaType": manifest, "digest": image.digest, "size": size,
          "platform": { "os": "unknown", "architecture": "unknown" },
          "annotations": { "vnd.docker.reference.type": "attestation-manifest" } },
    ]});
    let top = layout::put(place, "application/vnd.oci.image.index.v1+json", index.to_string().as_bytes());
    layout::point(place, top);
    IMAGE.to_owned()
}

/// A layer on top, stored as `compress` makes it and called gzip.
fn called_gzip(place: &Place, compress: impl FnOnce(&Place, &[u8]) -> Vec<u8>) -> String {
    let tar = layout::tar(place, "touch root/var/task/x; pack var");
    layout::add_blob(place, GZIP, &compress(place, &tar), &tar);
    IMAGE.to_owned()
}

/// The sound image in Docker's types, the layers in that of gzip.
fn of_docker(place: &Place) -> String {
    docker(place, "application/vnd.docker.image.rootfs.diff.tar.gzip");
    IMAGE.to_owned()
}

/// A variable of so many bytes, by umoci.
fn variable(place: &Place, length: usize) -> String {
    umoci_config(place, &["--config.env", &format!("LONG={}", "x".repeat(length))])
}

/// An annotation of so many bytes, by umoci.
fn annotation(place: &Place, length: usize) -> String {
    umoci_config(place, &["--manifest.annotation", &format!("note={}", "x".repeat(length))])
}

/// Moves the sound image's tar to 11 GiB.
fn large(seen: &mut lambda_img::check::ImageView, size: u64) {
    let mut survey = (**seen.layers[0].survey.as_ref().unwrap()).clone();
    survey.tar_size = size;
    seen.layers[0].survey = Ok(Arc::new(survey));
}

pub const FIXTURES: &[Fixture] = &[
    Fixture::new("image-index", Checked(attested), Sound("")),
    Fixture::new(
        "manifest-malformed",
        Changed(|manifest, _| manifest["schemaVersion"] = json!(3)),
        Sound(""),
    ),
    Fixture::new("config-malformed", Changed(|_, config| *config = json!([])), Sound("")),
    Fixture::new(
        "media-type",
        Changed(|manifest, _| manifest["config"]["mediaType"] = json!("application/vnd.example+json")),
        Copied("--format=oci"),
    ),
    Fixture::new(
        "media-type-mixed",
        Changed(|manifest, _| {
            manifest["layers"][0]["mediaType"] = json!("application/vnd.docker.image.rootfs.diff.tar.gzip");
        }),
        Checked(of_docker),
    ),
    Fixture::new(
        "layer-uncompressed-docker",
        Checked(|place| {
            bare(place);
            docker(place, "application/vnd.docker.image.rootfs.diff.tar");
            IMAGE.to_owned()
        }),
        Checked(of_docker),
    ),
    Fixture::new(
        "layer-uncompressed",
        Checked(bare),
        Copied("--dest-compress --dest-compress-format=gzip --dest-compress-level=1"),
    ),
    Fixture::new(
        "layer-zstd",
        Copied("--dest-compress --dest-compress-format=zstd"),
        Copied("--dest-compress --dest-compress-format=gzip"),
    ),
    Fixture::new(
        "layer-foreign",
        Changed(|manifest, _| {
            manifest["layers"][0]["mediaType"] =
                json!("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip");
        }),
        Sound(""),
    ),
    Fixture::new(
        "layer-compression",
        Checked(|place| called_gzip(place, |_, tar| tar.to_vec())),
        Checked(|place| called_gzip(place, layout::gzip)),
    ),
    Fixture::new("architecture", Sound("--arch arm64"), Sound("--arch x86_64")),
    Fixture::new("os", Config(&["--os", "windows"]), Config(&["--os", "linux"])),
    Fixture::new(
        "manifest-size",
        Checked(|place| annotation(place, 26_000)),
        Checked(|place| annotation(place, 20_000)),
    ),
    Fixture::new(
        "image-size",
        Judged(|seen, _| large(seen, IMAGE_MAX + 1)),
        Judged(|seen, _| large(seen, IMAGE_MAX - (1 << 20))),
    ),
    Fixture::new("size-budget", Sound("--max-size 1kB"), Sound("--max-size 10MiB")),
    Fixture::new("env-size", Checked(|place| variable(place, 4096)), Checked(|place| variable(place, 3000))),
    Fixture::new(
        "blob-missing",
        Checked(|place| {
            let image = place.unjudged("image", "v1");
            fs::remove_file(blob(&image.layout, &image.layers[0])).unwrap();
            IMAGE.to_owned()
        }),
        Sound(""),
    ),
    Fixture::new(
        "blob-digest",
        Checked(|place| {
            let image = place.unjudged("image", "v1");
            let manifest = blob(&image.layout, &image.digest);
            let changed = fs::read_to_string(&manifest).unwrap().replacen("created", "creator", 1);
            fs::write(&manifest, changed).unwrap();
            IMAGE.to_owned()
        }),
        Sound(""),
    ),
    Fixture::new(
        "diff-id",
        Changed(|_, config| {
            config["rootfs"]["diff_ids"][0] = config["rootfs"]["diff_ids"][1].clone();
        }),
        Sound(""),
    ),
    Fixture::new(
        "history",
        Changed(|_, config| {
            config["history"].as_array_mut().unwrap().push(json!({ "created_by": "one too many" }));
        }),
        // AWS's bases have had none, or less than layers.
        Changed(|_, config| config["history"] = json!(null)),
    ),
    Fixture::new(
        "ignored-setting",
        Config(&["--config.user", "1000", "--config.volume", "/data", "--config.exposedports", "80"]),
        Config(&["--config.user", "root", "--config.label", "a=b"]),
    ),
    Fixture::new(
        "env-reserved",
        Config(&["--config.env", "AWS_LAMBDA_FUNCTION_TIMEOUT=3"]),
        Config(&["--config.env", "AWS_LAMBDA_EXEC_WRAPPER=/opt/wrapper"]),
    ),
    Fixture::new(
        "workdir",
        Config(&["--config.workingdir", "/nowhere"]),
        Config(&["--config.workingdir", "/var"]),
    ),
];

/// More ways to the same faults.
const VARIANTS: &[(&str, Make)] = &[
    ("manifest-malformed", Changed(|manifest, _| manifest["schemaVersion"] = json!("2"))),
    ("config-malformed", Changed(|_, config| config["config"] = json!("none"))),
    ("config-malformed", Changed(|_, config| config["rootfs"] = json!(null))),
    (
        "media-type",
        Changed(|manifest, _| manifest["layers"][0]["mediaType"] = json!("application/vnd.in-toto+json")),
    ),
    (
        "media-type",
        Changed(|manifest, _| manifest["mediaType"] = json!("application/vnd.example.manifest+json")),
    ),
    ("architecture", Changed(|_, config| config["architecture"] = json!(null))),
    ("architecture", Config(&["--architecture", "riscv64"])),
    ("os", Changed(|_, config| config["os"] = json!(null))),
    ("diff-id", Changed(|_, config| drop(config["rootfs"]["diff_ids"].as_array_mut().unwrap().pop()))),
    ("blob-digest", Changed(|manifest, _| manifest["layers"][0]["size"] = json!(1))),
    ("ignored-setting", Config(&["--config.user", "1000:1000"])),
    ("ignored-setting", Config(&["--config.volume", "/data"])),
    ("ignored-setting", Config(&["--config.exposedports", "8080/tcp"])),
    (
        "ignored-setting",
        Changed(|_, config| config["config"]["Healthcheck"] = json!({ "Test": ["CMD", "true"] })),
    ),
    ("env-reserved", Config(&["--config.env", "_HANDLER=app.handler"])),
    ("env-reserved", Config(&["--config.env", "LAMBDA_TASK_ROOT=/app"])),
    ("env-reserved", Config(&["--config.env", "AWS_SESSION_TOKEN=none"])),
    ("workdir", Config(&["--config.workingdir", "var/task"])),
    ("workdir", Config(&["--config.workingdir", "/var/task/app.txt"])),
];

#[test]
fn each_fault_is_found_however_it_came() {
    for (id, make) in VARIANTS {
        make.hold(id);
    }
}

#[test]
fn each_check_finds_its_fault_and_nothing_else() {
    FIXTURES.iter().for_each(Fixture::hold);
}

#[test]
fn a_bare_layer_is_read() {
    let place = layout::sound();
    let tar = layout::tar(&place, "touch root/var/task/x; pack var/task/x");
    layout::add_blob(&place, TAR, &tar, &tar);
    assert_eq!(super::fixture::ids(&place, IMAGE), ["missing-parent", "layer-uncompressed"]);
}
