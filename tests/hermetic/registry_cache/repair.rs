//! Entries that are damaged or gone: who writes them again, where else they are looked for, and what is said of it.

use std::fs;
use std::sync::mpsc;
use std::thread;

use serde_json::{Value, json};

use super::{MANIFEST, build, config, digest, entry, place, put, put_config, runs, writing};
use crate::harness::common::{Ran, must};
use crate::harness::emulator::{Emulator, Fault};
use crate::harness::suites::steps::set_step;

/// Why a step ran whose entry is of no use any more.
const NOT_TAKEN: &str = "the registry cache had its result before, and does not give it now";

fn exchanged(ran: &Ran) -> (Value, Value) {
    let all = &ran.json()["registry_cache"];
    (all["written"].clone(), all["made_twice"].clone())
}

#[test]
fn a_writer_repairs_what_is_damaged_and_writes_again_what_was_pruned() {
    let (place, registry) = (place(), Emulator::start(&[]));
    let good = digest(&build(&place, "first", &writing(&registry)));
    let (tag, manifest) = entry(&registry);
    let layer = ("cache".to_owned(), manifest["layers"][0]["digest"].as_str().unwrap().to_owned());
    let (reads, writes) = (
        format!("--registry-cache {}/cache", registry.host),
        format!("--registry-cache-write {}/cache", registry.host),
    );

    // The layer is gone: one that needs it runs the step and sends it, and one that has it sends it.
    registry.state().blobs.remove(&layer);
    let ran = build(&place, "second", &format!("{reads} {writes} -o oci:out-second:v1"));
    assert_eq!((digest(&ran), runs(&place), exchanged(&ran)), (good.clone(), 2, (json!(1), json!(0))));
    assert!(ran.stderr.contains(NOT_TAKEN), "{ran:?}");
    assert!(registry.state().blobs.contains_key(&layer));
    registry.state().blobs.remove(&layer);
    let ran = build(&place, "second", &format!("{writes} -o oci:out-second:v2"));
    assert_eq!((runs(&place), exchanged(&ran)), (2, (json!(1), json!(0))));
    assert!(registry.state().blobs.contains_key(&layer));

    // The layer is not what the entry says.
    let mut lie = config(&registry, &manifest);
    lie["layer"]["diffId"] = lambda_img::digest::Digest::of(b"other").to_string().into();
    put_config(&registry, &tag, &manifest, &lie.to_string());
    let ran = build(&place, "third", &format!("{reads} {writes} -o oci:out-third:v1"));
    assert_eq!((digest(&ran), runs(&place), exchanged(&ran)), (good.clone(), 3, (json!(1), json!(0))));
    assert_eq!(config(&registry, &entry(&registry).1), config(&registry, &manifest));

    // The entry was pruned, and this machine made the step itself.
    registry.state().manifests.retain(|(repository, _), _| repository != "cache");
    let ran = build(&place, "third", &format!("{reads} {writes} -o oci:out-third:v2"));
    assert_eq!((runs(&place), exchanged(&ran)), (3, (json!(1), json!(0))));
    assert_eq!(entry(&registry).0, tag);
    let ran = build(&place, "third", &format!("{reads} {writes} -o oci:out-third:v3"));
    assert_eq!(exchanged(&ran), (json!(0), json!(0)));
}

#[test]
fn a_machine_that_only_writes_replaces_an_entry_that_is_no_use() {
    let (place, registry) = (place(), Emulator::start(&[]));
    build(&place, "first", &writing(&registry));
    let (tag, manifest) = entry(&registry);
    let said = config(&registry, &manifest);
    let writes = format!("--registry-cache-write {}/cache -o oci:out:v1", registry.host);
    let other = b"another layer of a step that writes something else each time";
    let digest = lambda_img::digest::Digest::of(other).to_string();
    let put_lie = |size: usize, digest: &str| {
        let (mut manifest, mut said) = (manifest.clone(), said.clone());
        for descriptor in [&mut manifest["layers"][0], &mut said["layer"]] {
            descriptor["digest"] = digest.into();
            descriptor["size"] = size.into();
        }
        put_config(&registry, &tag, &manifest, &said.to_string());
    };
    let ours = manifest["layers"][0]["digest"].as_str().unwrap();
    // Its layer is gone; has another size; is this machine's, and has another size.
    for (digest, size, is_there) in [(&*digest, other.len(), false), (&digest, 7, true), (ours, 7, true)] {
        put_lie(size, digest);
        if is_there {
            registry.add_blob("cache", other);
        }
        for wrote in [1, 0] {
            let ran = build(&place, "first", &writes);
            assert_eq!(exchanged(&ran), (json!(wrote), json!(0)), "{digest} {size}: {ran:?}");
            assert_eq!(config(&registry, &entry(&registry).1), said);
        }
    }
    // The first one stays, if it can be used.
    put_lie(other.len(), &digest);
    assert_eq!(exchanged(&build(&place, "first", &writes)), (json!(0), json!(0)));
    assert_eq!(runs(&place), 1);
}

#[test]
fn a_bad_entry_does_not_hide_a_good_one_and_what_cannot_be_taken_says_so() {
    let (place, registry) = (place(), Emulator::start(&[]));
    let good = digest(&build(&place, "first", &writing(&registry)));
    let (tag, manifest) = entry(&registry);
    {
        let mut state = registry.state();
        let blobs = state.blobs.iter().filter(|((repository, _), _)| repository == "cache");
        let copies: Vec<_> = blobs
            .map(|((_, digest), bytes)| (("second".to_owned(), digest.clone()), bytes.clone()))
            .collect();
        state.blobs.extend(copies);
        let layer = manifest["layers"][0]["digest"].as_str().unwrap().to_owned();
        state.blobs.remove(&("cache".to_owned(), layer));
    }
    registry.add_manifest("second", &tag, MANIFEST, manifest.to_string().as_bytes());
    let both = format!("--registry-cache {0}/cache --registry-cache {0}/second", registry.host);
    let ran = build(&place, "reader", &format!("{both} -o oci:out:v1"));
    assert_eq!((digest(&ran), runs(&place)), (good.clone(), 1), "{ran:?}");
    assert_eq!(ran.json()["registry_cache"]["steps_taken"], 1);
    assert!(ran.json()["warnings"].to_string().contains("/cache` is not used"), "{ran:?}");

    // Where it is not asked for any more, the step runs for that reason.
    let ran = build(&place, "reader", "--offline --dry-run");
    assert_eq!((digest(&ran), runs(&place)), (good, 2));
    assert!(ran.stderr.contains(NOT_TAKEN), "{ran:?}");
    put(&registry, &tag, &manifest);
}

#[test]
fn what_two_machines_make_at_once_is_made_twice_once() {
    let (place, registry) = (place(), Emulator::start(&[]));
    // The machine that begins first waits for the other one to begin, and that one for the first one's end.
    set_step(
        &place,
        "name = \"make\"\ninputs = [\"list\"]\nrun = \"\"\"\n\
         if mkdir turn 2>/dev/null; then cat begun; else echo >begun; cat ended; fi >/dev/null\n\
         cp list {out}/list\n\"\"\"",
    );
    for name in ["begun", "ended"] {
        assert!(std::process::Command::new("mkfifo").arg(place.path(name)).status().unwrap().success());
    }
    let (sender, ended) = mpsc::channel();
    for machine in ["one", "other"] {
        let options = writing(&registry);
        let mut command = place.tool(&format!("build --json api --cache-dir {machine} {options}"));
        let sender = sender.clone();
        thread::spawn(move || sender.send(must(&mut command)));
    }
    let first = ended.recv().unwrap();
    fs::write(place.path("ended"), "").unwrap();
    let second = ended.recv().unwrap();
    assert_eq!(digest(&first), digest(&second));
    assert_eq!((exchanged(&first), exchanged(&second)), ((json!(1), json!(0)), (json!(0), json!(1))));
}

#[test]
fn a_machine_that_only_writes_replaces_what_is_untrue_of_its_own_layer() {
    let (place, registry) = (place(), Emulator::start(&[]));
    build(&place, "first", &writing(&registry));
    let (tag, manifest) = entry(&registry);
    let said = config(&registry, &manifest);
    let writes = format!("--registry-cache-write {}/cache -o oci:out:v1", registry.host);
    let last = said["files"].as_array().unwrap().len() - 1;
    let lies: [&dyn Fn(&mut Value); 4] = [
        &|said| said["warnings"] = json!(["a lie"]),
        &|said| said["files"][last]["path"] = json!("var/task/other"),
        &|said| said["files"][last]["executable"] = json!(true),
        &|said| said["checks"]["facts"] = json!([[last, [{"Secret": {"line": 1, "kind": "AwsKey"}}]]]),
    ];
    for (at, lie) in lies.iter().enumerate() {
        let mut lying = said.clone();
        lie(&mut lying);
        assert_ne!(lying, said);
        put_config(&registry, &tag, &manifest, &lying.to_string());
        for wrote in [1, 0] {
            let ran = build(&place, "first", &writes);
            assert_eq!(exchanged(&ran), (json!(wrote), json!(0)), "{at}: {ran:?}");
            assert_eq!(config(&registry, &entry(&registry).1), said, "{at}");
        }
    }
    assert_eq!(runs(&place), 1);
}

#[test]
fn an_entry_that_cannot_be_read_is_not_replaced() {
    let (place, registry) = (place(), Emulator::start(&[]));
    build(&place, "first", &writing(&registry));
    let (tag, mut manifest) = entry(&registry);
    let mut said = config(&registry, &manifest);
    let writes = format!("--registry-cache-write {}/cache -o oci:out:v1", registry.host);
    // An honest entry of another machine.
    let other = b"another layer of a step that writes something else each time";
    registry.add_blob("cache", other);
    for descriptor in [&mut manifest["layers"][0], &mut said["layer"]] {
        descriptor["digest"] = lambda_img::digest::Digest::of(other).to_string().into();
        descriptor["size"] = other.len().into();
    }
    put_config(&registry, &tag, &manifest, &said.to_string());
    let (_, honest) = entry(&registry);
    let fails = |line: &str, fault: Fault, warning: &str| {
        registry.fault(line, 99, fault);
        let ran = build(&place, "first", &writes);
        assert_eq!(exchanged(&ran), (json!(0), json!(0)), "{line}: {ran:?}");
        assert!(ran.stderr.contains(warning), "{warning}: {ran:?}");
        registry.state().forget_faults();
        assert_eq!(entry(&registry).1, honest, "{line}");
    };
    let status = |status: u16| Fault::Answer(status, vec![], b"{}".to_vec());
    let manifests = "GET /v2/cache/manifests/cache-";
    for (number, warning) in
        [(500, "nothing more is written"), (429, "nothing more is written"), (401, "nothing more is written")]
    {
        fails(manifests, status(number), warning);
    }
    fails(manifests, status(403), "refuses entries, which are not replaced");
    fails(manifests, Fault::Drop, "nothing more is written");
    fails("GET /v2/cache/blobs/", status(503), "nothing more is written");
    // The registry says that a part of it is gone.
    let config = honest["config"]["digest"].as_str().unwrap().to_owned();
    registry.state().blobs.remove(&("cache".to_owned(), config));
    assert_eq!(exchanged(&build(&place, "first", &writes)), (json!(1), json!(0)));
    assert_ne!(entry(&registry).1, honest);
    assert_eq!(runs(&place), 1);
}
