//! Entries of a hostile writer, and many bad ones at once: each of them is a miss, and costs little.

use std::io::Read;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use super::lies::put_layer;
use super::{build, config, digest, entry, gzip, place, put_config, reading, runs, writing};
use crate::harness::common::Place;
use crate::harness::emulator::{Emulator, Fault};
use crate::harness::suites::steps::set_step;

/// A function with six steps, each of which notes that it ran and writes another file.
fn place_of_six() -> Place {
    let place = place();
    let step = |at: usize| {
        format!("name = \"s{at}\"\nrun = \"echo ran >>runs; echo {at} >{{out}}/{at}\"\ninputs = [\"list\"]\n")
    };
    set_step(&place, &(0..6).map(step).collect::<Vec<_>>().join("\n[[functions.api.step]]\n"));
    place
}

#[test]
fn many_bad_entries_of_one_function_are_misses() {
    let (place, registry) = (place_of_six(), Emulator::start(&[]));
    let good = digest(&build(&place, "first", &writing(&registry)));
    assert_eq!(runs(&place), 6);
    let cache = format!("--registry-cache {}/cache", registry.host);
    // The registry fails for layers: it is not asked for the others.
    registry.fault("GET /v2/cache/blobs/", usize::MAX / 2, Fault::Answer(503, vec![], Vec::new()));
    registry.log();
    let ran = build(&place, "failing", &format!("{cache} --jobs 1 -o oci:out-failing:v1"));
    assert_eq!((digest(&ran), runs(&place)), (good.clone(), 12), "{ran:?}");
    assert_eq!(ran.stderr.matches("is not asked any more").count(), 1, "{ran:?}");
    let asked = registry.log().iter().filter(|line| line.contains("/v2/cache/blobs/")).count();
    // Once, and a second time.
    assert_eq!(asked, 2);
    registry.state().forget_faults();

    // All layers are gone.
    let layers: Vec<_> = {
        let state = registry.state();
        let entries = state.manifests.iter().filter(|((_, tag), _)| tag.starts_with("cache-"));
        let manifests = entries.map(|(_, (_, bytes))| serde_json::from_slice::<Value>(bytes).unwrap());
        manifests.map(|manifest| manifest["layers"][0]["digest"].as_str().unwrap().to_owned()).collect()
    };
    for layer in layers {
        registry.state().blobs.remove(&("cache".to_owned(), layer));
    }
    for (at, output) in ["oci:out-gone:v1", "oci-archive:gone.tar:v1"].into_iter().enumerate() {
        let ran = build(&place, &format!("gone-{at}"), &format!("{cache} -o {output}"));
        assert_eq!((digest(&ran), runs(&place)), (good.clone(), 18 + 6 * at), "{ran:?}");
        assert_eq!(ran.json()["registry_cache"]["steps_taken"], 0, "{ran:?}");
        assert!(ran.stderr.contains("registry cache: no more entries are used"), "{ran:?}");
    }
}

#[test]
fn a_layer_that_is_compressed_otherwise_is_not_taken() {
    let (place, registry) = (place(), Emulator::start(&[]));
    let good = digest(&build(&place, "first", &writing(&registry)));
    let (tag, manifest) = entry(&registry);
    let (said, mut tar) = (config(&registry, &manifest), Vec::new());
    let layer = ("cache".to_owned(), manifest["layers"][0]["digest"].as_str().unwrap().to_owned());
    let stored = registry.state().blobs[&layer].clone();
    GzDecoder::new(&*stored).read_to_end(&mut tar).unwrap();
    let other = gzip(&tar);
    assert_ne!(other, stored);
    put_layer(&registry, &tag, &manifest, &said, (&tar, &other));
    let cache = format!("--registry-cache {}/cache", registry.host);
    let ran = build(&place, "second", &format!("{cache} -o oci:out:v1"));
    assert_eq!((digest(&ran), runs(&place)), (good, 2), "{ran:?}");
    let warnings = ran.json()["warnings"].to_string();
    assert!(warnings.contains("its layer is compressed otherwise") && warnings.contains(&layer.1), "{ran:?}");
}

#[test]
fn a_table_has_only_what_the_step_can_write() {
    let (place, registry) = (place(), Emulator::start(&[]));
    place.write("src/app", "an app");
    let good = digest(&build(&place, "first", &writing(&registry)));
    let (tag, manifest) = entry(&registry);
    let said = config(&registry, &manifest);
    let paths = [
        ("etc/ld.so.preload", "its table has `/etc`, where nothing of it can be"),
        ("var/runtime/bootstrap", "its table has `/var/runtime`, where"),
        ("var/taskx", "its table has `/var/taskx`, where"),
        ("var/task", "its table has `/var/task`, where"),
        ("opt", "its table has `/opt`, where"),
        // The function has another one.
        ("var/task/app", "both contain `/var/task/app`"),
    ];
    for (at, (path, words)) in paths.into_iter().enumerate() {
        let mut lie = said.clone();
        let above: Vec<_> = path.match_indices('/').map(|(end, _)| json!({"path": path[..end]})).collect();
        let rows = above.len() + 1;
        lie["files"] =
            Value::Array([above, vec![json!({"path": path, "size": 7, "executable": true})]].concat());
        lie["layer"]["tarSize"] = (512 * (rows + 1) + 1024).into();
        lie["checks"]["facts"] = json!([]);
        put_config(&registry, &tag, &manifest, &lie.to_string());
        let before = runs(&place);
        let ran = build(&place, &format!("reader-{at}"), &reading(&registry));
        assert_eq!((digest(&ran), runs(&place)), (good.clone(), before + 1), "{path}: {ran:?}");
        let warnings = ran.json()["warnings"].to_string();
        assert!(warnings.contains(words) && warnings.contains("is not used"), "{path}: {ran:?}");
    }
}

#[test]
fn verifying_tells_of_a_size_that_an_entry_lies_about() {
    let (place, registry) = (place(), Emulator::start(&[]));
    build(&place, "first", &writing(&registry));
    let (tag, mut manifest) = entry(&registry);
    let mut lie = config(&registry, &manifest);
    let real = lie["layer"]["size"].as_u64().unwrap();
    lie["layer"]["size"] = (real + 1).into();
    manifest["layers"][0]["size"] = (real + 1).into();
    put_config(&registry, &tag, &manifest, &lie.to_string());
    let verifying = format!("--registry-cache {}/cache --registry-cache-verify all --dry-run", registry.host);
    let ran = place.run(&format!("build api --cache-dir first {verifying}"));
    let words = format!("its layer has {real} bytes, not {} as it says", real + 1);
    assert!(ran.code == Some(1) && ran.stderr.contains(&words), "{ran:?}");
}
