//! Where an image is read from does not change the list; only what a container would see is in it.

use super::{FUNCTION, component, listed, named};
use crate::harness::common::{Place, must};
use crate::harness::emulator::Emulator;
use crate::harness::layout;
use crate::harness::support;

const METADATA: &str = "Metadata-Version: 2.1\nName: Flask\nVersion: 3.0.0\nLicense: BSD-3-Clause\n\nFlask\n";

fn with_package() -> Place {
    let place = layout::function();
    place.script("fn/bootstrap", [layout::program(62), vec![0]].concat());
    place.write("fn/flask-3.0.0.dist-info/METADATA", METADATA);
    place.script("extension", [layout::program(62), vec![0]].concat());
    place
        .run(&format!("build {FUNCTION} --extension extension -o oci:image:v1 -o oci-archive:image.tar -q"))
        .digests();
    place
}

#[test]
fn the_same_image_gives_the_same_bytes_from_everywhere() {
    let (place, registry) = (with_package(), Emulator::start(&[]));
    let host = registry.host.clone();
    place.run(&format!("push oci:image:v1 {host}/team/fn:v1 -q")).digest();
    let skopeo = ["copy", "-q", "oci:image:v1", "docker-archive:docker.tar:fn:v1"];
    must(place.program("skopeo").args(skopeo));
    for format in ["cyclonedx", "spdx"] {
        let of = |target: &str| {
            let ran = place.run(&format!("sbom {target} --format {format} -q"));
            assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{target}");
            ran.stdout
        };
        let first = of("oci:image:v1");
        assert!(first.contains("pkg:pypi/flask@3.0.0"), "{first}");
        for target in [
            "oci-archive:image.tar",
            &format!("{host}/team/fn:v1"),
            &format!("{FUNCTION} --extension extension"),
        ] {
            assert_eq!(of(target), first, "{target}");
        }
        // An archive of Docker has no manifest, and the same packages.
        assert!(of("docker-archive:docker.tar").contains("pkg:pypi/flask@3.0.0"));
    }
    let ran = place.run("sbom oci:image:v1");
    assert!(ran.stderr.starts_with("listed 1 package and 1 extension of sha256:"), "{}", ran.stderr);
    let document = listed(&place, "oci:image:v1");
    let extension =
        document["components"].as_array().unwrap().iter().find(|one| one["name"] == "extension").unwrap();
    let hash = support::output(place.program("sha256sum").arg("extension"));
    assert_eq!(extension["hashes"][0]["content"], hash.split_whitespace().next().unwrap());
    assert_eq!(extension["evidence"]["occurrences"][0]["location"], "/opt/extensions/extension");
    let layer = &component(&document, "pkg:pypi/flask@3.0.0")["properties"][0];
    let layers = place.unjudged("image", "v1").layers;
    assert_eq!(
        (&layer["name"], &layer["value"]),
        (&"lambda-img:location:0:layer".into(), &layers.last().unwrap().clone().into())
    );
}

#[test]
fn what_a_later_layer_removes_or_replaces_is_not_listed() {
    let place = with_package();
    let (dir, name) = ("root/var/task", "flask-3.0.0.dist-info");
    place.write("newer", METADATA.replace("3.0.0", "3.1.0"));
    layout::add_layer(&place, &format!("mkdir {dir}/{name}; cp newer {dir}/{name}/METADATA; pack var/task"));
    assert_eq!(named(&listed(&place, "oci:image:v1"), "pypi"), ["Flask 3.1.0".to_owned()].into());
    layout::add_layer(&place, &format!("rm -r {dir}/{name}; touch {dir}/.wh.{name}; pack var/task"));
    assert_eq!(named(&listed(&place, "oci:image:v1"), "pypi"), [].into());
    // A hard link has the content of what it links to.
    let linked =
        format!("mkdir {dir}/a.dist-info {dir}/b.dist-info; cp newer {dir}/a.dist-info/METADATA; ln");
    let linked = format!("{linked} {dir}/a.dist-info/METADATA {dir}/b.dist-info/METADATA; pack var/task");
    layout::add_layer(&place, &format!("rm {dir}/.wh.{name}; {linked}"));
    let opaque = "mkdir -p root/opt/extensions; touch root/opt/extensions/.wh..wh..opq; pack opt";
    layout::add_layer(&place, opaque);
    let document = listed(&place, "oci:image:v1");
    let evidence = &component(&document, "pkg:pypi/flask@3.1.0")["evidence"]["occurrences"];
    assert_eq!(evidence.as_array().unwrap().len(), 2, "{evidence}");
    assert_eq!(named(&document, "generic"), [].into());
}
