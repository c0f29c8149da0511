//! The registry as a cache: what a machine takes from others, what it asks for that, and what it never believes.

mod hostile;
mod lies;
mod repair;
mod verify;
mod writes_nothing;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use lambda_img::digest::Digest;
use serde_json::{Value, json};

use crate::harness::common::{Place, Ran, must};
use crate::harness::emulator::{Emulator, Fault, Quirk};
use crate::harness::suites::steps::{set_step, with_step};

/// Makes an entry a bad one.
type Poison<'a> = Box<dyn Fn() + 'a>;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// A function whose step notes that it ran, and copies `list`.
fn place() -> Place {
    let place =
        with_step("name = \"make\"\nrun = \"echo ran >>runs; cp list {out}/list\"\ninputs = [\"list\"]");
    place.write("list", "one");
    // As a checkout is: keys of steps hold on every machine.
    place.dir(".git");
    place
}

fn runs(place: &Place) -> usize {
    fs::read_to_string(place.path("runs")).unwrap_or_default().lines().count()
}

/// Builds on the machine of this name, which has a cache of its own.
fn build(place: &Place, machine: &str, options: &str) -> Ran {
    let ran = place.run(&format!("build --json api --cache-dir {machine} {options}"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran
}

fn digest(ran: &Ran) -> String {
    ran.json()["images"][0]["digest"].as_str().unwrap().to_owned()
}

/// The options of a machine that reads and pushes, and those of one that writes, too.
fn reading(registry: &Emulator) -> String {
    format!("--registry-cache {0}/cache --push --tag {0}/fn:v1", registry.host)
}

fn writing(registry: &Emulator) -> String {
    format!("{} --registry-cache-write {}/cache", reading(registry), registry.host)
}

/// The name of the only entry in the cache, and its manifest.
fn entry(registry: &Emulator) -> (String, Value) {
    let state = registry.state();
    let tags = state.manifests.keys().filter(|(_, name)| name.starts_with("cache-"));
    let names: Vec<_> = tags.cloned().collect();
    let [name] = &names[..] else { panic!("{names:?}") };
    (name.1.clone(), serde_json::from_slice(&state.manifests[name].1).unwrap())
}

/// What its configuration says.
fn config(registry: &Emulator, manifest: &Value) -> Value {
    let digest = manifest["config"]["digest"].as_str().unwrap().to_owned();
    let bytes = registry.state().blobs[&("cache".to_owned(), digest)].clone();
    let mut json = String::new();
    GzDecoder::new(&*bytes).read_to_string(&mut json).unwrap();
    serde_json::from_str(&json).unwrap()
}

fn put(registry: &Emulator, tag: &str, manifest: &Value) {
    registry.add_manifest("cache", tag, MANIFEST, manifest.to_string().as_bytes());
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// Puts the entry with another configuration, not inline.
fn put_config(registry: &Emulator, tag: &str, manifest: &Value, json: &str) {
    let bytes = gzip(json.as_bytes());
    registry.add_blob("cache", &bytes);
    let mut manifest = manifest.clone();
    let config = manifest["config"].as_object_mut().unwrap();
    config.remove("data");
    config.insert("digest".to_owned(), Digest::of(&bytes).to_string().into());
    config.insert("size".to_owned(), bytes.len().into());
    put(registry, tag, &manifest);
}

#[test]
fn a_fresh_machine_runs_no_step_and_sends_no_blob() {
    let (place, registry) = (place(), Emulator::start(&[]));
    let alone = digest(&build(&place, "alone", "--dry-run"));
    let first = build(&place, "first", &writing(&registry));
    assert_eq!((digest(&first), runs(&place)), (alone.clone(), 2));
    registry.log();

    let second = build(&place, "second", &reading(&registry));
    assert_eq!((digest(&second), runs(&place)), (alone.clone(), 2));
    let log = registry.log();
    let of_cache: Vec<_> = log.iter().filter(|line| line.contains("/v2/cache/")).collect();
    let [entry, size] = &of_cache[..] else { panic!("{of_cache:?}") };
    assert!(entry.starts_with("GET /v2/cache/manifests/cache-2-step-"), "{entry}");
    // The bytes are not needed, but the manifest of the image says how many they are.
    assert!(size.starts_with("GET /v2/cache/blobs/") && size.ends_with(" bytes=0-0"), "{size}");
    assert!(!log.iter().any(|line| line.starts_with("PUT") || line.starts_with("POST")), "{log:#?}");

    let exchanged = |ran: &Ran| ran.json()["registry_cache"].clone();
    assert_eq!(
        exchanged(&first),
        json!({"steps_taken": 0, "layers_taken": 0, "written": 1, "made_twice": 0})
    );
    assert!(first.stderr.contains("registry cache: 0 steps and 0 layers taken, 1 written\n"), "{first:?}");
    assert_eq!(
        exchanged(&second),
        json!({"steps_taken": 1, "layers_taken": 0, "written": 0, "made_twice": 0})
    );
    let step = &second.json()["images"][0]["steps"][0];
    assert_eq!((&step["ran"], &step["taken"]), (&json!(false), &json!(true)));
    assert_eq!(exchanged(&build(&place, "alone", "--dry-run")), Value::Null);

    // The next build of this machine asks nothing, and another target has the layer from the cache.
    let other = format!("--registry-cache {0}/cache --push --tag {0}/other:v1", registry.host);
    assert_eq!(digest(&build(&place, "second", &other)), alone);
    let log = registry.log();
    assert!(!log.iter().any(|line| line.contains("/v2/cache/")), "{log:#?}");
    assert_eq!(log.iter().filter(|line| line.contains("mount=") && line.contains("from=cache")).count(), 1);

    // Where the bytes are needed, they are fetched.
    let written = build(&place, "third", &format!("--registry-cache {}/cache -o oci:out:v1", registry.host));
    assert_eq!((digest(&written), runs(&place)), (alone, 2));
    assert_eq!(place.image("out", "v1").listing(2).entries.len(), 3);
    let log = registry.log();
    assert_eq!(log.iter().filter(|line| line.contains("GET /v2/cache/blobs/")).count(), 1, "{log:#?}");
}

#[test]
fn what_no_machine_made_is_made_and_only_written_where_that_is_said() {
    let (place, registry) = (place(), Emulator::start(&[]));
    build(&place, "first", &reading(&registry));
    assert!(!registry.state().manifests.keys().any(|(repository, _)| repository == "cache"));
    build(&place, "first", &format!("{} --no-cache", writing(&registry)));
    build(&place, "first", &format!("--registry-cache-write {}/cache --dry-run", registry.host));
    assert!(!registry.state().manifests.keys().any(|(repository, _)| repository == "cache"));
    // What is remembered here is written, too.
    build(&place, "first", &writing(&registry));
    let (_, manifest) = entry(&registry);
    assert_eq!(manifest["annotations"]["dev.lambda-img.cache.name"], "make");
    place.write("list", "two");
    let runs_before = runs(&place);
    build(&place, "second", &reading(&registry));
    assert_eq!(runs(&place), runs_before + 1);
}

#[test]
fn poisoned_entries_are_misses_with_a_warning() {
    let (place, registry) = (place(), Emulator::start(&[]));
    let good = digest(&build(&place, "first", &writing(&registry)));
    let (tag, manifest) = entry(&registry);
    let config = config(&registry, &manifest);
    let with = |place: &str, value: Value| {
        let mut changed = config.clone();
        *changed.pointer_mut(place).unwrap() = value;
        changed.to_string()
    };
    let inside = |place: &str, value: Value| {
        let mut changed = manifest.clone();
        *changed.pointer_mut(place).unwrap() = value;
        changed
    };
    let missing = Digest::of(b"missing").to_string();
    let deep = format!("{{\"files\":{}{}}}", "[".repeat(5000), "]".repeat(5000));
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    let poison: Vec<(&str, Poison)> = vec![
        ("not one of an entry", Box::new(|| put(&registry, &tag, &inside("/artifactType", json!("x"))))),
        (
            "layer format",
            Box::new(|| {
                put(&registry, &tag, &inside("/annotations/dev.lambda-img.layer-format", json!("1")));
            }),
        ),
        ("digest", Box::new(|| put(&registry, &tag, &inside("/config/digest", json!(missing))))),
        (
            "404",
            Box::new(|| {
                let mut manifest = inside("/config/digest", json!(missing));
                manifest["config"].as_object_mut().unwrap().remove("data");
                put(&registry, &tag, &manifest);
            }),
        ),
        ("another layer", Box::new(|| put(&registry, &tag, &inside("/layers/0/digest", json!(missing))))),
        ("are read", Box::new(|| put(&registry, &tag, &inside("/layers/0/size", json!(1u64 << 62))))),
        ("exactly one layer", Box::new(|| put(&registry, &tag, &inside("/layers", json!([]))))),
        (
            "another entry",
            Box::new(|| {
                put_config(&registry, &tag, &manifest, &with("/key", json!("0".repeat(64))));
            }),
        ),
        (
            "does not fit",
            Box::new(|| {
                put_config(&registry, &tag, &manifest, &with("/files/2/size", json!(4096)));
            }),
        ),
        (
            "not the table",
            Box::new(|| {
                put_config(&registry, &tag, &manifest, &with("/files/2/path", json!("a/b")));
            }),
        ),
        (
            "whiteout",
            Box::new(|| {
                put_config(&registry, &tag, &manifest, &with("/files/2/path", json!("var/task/.wh.x")));
            }),
        ),
        ("another form", Box::new(|| put_config(&registry, &tag, &manifest, &deep))),
        (
            "at most",
            Box::new(|| {
                put_config(&registry, &tag, &manifest, &with("/layer/tarSize", json!(1u64 << 62)));
            }),
        ),
        // Found when the layer is fetched: a lie about what it unpacks to, and a layer that is gone.
        (
            "unpacks to",
            Box::new(|| {
                put_config(&registry, &tag, &manifest, &with("/layer/diffId", json!(missing)));
            }),
        ),
        (
            "status 404",
            Box::new(|| {
                put(&registry, &tag, &manifest);
                registry.state().blobs.remove(&("cache".to_owned(), layer.to_owned()));
            }),
        ),
    ];
    let options = format!("--registry-cache {}/cache", registry.host);
    for (at, (words, poison)) in poison.iter().enumerate() {
        poison();
        let ran_before = runs(&place);
        let ran = build(&place, &format!("poisoned-{at}"), &format!("{options} -o oci:out-{at}:v1"));
        assert_eq!((digest(&ran), runs(&place)), (good.clone(), ran_before + 1), "{words}: {ran:?}");
        let warnings = ran.json()["warnings"].to_string();
        assert!(
            [&warnings, &ran.stderr].iter().any(|text| text.contains(words) && text.contains("is not used")),
            "{words}: {ran:?}"
        );
    }
}

#[test]
fn a_registry_that_fails_costs_one_try_and_one_warning() {
    let place = place();
    let alone = digest(&build(&place, "alone", "--dry-run"));
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    // One host, one warning.
    let all = format!(
        "--registry-cache {closed}/cache --registry-cache {closed}/b --registry-cache-write {closed}/c"
    );
    let down = build(&place, "down", &format!("{all} -o oci:out-down:v1"));
    assert_eq!(digest(&down), alone);
    assert!(down.stderr.contains("is not asked any more"), "{down:?}");
    assert_eq!(down.stderr.matches("warning: registry cache").count(), 1, "{down:?}");

    let faults = [
        Fault::Answer(429, vec![("retry-after", "3600".to_owned())], Vec::new()),
        Fault::Answer(401, vec![], br#"{"errors":[{"code":"UNAUTHORIZED","message":"no"}]}"#.to_vec()),
        Fault::Answer(503, vec![], Vec::new()),
        Fault::Drop,
    ];
    for (at, fault) in faults.into_iter().enumerate() {
        let registry = Emulator::start(&[]);
        registry.fault("/v2/cache/", usize::MAX / 2, fault);
        let repositories =
            format!("--registry-cache {0}/cache --registry-cache-write {0}/cache", registry.host);
        let ran = build(&place, &format!("faulty-{at}"), &format!("{repositories} -o oci:out:v1"));
        assert_eq!(digest(&ran), alone);
        assert_eq!(ran.stderr.matches("is not asked any more").count(), 1, "{ran:?}");
        assert_eq!(ran.stderr.matches("nothing more is written").count(), 1, "{ran:?}");
    }
}

#[test]
fn an_entry_that_the_registry_refuses_is_a_miss_and_others_are_taken() {
    let place = place();
    let steps = |second: &str| {
        let step = |name: &str| {
            format!(
                "name = \"{name}\"\nrun = \"echo ran >>runs; cp list {{out}}/{name}\"\ninputs = [\"list\"]\n"
            )
        };
        set_step(&place, &format!("{}\n[[functions.api.step]]\n{}", step("first"), step(second)));
    };
    steps("second");
    let registry = Emulator::start(&[]);
    let good = digest(&build(&place, "first", &writing(&registry)));
    let tag = |step: &str| {
        let state = registry.state();
        let mut entries = state.manifests.iter().filter(|((_, name), _)| name.starts_with("cache-2-step-"));
        let name = format!("\"dev.lambda-img.cache.name\":\"{step}\"");
        entries.find(|(_, (_, bytes))| String::from_utf8_lossy(bytes).contains(&name)).unwrap().0.1.clone()
    };
    // As an image that was archived: its manifest is refused, or the blobs of it are.
    let refused =
        Fault::Answer(403, vec![], br#"{"errors":[{"code":"DENIED","message":"archived"}]}"#.to_vec());
    for (at, line) in
        [format!("manifests/{}", tag("first")), "GET /v2/cache/blobs/".to_owned()].iter().enumerate()
    {
        registry.fault(line, usize::MAX / 2, refused.clone());
        let before = runs(&place);
        let options = format!("--registry-cache {}/cache -o oci:out-{at}:v1", registry.host);
        let ran = build(&place, &format!("refused-{at}"), &options);
        // Of the other step, the layer is the same: it is had, or made.
        assert_eq!((digest(&ran), runs(&place) - before), (good.clone(), 1 + at), "{ran:?}");
        assert_eq!(ran.json()["registry_cache"]["steps_taken"], 1 - at, "{ran:?}");
        assert_eq!(ran.stderr.matches("not used").count(), 1 + at, "{ran:?}");
        assert!(!ran.stderr.contains("is not asked any more"), "{ran:?}");
        registry.state().forget_faults();
    }
}

#[test]
fn verifying_makes_the_layer_again_and_names_what_differs() {
    let (place, registry) = (place(), Emulator::start(&[]));
    build(&place, "first", &writing(&registry));
    let verifying = format!("{} --registry-cache-verify all", reading(&registry));
    let ran = build(&place, "second", &verifying);
    assert_eq!(runs(&place), 2);
    assert!(ran.stderr.contains("its result is compared with the registry cache"), "{ran:?}");
    assert!(ran.stderr.contains("0 written; verified 1 of 1 entry\n"), "{ran:?}");

    // The same key for other bytes: a step that does not declare what it reads.
    let (tag, manifest) = entry(&registry);
    place.write("list", "two");
    build(&place, "third", &writing(&registry));
    let lie = {
        let state = registry.state();
        let mut names = state.manifests.keys().filter(|(_, name)| name.starts_with("cache-") && *name != tag);
        let name = names.next().cloned().unwrap();
        serde_json::from_slice::<Value>(&state.manifests[&name].1).unwrap()
    };
    let mut said = config(&registry, &lie);
    said["key"] = config(&registry, &manifest)["key"].clone();
    put_config(&registry, &tag, &lie, &said.to_string());
    place.write("list", "one");
    let of = |manifest: &Value| manifest["layers"][0]["digest"].as_str().unwrap().to_owned();
    let key = tag.rsplit('-').next().unwrap();
    // A second try fails, too, whether the step runs again or not.
    let before = runs(&place);
    for (options, ran_then) in [("", 1), ("", 1), ("--refresh make", 2)] {
        let ran = place.run(&format!("build api --cache-dir fourth {verifying} {options}"));
        assert_eq!((ran.code, runs(&place) - before), (Some(1), ran_then), "{ran:?}");
        for words in ["step `make`", key, &of(&lie), &of(&manifest), "`/var/task/list`"] {
            assert!(ran.stderr.contains(words), "{words}: {ran:?}");
        }
    }
}

#[test]
fn large_trees_are_shared_and_small_ones_are_not() {
    let (place, registry) = (Place::with_function(), Emulator::start(&[]));
    fs::create_dir_all(place.path("fn/data")).unwrap();
    place.write("fn/data/big", crate::harness::common::noise(5 << 20, 7));
    let options = format!(
        "build fn -r provided.al2023 -b embedded --json --registry-cache {0}/cache --push --tag {0}/fn:v1",
        registry.host
    );
    place.script("fn/bootstrap", "#!/bin/sh\n");
    let first =
        place.run(&format!("{options} --cache-dir first --registry-cache-write {}/cache", registry.host));
    assert_eq!(first.code, Some(0), "{first:?}");
    let (tag, manifest) = entry(&registry);
    assert!(tag.starts_with("cache-2-layer-"), "{tag}");
    assert!(config(&registry, &manifest)["checks"].is_object(), "{}", config(&registry, &manifest));
    registry.log();
    let second = place.run(&format!("{options} --cache-dir second"));
    assert_eq!(digest(&second), digest(&first));
    let log = registry.log();
    let of_cache: Vec<_> = log.iter().filter_map(|line| line.split_once("/v2/cache/")).collect();
    let [("GET ", entry), ("GET ", size)] = &of_cache[..] else { panic!("{log:#?}") };
    assert!(entry.starts_with("manifests/") && size.ends_with(" bytes=0-0"), "{log:#?}");
    // What is in the local cache is compared, too.
    let verified = place.run(&format!("{options} --cache-dir first --registry-cache-verify all"));
    assert_eq!(verified.json()["registry_cache"]["verified"], json!({"entries": 1, "of": 1}), "{verified:?}");
    let layer: Digest = manifest["layers"][0]["digest"].as_str().unwrap().parse().unwrap();
    assert!(!place.path("second/blobs/sha256").join(layer.hex()).exists());
}

#[test]
fn ecr_with_immutable_tags_and_without_mounts_is_a_cache() {
    let (place, registry) = (place(), Emulator::start(&Quirk::TOGETHER));
    registry.state().repositories.extend(["cache", "fn", "other"].map(str::to_owned));
    let first = build(&place, "first", &writing(&registry));
    entry(&registry);
    // Another machine that made the same leaves what is there.
    let again =
        build(&place, "second", &format!("--registry-cache-write {0}/cache -o oci:out:v1", registry.host));
    assert_eq!((digest(&again), runs(&place)), (digest(&first), 2));
    assert_eq!(again.json()["registry_cache"]["made_twice"], 1);
    assert!(again.stderr.contains("1 made here although the repository already had it"), "{again:?}");
    let other = format!("--registry-cache {0}/cache --push --tag {0}/other:v1", registry.host);
    assert_eq!(digest(&build(&place, "third", &other)), digest(&first));
    assert_eq!(runs(&place), 2);
}

/// A fleet of so many functions with ten distinct steps, each of which notes that it ran.
fn fleet(functions: usize, registry: &Emulator) -> Place {
    let place = Place::new();
    place.script("src/bootstrap", "#!/bin/sh\n");
    place.dir(".git");
    let mut settings = String::new();
    for at in 0..functions {
        let step = at % 10;
        settings += &format!(
            "[functions.f{at}]\nruntime = \"provided.al2023\"\nbase = \"embedded\"\npath = \"src\"\n\
             tag = \"{}/fn:{{name}}\"\npush = true\n\n\
             [[functions.f{at}.step]]\nname = \"make\"\ninputs = []\n\
             run = \"echo {step} >>runs; sleep 0.3; echo {step} >{{out}}/{step}\"\n\n",
            registry.host
        );
    }
    place.write("lambda-img.toml", settings);
    place
}

fn digests(ran: &Ran) -> Vec<String> {
    let json = ran.json();
    let functions = json["functions"].as_array().unwrap().iter();
    let digest = |function: &Value| function["built"]["images"][0]["digest"].as_str().unwrap().to_owned();
    functions.map(digest).collect()
}

#[test]
fn machines_that_build_a_fleet_at_once_make_each_step_once_or_nearly_so() {
    let registry = Emulator::start(&[]);
    let place = fleet(20, &registry);
    let command = |machine: usize| {
        let cache = format!("{}/cache", registry.host);
        let options = format!("--registry-cache {cache} --registry-cache-write {cache}");
        let mut command = place.tool(&format!("build --all --json --cache-dir machine-{machine} {options}"));
        std::thread::spawn(move || must(&mut command))
    };
    let machines: Vec<_> = (0..4).map(command).collect();
    let ended: Vec<_> = machines.into_iter().map(|machine| machine.join().unwrap()).collect();
    let notes = fs::read_to_string(place.path("runs")).unwrap();
    let (all, distinct) = (notes.lines().count(), notes.lines().collect::<BTreeSet<_>>().len());
    assert_eq!(distinct, 10);
    // Four machines with two threads each run eight of ten steps at the same moment: what they choose is chance. Without
    // the cache there were forty runs.
    assert!(all <= 20, "{all} runs of ten steps");
    // Each machine says what it did: what ran was written, or was made twice.
    let sum = |field: &str| {
        let count = |ran: &Ran| ran.json()["registry_cache"][field].as_u64().unwrap() as usize;
        ended.iter().map(count).sum::<usize>()
    };
    assert_eq!(sum("written") + sum("made_twice"), all, "{ended:#?}");
    assert_eq!(sum("steps_taken"), 40 - all, "{ended:#?}");
    for ran in &ended {
        assert_eq!(digests(ran), digests(&ended[0]));
        // Of each step that ran, the first function that has it says so.
        let json = ran.json();
        let ran_here = json["functions"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|function| function["built"]["images"][0]["steps"][0]["ran"] == true);
        assert_eq!(ran_here.count() as u64, 10 - json["registry_cache"]["steps_taken"].as_u64().unwrap());
    }
    println!("{all} runs of ten steps on four machines, {} made twice", sum("made_twice"));
}

#[test]
fn a_fleet_asks_once_for_each_distinct_step() {
    let registry = Emulator::start(&[]);
    let place = fleet(200, &registry);
    let cache = format!("{}/cache", registry.host);
    let writing = format!("--registry-cache {cache} --registry-cache-write {cache}");
    let ten = (0..10).map(|at| format!("f{at}")).collect::<Vec<_>>().join(" ");
    must(&mut place.tool(&format!("build {ten} --cache-dir first {writing}")));
    assert_eq!(runs(&place), 10);
    registry.log();
    let second = must(&mut place.tool(&format!("build --all --json --cache-dir second {writing} --dry-run")));
    assert_eq!(runs(&place), 10);
    // A dry run does not push: after the registry's first answer, what it asks is all for the steps.
    let mut log = registry.log();
    log.retain(|line| line != "GET /v2/");
    let asked: BTreeSet<_> = log.iter().collect();
    assert!(asked.iter().all(|line| line.starts_with("GET /v2/cache/manifests/cache-2-step-")), "{log:#?}");
    assert_eq!((log.len(), asked.len()), (10, 10), "{log:#?}");
    assert_eq!(second.json()["registry_cache"]["steps_taken"], 10);
    assert_eq!(digests(&second).len(), 200);
}

#[test]
fn the_wait_for_other_machines_does_not_grow_with_the_number_of_threads() {
    let registry = Emulator::start(&[]);
    let place = fleet(2, &registry);
    let cache = format!("{}/cache", registry.host);
    let options = format!("--all --jobs 8 --registry-cache {cache} --registry-cache-write {cache}");
    must(&mut place.tool(&format!("build {options} --cache-dir first")));
    // The entries are pruned, and the claims are left: of a machine that does not make the steps any more.
    let claimed = |tag: &str| {
        let claim = format!("lambda-img claim {tag}\n");
        let digest = Digest::of(claim.as_bytes()).to_string();
        registry.state().blobs.contains_key(&("cache".to_owned(), digest))
    };
    registry.state().manifests.retain(|(repository, _), _| repository != "cache");
    let settings = fs::read_to_string(place.path("lambda-img.toml")).unwrap();
    place.write("lambda-img.toml", settings.replace("sleep 0.3; echo 1 >", "sleep 0.6; echo 1  >"));
    registry.log();
    let began = std::time::Instant::now();
    must(&mut place.tool(&format!("build {options} --cache-dir second")));
    let whole = began.elapsed();
    assert_eq!(runs(&place), 4);
    let mut asked = std::collections::BTreeMap::<String, u32>::new();
    for line in registry.log() {
        if let Some(tag) = line.strip_prefix("GET /v2/cache/manifests/") {
            *asked.entry(tag.to_owned()).or_default() += 1;
        }
    }
    let most = asked.iter().max_by_key(|(_, count)| **count).unwrap();
    assert!(claimed(most.0), "{asked:?}");
    // It is looked for every 250 ms, for twice the time of the step that ran: at most two thirds of the whole, however
    // slow this machine is. What is asked before and after is not a part of that.
    let waited = std::time::Duration::from_millis(250) * most.1.saturating_sub(4);
    assert!(*most.1 > 2 && waited * 3 <= whole * 2, "{waited:?} of {whole:?}: {asked:?}");
}

#[test]
fn a_build_that_is_denied_says_what_it_wrote_and_what_it_did_not_use() {
    let (place, registry) = (place(), Emulator::start(&[]));
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let options = format!("{} --registry-cache {closed}/cache", writing(&registry));
    let ran = crate::harness::common::run(
        place.tool(&format!("build api {options}")).env_remove("LAMBDA_IMG_ALLOW"),
    );
    assert!(ran.code == Some(3) && ran.stderr.contains("start-format"), "{ran:?}");
    for words in ["1 entry was written before the build failed", "is not asked any more"] {
        assert!(ran.stderr.contains(words), "{words}: {ran:?}");
    }
    // It holds what the step made.
    entry(&registry);
    assert!(!registry.state().manifests.keys().any(|(repository, _)| repository == "fn"));
    let ran = build(&place, "second", &reading(&registry));
    assert_eq!((&ran.json()["registry_cache"]["steps_taken"], runs(&place)), (&json!(1), 1));
}

#[test]
fn a_policy_is_printed_alone_and_without_credentials() {
    let place = Place::new();
    let at = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/cache";
    let ran = place.run(&format!("auth check {at} --policy cache-read"));
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{ran:?}");
    assert_eq!(
        ran.json()["Statement"][1]["Action"],
        json!(["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"])
    );
    assert_eq!(place.run(&format!("auth check {at} --policy cache-read --offline")).stdout, ran.stdout);
}

#[test]
fn a_step_that_fails_ahead_fails_its_function_alone() {
    let registry = Emulator::start(&[]);
    let place = fleet(3, &registry);
    let settings = fs::read_to_string(place.path("lambda-img.toml")).unwrap();
    place.write("lambda-img.toml", settings.replace("sleep 0.3; echo 1 >", "exit 3; echo 1 >"));
    let cache = format!("{}/cache", registry.host);
    let ran =
        place.run(&format!("build --all --json --registry-cache {cache} --registry-cache-write {cache}"));
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("step `make`") && ran.stderr.contains("f1"), "{ran:?}");
    assert_eq!(runs(&place), 3);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        json["functions"].as_array().unwrap().iter().filter(|one| one["built"].is_object()).count(),
        2
    );
}
