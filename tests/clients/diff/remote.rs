//! Images in registries: what is read of them; and functions, which are built for the comparison.

use std::fs;

use serde_json::Value;

use super::{add, causes, copy, layout, object};
use crate::harness::common::{self, Place, must};
use crate::harness::emulator::Emulator;

/// Puts `NAME:v1` into the registry as `team/fn:NAME`; the log calls its blobs by their names.
fn publish(place: &Place, registry: &Emulator, name: &str) -> Vec<String> {
    let stored = place.unjudged(name, "v1");
    let bytes = |digest: &str| fs::read(common::blob(&stored.layout, digest)).unwrap();
    let (manifest, config) = (bytes(&stored.digest), stored.manifest["config"]["digest"].as_str().unwrap());
    let media_type = stored.manifest["mediaType"].as_str().unwrap();
    registry.add_manifest("team/fn", name, media_type, &manifest);
    registry.name(&manifest, &format!("manifest-{name}"));
    registry.add_blob("team/fn", &bytes(config));
    registry.name(&bytes(config), &format!("config-{name}"));
    let known = registry.names();
    for (at, layer) in stored.layers.iter().enumerate() {
        registry.add_blob("team/fn", &bytes(layer));
        if !known.contains_key(layer) {
            registry.name(&bytes(layer), &format!("layer-{name}-{at}"));
        }
    }
    stored.layers.iter().map(|layer| registry.names()[layer].clone()).collect()
}

/// What was asked for of layers, in order.
fn layers_read(registry: &Emulator) -> Vec<String> {
    let log = registry.log();
    let mut layers: Vec<_> = log.iter().filter(|line| line.contains("<layer-")).cloned().collect();
    layers.sort();
    layers
}

#[test]
fn of_two_published_images_only_the_layers_that_differ_are_read() {
    let (place, registry) = (layout::sound(), Emulator::start(&[]));
    copy(&place, "image", "a");
    copy(&place, "image", "b");
    // Contents that differ are looked at twice, and fetched once.
    add(&place, "a", "date -d @1 > root/var/task/x; pack --mtime=@1 var");
    add(&place, "b", "date -d @99999 > root/var/task/x; pack --mtime=@1 var");
    publish(&place, &registry, "a");
    publish(&place, &registry, "b");
    let (host, cache) = (&registry.host, "--cache-dir cache");
    let found = object(&place, &format!("{host}/team/fn:a {host}/team/fn:b {cache}"));
    assert_eq!(causes(&found).0, ["clock"]);
    let get = |blob: &str| format!("GET /v2/team/fn/blobs/<{blob}>");
    assert_eq!(layers_read(&registry), [get("layer-a-3"), get("layer-b-3")]);

    // Of one image, and of images whose documents alone differ, none is.
    fs::remove_dir_all(place.path("cache")).unwrap();
    let same = object(&place, &format!("{host}/team/fn:a {host}/team/fn:a {cache}"));
    assert_eq!(same["same"], true);
    assert!(layers_read(&registry).is_empty());
    copy(&place, "a", "c");
    must(place.program("umoci").args(["config", "--image", "c:v1", "--no-history", "--config.label", "x=y"]));
    publish(&place, &registry, "c");
    let found = object(&place, &format!("{host}/team/fn:a {host}/team/fn:c {cache}"));
    assert_eq!(causes(&found).0, ["documents"]);
    assert!(layers_read(&registry).is_empty());
    // Nor of one that the other side has in a layout.
    let found = object(&place, &format!("{host}/team/fn:a oci:b:v1 {cache}"));
    assert_eq!(causes(&found).0, ["clock"]);
    assert_eq!(layers_read(&registry), [get("layer-a-3")]);
}

#[test]
fn layers_of_bases_are_read_where_they_are_asked_for() {
    let (place, registry) = (layout::sound(), Emulator::start(&[]));
    for name in ["one", "two"] {
        copy(&place, "image", "base");
        add(&place, "base", &format!("echo {name} > root/var/task/of-base; pack --mtime=@1 var"));
        // Of a base that the tool did not make.
        let base = format!("build fn -r provided.al2023 --handler any -b oci:base:v1 -o oci:{name}:v1");
        must(place.program("mv").args(["image", "sound"]));
        must(place.program("mv").args(["base", "image"]));
        layout::change(&place, |_, config| config["history"] = Value::Null);
        must(place.program("mv").args(["image", "base"]));
        must(place.program("mv").args(["sound", "image"]));
        place.run(&base).digest();
        must(place.program("rm").args(["-r", "base"]));
        publish(&place, &registry, name);
    }
    let (host, cache) = (&registry.host, "--cache-dir cache");
    let images = format!("{host}/team/fn:one {host}/team/fn:two {cache}");
    let found = object(&place, &images);
    assert_eq!(causes(&found).0, ["base"]);
    assert_eq!(super::layer(&found, "unread")["a"]["of_base"], true);
    assert!(layers_read(&registry).is_empty());
    let found = object(&place, &format!("{images} --all-layers"));
    let files = super::layer(&found, "differs")["files"].as_array().unwrap().clone();
    assert_eq!((files.len(), &files[0]["path"]), (1, &"/var/task/of-base".into()));
    assert_eq!(layers_read(&registry).len(), 2);
}

#[test]
fn families_of_media_types_are_told() {
    let (place, registry) = (layout::function(), Emulator::start(&[]));
    let host = &registry.host;
    for family in ["oci", "docker"] {
        let build = "build fn -r provided.al2023 --handler any -b embedded --push";
        let ran = place.run(&format!("{build} --format {family} -t {host}/team/fn:{family}"));
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    let found = object(&place, &format!("{host}/team/fn:oci {host}/team/fn:docker"));
    let (ids, sentences) = causes(&found);
    assert_eq!(ids, ["media-types", "documents"]);
    assert!(sentences.contains("vnd.oci.image.manifest.v1+json in A"), "{sentences}");
    // A function is built as what it is compared with is.
    let found =
        object(&place, &format!("fn {host}/team/fn:docker -r provided.al2023 -b embedded --handler any"));
    assert_eq!((&found["same"], &found["a"]["image"]), (&true.into(), &"fn".into()));
}

#[test]
fn a_function_is_built_and_compared_and_not_kept() {
    let place = layout::sound();
    let before = common::snapshot(&place.path(""));
    let options = "-r provided.al2023 -b embedded --handler any";
    let same = place.run(&format!("diff oci:image:v1 fn {options} --exit-code"));
    assert_eq!((same.code, same.stderr.as_str()), (Some(0), ""), "{same:?}");
    assert!(same.stdout.ends_with("\nthe same image\n"), "{}", same.stdout);
    assert_eq!(common::snapshot(&place.path("")), before);

    must(place.program("cp").args(["-r", "fn", "new"]));
    place.write("new/app.txt", "changed");
    let found = object(&place, &format!("fn new {options}"));
    let files = super::layer(&found, "differs")["files"].as_array().unwrap().clone();
    assert_eq!((files.len(), &files[0]["path"]), (1, &"/var/task/app.txt".into()));
    assert_eq!(files[0]["aspects"], serde_json::json!(["content"]));
    // What checks deny is no reason not to compare.
    place.script("new/bootstrap", "#!/nowhere\r\n");
    let ran = place.run(&format!("diff fn new {options}"));
    assert_eq!(ran.code, Some(1), "a build refuses it: {ran:?}");
    place.script("new/bootstrap", "#!/nowhere\n");
    assert_eq!(place.run(&format!("diff fn new {options}")).code, Some(0));
    place.refuses(2, "diff oci:image:v1 fn", &["no runtime is set for `fn`", "--runtime"]);
}

#[test]
fn the_runtime_of_a_function_is_that_of_the_other_image() {
    let (place, registry) = (layout::sound(), Emulator::start(&[]));
    // A base as the runtime's own is called.
    let stored = place.unjudged("image", "v1");
    let bytes = |digest: &str| fs::read(common::blob(&stored.layout, digest)).unwrap();
    let media_type = stored.manifest["mediaType"].as_str().unwrap();
    for tag in ["al2023", "al2023-x86_64"] {
        registry.add_manifest("lambda/provided", tag, media_type, &bytes(&stored.digest));
    }
    for blob in stored.layers.iter().map(String::as_str).chain(stored.manifest["config"]["digest"].as_str()) {
        registry.add_blob("lambda/provided", &bytes(blob));
    }
    let mirror = format!("--registry-mirror public.ecr.aws={}", registry.host);
    place.run(&format!("build fn -r provided.al2023 --handler any {mirror} -o oci:own:v1")).digest();
    let found = object(&place, &format!("oci:own:v1 fn --handler any {mirror}"));
    assert_eq!(found["same"], true, "{found:#}");
}
