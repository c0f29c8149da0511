//! Images that `rebase` takes in each form, and those that it refuses.

use serde_json::json;

use super::{ALLOWED, Base, FUNCTION, rebase, rebased};
use crate::harness::common::{Place, run};
use crate::harness::emulator::Emulator;
use crate::harness::lambda::Lambda;

const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// A place with the bases `oci:bases:old` and `oci:bases:new`.
fn with_bases() -> Place {
    let place = Place::new();
    place.write("fn/app.py", "def handler(event, context):\n    return event\n");
    Base::python().make(&place, "python3.12", "old");
    Base::python().with("usr/lib64/data", "new").make(&place, "python3.12", "new");
    place
}

#[test]
fn archives_are_rebased_as_layouts_are() {
    let place = with_bases();
    let build = format!("build {FUNCTION} -r python3.12 -b oci:bases");
    for output in ["oci:image:v1", "oci-archive:fn.oci.tar", "docker-archive:fn.docker.tar:fn:v1"] {
        place.run(&format!("{build}:old -o {output}")).digests();
    }
    let built = place.run(&format!("{build}:new -o oci:image:v2")).digest();
    let onto = format!("--assume-base oci:bases:old --to oci:bases:new --allow {ALLOWED}");
    for image in ["oci:image:v1", "oci-archive:fn.oci.tar"] {
        let (code, said) = rebase(&place, &format!("{image} {onto}"));
        assert_eq!((code, &rebased(&said)["digest"]), (Some(0), &built.clone().into()), "{said:#}");
    }
    // A Docker archive has no manifest: that of a build is another one.
    let (code, said) = rebase(&place, &format!("docker-archive:fn.docker.tar {onto}"));
    assert_eq!(code, Some(0), "{said:#}");
    place.refuses(1, &format!("rebase oci-archive:none.tar {onto}"), &["none.tar", "does not exist"]);
    // An image of a base that is assumed, and is not it.
    let wrong = format!("--assume-base oci:bases:new --to oci:bases:new --allow {ALLOWED}");
    place.refuses(1, &format!("rebase oci-archive:fn.oci.tar {wrong}"), &["does not begin with the layers"]);
}

#[test]
fn of_an_index_one_image_is_chosen() {
    let (place, registry) = (with_bases(), Emulator::start(&[]));
    let image = format!("{}/team/fn", registry.host);
    let build = format!("build {FUNCTION} -r python3.12 -b oci:bases:old --push");
    let digest = place.run(&format!("{build} -t {image}:v1")).digest();
    let size = {
        let state = registry.state();
        state.manifests[&("team/fn".to_owned(), "v1".to_owned())].1.len()
    };
    let entry = json!({"mediaType": OCI_MANIFEST, "digest": digest, "size": size,
        "platform": {"os": "linux", "architecture": "amd64"}});
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]});
    registry.add_manifest("team/fn", "all", OCI_INDEX, index.to_string().as_bytes());
    let onto = format!("--assume-base oci:bases:old --to oci:bases:new --allow {ALLOWED}");
    place.refuses(1, &format!("rebase {image}:all {onto}"), &["is an index", "single images", "--arch"]);
    let (code, said) = rebase(&place, &format!("{image}:all {onto} --arch x86_64"));
    let built = place.run(&format!("build {FUNCTION} -r python3.12 -b oci:bases:new -o oci:image:v2"));
    assert_eq!((code, &rebased(&said)["digest"]), (Some(0), &built.digest().into()), "{said:#}");
    place.refuses(1, &format!("rebase {image}:all {onto} --arch arm64"), &["has no image", "arm64"]);
}

#[test]
fn what_ecr_archived_is_called_so() {
    let (place, registry, lambda) = (Place::new(), Emulator::start(&[]), Lambda::start());
    let host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
    let digest = format!("sha256:{}", "1".repeat(64));
    let rebase = || {
        let mirror = format!("--registry-mirror {host}={}", registry.host);
        let mut tool = place.tool(&format!("rebase {host}/team/fn@{digest} {mirror}"));
        tool.env("AWS_ENDPOINT_URL", &lambda.url).env("HOME", place.path(""));
        tool.env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE").env("AWS_SECRET_ACCESS_KEY", "secret");
        run(&mut tool)
    };
    // Not archived, only not there.
    let ran = rebase();
    assert!(ran.code == Some(1) && !ran.stderr.contains("archived"), "{ran:?}");
    lambda.world().archived.insert(digest.clone());
    let ran = rebase();
    assert_eq!(ran.code, Some(1), "{ran:?}");
    for word in ["is archived", "update-image-storage-class"] {
        assert!(ran.stderr.contains(word), "{ran:?}");
    }
}

#[test]
fn layers_that_a_registry_lost() {
    let (place, registry) = (with_bases(), Emulator::start(&[]));
    let (base, image) = (format!("{}/lambda/python", registry.host), format!("{}/team/fn:v1", registry.host));
    for tag in ["old", "new"] {
        place.run(&format!("push oci:bases:{tag} {base}:{tag} --allow {ALLOWED}")).digests();
    }
    place.run(&format!("build {FUNCTION} -r python3.12 -b {base}:old --push -t {image}")).digests();
    let layers = place.unjudged("bases", "old").layers;
    let gone = layers.last().unwrap();
    // Another machine: nothing is cached. The layer is still in the repository of the image.
    let elsewhere = Place::new();
    let lose = |repository: &str, digest: &str| {
        registry.state().blobs.remove(&(repository.to_owned(), digest.to_owned())).unwrap();
    };
    lose("lambda/python", gone);
    let arguments = format!("{image} --to {base}:new --allow {ALLOWED}");
    let (code, said) = rebase(&elsewhere, &arguments);
    assert_eq!((code, &rebased(&said)["refused"]), (Some(0), &false.into()), "{said:#}");
    // The image's own layer: what cannot be read cannot be proved, and nothing is pushed.
    let elsewhere = Place::new();
    let own = {
        let state = registry.state();
        let manifest = &state.manifests[&("team/fn".to_owned(), "v1".to_owned())].1;
        let manifest: serde_json::Value = serde_json::from_slice(manifest).unwrap();
        manifest["layers"].as_array().unwrap().last().unwrap()["digest"].as_str().unwrap().to_owned()
    };
    lose("team/fn", &own);
    let manifests = registry.state().manifests.len();
    elsewhere.refuses(1, &format!("rebase {arguments} --push"), &["cannot fetch blob", &own]);
    assert_eq!(registry.state().manifests.len(), manifests);
}
