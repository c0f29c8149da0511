//! Manifest and configuration.

use std::fs;
use std::sync::Arc;

use lambda_img::check::limits::IMAGE_MAX;
use serde_json::json;

use crate::common::{Place, blob, must};
use crate::fixture::Make::{Checked, Judged};
use crate::fixture::{Fixture, Make};
use crate::layout::{self, GZIP, TAR, change, umoci_config};

const IMAGE: &str = "oci:image:v1";
const SOUND: Make = Checked(|_| IMAGE.to_owned());

const fn fixture(id: &'static str, fails: Make, passes: Make) -> Fixture {
    Fixture { id, fails, passes }
}

fn changed(place: &Place, how: fn(&mut serde_json::Value, &mut serde_json::Value)) -> String {
    change(place, how);
    IMAGE.to_owned()
}

/// The sound image in other media types or compression, by skopeo.
fn copied(place: &Place, options: &str) -> String {
    let mut skopeo = place.program("skopeo");
    skopeo.args(["--insecure-policy", "copy", "--quiet"]).args(options.split_whitespace());
    must(skopeo.args(["oci:image:v1", "oci:copy:v1"]));
    "oci:copy:v1".to_owned()
}

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

/// Moves the sound image's tar to 11 GiB.
fn large(seen: &mut lambda_img::check::Seen, size: u64) {
    let mut survey = (**seen.layers[0].survey.as_ref().unwrap()).clone();
    survey.tar_size = size;
    seen.layers[0].survey = Ok(Arc::new(survey));
}

pub const FIXTURES: &[Fixture] = &[
    fixture("image-index", Checked(attested), SOUND),
    fixture(
        "manifest-malformed",
        Checked(|place| changed(place, |manifest, _| manifest["schemaVersion"] = json!(3))),
        SOUND,
    ),
    fixture("config-malformed", Checked(|place| changed(place, |_, config| *config = json!([]))), SOUND),
    fixture(
        "media-type",
        Checked(|place| {
            changed(place, |manifest, _| {
                manifest["config"]["mediaType"] = json!("application/vnd.example+json")
            })
        }),
        Checked(|place| copied(place, "--format=oci")),
    ),
    fixture(
        "media-type-mixed",
        Checked(|place| {
            changed(place, |manifest, _| {
                manifest["layers"][0]["mediaType"] =
                    json!("application/vnd.docker.image.rootfs.diff.tar.gzip");
            })
        }),
        Checked(|place| {
            docker(place, "application/vnd.docker.image.rootfs.diff.tar.gzip");
            IMAGE.to_owned()
        }),
    ),
    fixture(
        "layer-uncompressed-docker",
        Checked(|place| {
            bare(place);
            docker(place, "application/vnd.docker.image.rootfs.diff.tar");
            IMAGE.to_owned()
        }),
        Checked(|place| {
            docker(place, "application/vnd.docker.image.rootfs.diff.tar.gzip");
            IMAGE.to_owned()
        }),
    ),
    fixture(
        "layer-uncompressed",
        Checked(bare),
        Checked(|place| copied(place, "--dest-compress --dest-compress-format=gzip --dest-compress-level=1")),
    ),
    fixture(
        "layer-zstd",
        Checked(|place| copied(place, "--dest-compress --dest-compress-format=zstd")),
        Checked(|place| copied(place, "--dest-compress --dest-compress-format=gzip")),
    ),
    fixture(
        "layer-foreign",
        Checked(|place| {
            changed(place, |manifest, _| {
                manifest["layers"][0]["mediaType"] =
                    json!("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip");
            })
        }),
        SOUND,
    ),
    fixture(
        "layer-compression",
        Checked(|place| {
            let tar = layout::tar(place, "touch root/var/task/x; pack var");
            layout::add_blob(place, GZIP, &tar, &tar);
            IMAGE.to_owned()
        }),
        Checked(|place| {
            let tar = layout::tar(place, "touch root/var/task/x; pack var");
            layout::add_blob(place, GZIP, &layout::gzip(place, &tar), &tar);
            IMAGE.to_owned()
        }),
    ),
    fixture(
        "architecture",
        Checked(|_| format!("{IMAGE} --arch arm64")),
        Checked(|_| format!("{IMAGE} --arch x86_64")),
    ),
    fixture(
        "os",
        Checked(|place| umoci_config(place, &["--os", "windows"])),
        Checked(|place| umoci_config(place, &["--os", "linux"])),
    ),
    fixture(
        "manifest-size",
        Checked(|place| {
            umoci_config(place, &["--manifest.annotation", &format!("note={}", "x".repeat(26_000))])
        }),
        Checked(|place| {
            umoci_config(place, &["--manifest.annotation", &format!("note={}", "x".repeat(20_000))])
        }),
    ),
    fixture(
        "image-size",
        Judged(|seen, _| large(seen, IMAGE_MAX + 1)),
        Judged(|seen, _| large(seen, IMAGE_MAX - (1 << 20))),
    ),
    fixture(
        "size-budget",
        Checked(|_| format!("{IMAGE} --max-size 1kB")),
        Checked(|_| format!("{IMAGE} --max-size 10MiB")),
    ),
    fixture(
        "env-size",
        Checked(|place| umoci_config(place, &["--config.env", &format!("LONG={}", "x".repeat(4096))])),
        Checked(|place| umoci_config(place, &["--config.env", &format!("LONG={}", "x".repeat(3000))])),
    ),
    fixture(
        "blob-missing",
        Checked(|place| {
            let image = place.unjudged("image", "v1");
            fs::remove_file(blob(&image.layout, &image.layers[0])).unwrap();
            IMAGE.to_owned()
        }),
        SOUND,
    ),
    fixture(
        "blob-digest",
        Checked(|place| {
            let image = place.unjudged("image", "v1");
            let manifest = blob(&image.layout, &image.digest);
            let changed = fs::read_to_string(&manifest).unwrap().replacen("created", "creator", 1);
            fs::write(&manifest, changed).unwrap();
            IMAGE.to_owned()
        }),
        SOUND,
    ),
    fixture(
        "diff-id",
        Checked(|place| {
            changed(place, |_, config| {
                config["rootfs"]["diff_ids"][0] = config["rootfs"]["diff_ids"][1].clone();
            })
        }),
        SOUND,
    ),
    fixture(
        "history",
        Checked(|place| {
            changed(place, |_, config| {
                config["history"].as_array_mut().unwrap().push(json!({ "created_by": "one too many" }));
            })
        }),
        // AWS's bases have had none, or less than layers.
        Checked(|place| changed(place, |_, config| config["history"] = json!(null))),
    ),
    fixture(
        "ignored-setting",
        Checked(|place| {
            umoci_config(
                place,
                &["--config.user", "1000", "--config.volume", "/data", "--config.exposedports", "80"],
            )
        }),
        Checked(|place| umoci_config(place, &["--config.user", "root", "--config.label", "a=b"])),
    ),
    fixture(
        "env-reserved",
        Checked(|place| umoci_config(place, &["--config.env", "AWS_REGION=eu-west-1"])),
        Checked(|place| umoci_config(place, &["--config.env", "AWS_LAMBDA_EXEC_WRAPPER=/opt/wrapper"])),
    ),
    fixture(
        "workdir",
        Checked(|place| umoci_config(place, &["--config.workingdir", "/nowhere"])),
        Checked(|place| umoci_config(place, &["--config.workingdir", "/var"])),
    ),
];

#[test]
fn each_check_finds_its_fault_and_nothing_else() {
    FIXTURES.iter().for_each(Fixture::hold);
}

#[test]
fn a_bare_layer_is_read() {
    let place = layout::sound();
    let tar = layout::tar(&place, "touch root/var/task/x; pack var/task/x");
    layout::add_blob(&place, TAR, &tar, &tar);
    let mut ids = crate::fixture::ids(&place, IMAGE);
    ids.dedup();
    assert_eq!(ids, ["missing-parent", "layer-uncompressed"]);
}
