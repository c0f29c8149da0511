//! What `cache info` and `cache prune` do with the entries in a repository.

use std::collections::BTreeSet;

use lambda_img::digest::Digest;
use serde_json::{Value, json};

use crate::harness::common::{Place, Ran, run};
use crate::harness::emulator::{Emulator, Fault, Quirk};
use crate::harness::lambda::{Lambda, Stored};
use crate::harness::suites::steps::with_step;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// A registry with the entries of three steps: of 2026-01-01, of 2026-11-01 and of today; one of a format to come; and
/// an image.
struct Shared {
    place: Place,
    registry: Emulator,
    /// The tags of the three.
    tags: Vec<String>,
}

impl Shared {
    fn new() -> Self {
        let place = with_step("name = \"make\"\nrun = \"cp list {out}/list\"\ninputs = [\"list\"]");
        place.dir(".git");
        let registry = Emulator::start(&[]);
        let mut shared = Self { place, registry, tags: Vec::new() };
        for (content, day) in [("one", Some("2026-01-01")), ("two", Some("2020-11-01")), ("three", None)] {
            shared.place.write("list", content);
            let push =
                format!("--push -t {0}/fn:{content} --registry-cache-write {0}/cache", shared.registry.host);
            let ran = shared.place.run(&format!("build api {push}"));
            assert_eq!(ran.code, Some(0), "{ran:?}");
            let tag = shared.entries().into_iter().find(|tag| !shared.tags.contains(tag)).unwrap();
            if let Some(day) = day {
                shared.change(&tag, |manifest| {
                    manifest["annotations"]["dev.lambda-img.cache.written"] = day.into();
                });
            }
            shared.tags.push(tag);
        }
        let other = json!({"schemaVersion": 2, "mediaType": MANIFEST, "artifactType": "application/vnd.lambda-img.cache.v9+json",
            "config": {"size": 1000}, "layers": [{"size": 5000}]});
        shared.registry.add_manifest("cache", &key("2-step", "0"), MANIFEST, other.to_string().as_bytes());
        shared.registry.add_manifest("cache", "v1", MANIFEST, br#"{"an": "image"}"#);
        shared.registry.log();
        shared
    }

    fn entries(&self) -> Vec<String> {
        let state = self.registry.state();
        let tags = state
            .manifests
            .keys()
            .filter(|(repository, tag)| repository == "cache" && tag.starts_with("cache-"));
        tags.map(|(_, tag)| tag.clone()).collect()
    }

    /// Changes the manifest of an entry.
    fn change(&self, tag: &str, change: impl Fn(&mut Value)) {
        let old = self.registry.state().manifests[&("cache".to_owned(), tag.to_owned())].1.clone();
        let mut manifest: Value = serde_json::from_slice(&old).unwrap();
        change(&mut manifest);
        self.registry.state().manifests.retain(|_, (_, bytes)| *bytes != old);
        self.registry.add_manifest("cache", tag, MANIFEST, manifest.to_string().as_bytes());
    }

    fn cache(&self, words: &str) -> Ran {
        self.place.run(&format!("cache {words} --registry {}/cache", self.registry.host))
    }

    fn json(&self, words: &str) -> Value {
        let ran = self.cache(&format!("{words} --json"));
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran.json()
    }

    /// The tags that pruning removes.
    fn removed(&self, words: &str) -> Vec<String> {
        let pruned = self.json(&format!("prune {words}"));
        let tags =
            pruned["removed"].as_array().unwrap().iter().map(|one| one["tag"].as_str().unwrap().to_owned());
        tags.collect()
    }
}

/// The tag of an entry of this format and kind, whose key is one digit over and over.
fn key(form: &str, digit: &str) -> String {
    format!("cache-{form}-{}", digit.repeat(64))
}

#[test]
fn info_counts_entries_by_what_they_are_and_when_they_were_used() {
    let shared = Shared::new();
    // Pages of one tag each.
    shared.registry.state().tags_of_a_page = Some(1);
    let info = shared.json("info");
    assert_eq!(info["repository"], format!("{}/cache", shared.registry.host));
    assert_eq!((&info["steps"]["entries"], &info["layers"]["entries"]), (&json!(3), &json!(0)), "{info}");
    assert_eq!((&info["other_formats"]["entries"], &info["other_images"]), (&json!(1), &json!(1)), "{info}");
    assert!(info["other_formats"]["bytes"].as_u64() > Some(6000), "{info}");
    let total = |key: &str| info[key]["bytes"].as_u64().unwrap();
    assert_eq!(total("total"), total("steps") + total("other_formats"));
    let used = &info["last_used"];
    assert_eq!(
        (&used["days_0_to_7"]["entries"], &used["unknown"]["entries"]),
        (&json!(1), &json!(1)),
        "{info}"
    );
    let log = shared.registry.log();
    assert_eq!(log.iter().filter(|line| line.contains("/tags/list")).count(), 5, "{log:#?}");
    // One request for each entry, and none for what is not one.
    assert_eq!(log.iter().filter(|line| line.contains("/manifests/")).count(), 4, "{log:#?}");
    let said = shared.cache("info").stdout;
    for line in
        ["steps ", "layers ", "other formats ", "total ", "used 8 to 30 days ago ", "last use unknown "]
    {
        assert!(said.contains(line), "{said}");
    }
    assert!(said.ends_with("\n1 other image\n"), "{said}");
    for command in ["info", "prune --max-size 0"] {
        let ran = shared.place.run(&format!("cache {command} --registry {}/none", shared.registry.host));
        let missing = format!("repository `none` does not exist at {}", shared.registry.host);
        assert!(ran.code == Some(1) && ran.stderr.contains(&missing), "{ran:?}");
        assert!(ran.stderr.contains("hint: correct the name"), "{ran:?}");
    }
}

#[test]
fn entries_go_by_age_by_size_and_by_format() {
    let shared = Shared::new();
    let [oldest, old, new] = [&shared.tags[1], &shared.tags[0], &shared.tags[2]];
    let future = key("2-step", "0");
    // What no day is known of is not older than any.
    assert_eq!(shared.removed("--older-than 2000 --dry-run"), [oldest.as_str()]);
    assert_eq!(shared.entries().len(), 4);
    assert!(!shared.registry.log().iter().any(|line| line.starts_with("DELETE")));
    assert_eq!(shared.removed("--other-formats"), [future.as_str()]);
    let shown = shared.cache("prune --older-than 2000");
    assert!(shown.stdout.contains("2020-11-01") && shown.stdout.contains(oldest.as_str()), "{shown:?}");
    assert!(
        shown.stderr.starts_with("removed 1 entry (") && shown.stderr.contains("kept 2 entries"),
        "{shown:?}"
    );
    assert_eq!(shared.removed("--max-size 0 --dry-run"), [old, new].map(String::as_str));
    let size = shared.json("info")["total"]["bytes"].as_u64().unwrap() - 1;
    assert_eq!(shared.removed(&format!("--max-size {size}")), [old.as_str()]);
    assert_eq!(shared.entries(), [new.as_str()]);
    // Images stay, and so do the builds.
    assert!(shared.registry.state().manifests.contains_key(&("cache".to_owned(), "v1".to_owned())));
    // A machine that takes the last one is told what that saved.
    let build = format!("build api --push -t {0}/fn:again --registry-cache {0}/cache", shared.registry.host);
    let ran = shared.place.run(&format!("{build} --cache-dir another -v"));
    let row = ran.stderr.lines().find(|line| line.starts_with("  registry cache ")).unwrap_or_default();
    assert!(ran.code == Some(0) && row.ends_with("kB"), "{ran:?}");
    assert!(ran.stderr.contains("registry cache: 1 step and 0 layers taken, 0 written"), "{ran:?}");
}

#[test]
fn images_stay_whatever_their_tags_begin_with_and_whichever_entry_they_are() {
    let shared = Shared::new();
    let image = |name: &str| format!(r#"{{"an": "image {name}"}}"#);
    let alike = key("2-step", "e");
    let images = ["cache-service-1.2", "cache-main", "cache-1-api-20241105", &*alike];
    for tag in images {
        shared.registry.add_manifest("cache", tag, MANIFEST, image(tag).as_bytes());
    }
    // An entry that an image's tag names, too: to delete it would delete the image.
    let entry = shared.registry.state().manifests[&("cache".to_owned(), shared.tags[0].clone())].1.clone();
    shared.registry.add_manifest("cache", "prod", MANIFEST, &entry);
    // Sizes whose sum does not fit.
    let huge = json!({"artifactType": "application/vnd.lambda-img.cache.v9+json",
        "config": {"size": i64::MAX}, "layers": [{"size": i64::MAX}]});
    let [future, first, second] = [key("2-step", "0"), key("3-step", "1"), key("3-step", "2")];
    shared.registry.add_manifest("cache", &first, MANIFEST, huge.to_string().as_bytes());
    shared.registry.add_manifest("cache", &second, MANIFEST, format!("{huge} ").as_bytes());
    let all = [&*future, &*first, &*second, &*shared.tags[1], &*shared.tags[2]];
    let sorted = |mut tags: Vec<String>| {
        tags.sort();
        tags
    };
    let wanted = sorted(all.iter().map(|tag| (*tag).to_owned()).collect());
    assert_eq!(sorted(shared.removed("--max-size 0 --dry-run")), wanted);
    assert_eq!(sorted(shared.removed("--max-size 0")), wanted);
    for tag in images.into_iter().chain(["prod", "v1", &*shared.tags[0]]) {
        assert!(
            shared.registry.state().manifests.contains_key(&("cache".to_owned(), tag.to_owned())),
            "{tag}"
        );
    }
}

#[test]
fn what_an_index_names_stays_and_an_entry_with_two_tags_counts_once() {
    let shared = Shared::new();
    let manifest = |tag: &str| {
        let state = shared.registry.state();
        state.manifests[&("cache".to_owned(), tag.to_owned())].1.clone()
    };
    let digest = |tag: &str| Digest::of(&manifest(tag)).to_string();
    let [named, nested, two] = [&*shared.tags[0], &shared.tags[1], &shared.tags[2]];
    // Another tool's index, and one inside.
    let index_type = "application/vnd.oci.image.index.v1+json";
    let index = |digest: &str, media_type: &str| {
        json!({"schemaVersion": 2, "mediaType": index_type,
            "manifests": [{"mediaType": media_type, "digest": digest, "size": 1}]})
        .to_string()
    };
    let inner = index(&digest(nested), MANIFEST);
    shared.registry.add_manifest("cache", "inner", index_type, inner.as_bytes());
    shared.registry.state().manifests.remove(&("cache".to_owned(), "inner".to_owned()));
    let outer = index(&Digest::of(inner.as_bytes()).to_string(), index_type);
    shared.registry.add_manifest("cache", "outer", index_type, outer.as_bytes());
    shared.registry.add_manifest("cache", "multi", index_type, index(&digest(named), MANIFEST).as_bytes());
    // A second tag of an entry; a layer of the same day, which is made more cheaply than a step.
    let (again, layer) = (key("2-step", "f"), key("2-layer", "a"));
    shared.registry.add_manifest("cache", &again, MANIFEST, &manifest(two));
    let mut of_layer: Value = serde_json::from_slice(&manifest(two)).unwrap();
    of_layer["annotations"]["dev.lambda-img.cache.kind"] = "layer".into();
    shared.registry.add_manifest("cache", &layer, MANIFEST, of_layer.to_string().as_bytes());
    let future = key("2-step", "0");
    assert_eq!(shared.removed("--max-size 0 --dry-run"), [&*future, &*layer, two]);
    let said = shared.cache("prune --max-size 0 --dry-run").stderr;
    assert!(said.contains("does not find out whether the registry deletes entries"), "{said}");
    let shown = shared.cache(&format!("prune --entry {again} --dry-run"));
    assert!(shown.stdout.contains(two) && shown.stdout.contains(&again), "{shown:?}");
    let json = shared.json(&format!("prune --entry {two} --dry-run"));
    assert_eq!(json["removed"][0]["more_tags"], json!([again]), "{json}");
    assert_eq!(shared.removed(&format!("--entry {again}")), [two]);
    let ran = shared.cache(&format!("prune --entry {two}"));
    assert!(ran.code == Some(1) && ran.stderr.contains("does not have this tag"), "{ran:?}");
    assert_eq!(shared.removed("--max-size 0"), [&*future, &*layer]);
    assert_eq!(
        shared.entries(),
        [named, nested]
            .map(str::to_owned)
            .into_iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    );
}

#[test]
fn what_tags_name_in_other_ways_stays() {
    let shared = Shared::new();
    let manifest =
        |tag: &str| shared.registry.state().manifests[&("cache".to_owned(), tag.to_owned())].1.clone();
    let digest = |tag: &str| Digest::of(&manifest(tag)).to_string();
    let [deep, untyped, about] = [0, 1, 2].map(|at| &*shared.tags[at]);
    let index_type = "application/vnd.oci.image.index.v1+json";
    // Returns the digest of an index of one manifest.
    let add = |tag: Option<&str>, child: Value| {
        let index = json!({"schemaVersion": 2, "mediaType": index_type, "manifests": [child]}).to_string();
        shared.registry.add_manifest("cache", tag.unwrap_or("none"), index_type, index.as_bytes());
        shared.registry.state().manifests.remove(&("cache".to_owned(), "none".to_owned()));
        Digest::of(index.as_bytes()).to_string()
    };
    let mut inner = add(None, json!({"mediaType": MANIFEST, "digest": digest(deep), "size": 1}));
    for _ in 0..6 {
        inner = add(None, json!({"mediaType": index_type, "digest": inner, "size": 1}));
    }
    add(Some("deep"), json!({"mediaType": index_type, "digest": inner, "size": 1}));
    let of_untyped = add(None, json!({"mediaType": MANIFEST, "digest": digest(untyped), "size": 1}));
    add(Some("untyped"), json!({"digest": of_untyped, "size": 1}));
    let signature = json!({"schemaVersion": 2, "mediaType": MANIFEST, "artifactType": "application/vnd.sig",
        "config": {"size": 2}, "layers": [], "subject": {"digest": digest(about)}});
    shared.registry.add_manifest("cache", "sig", MANIFEST, signature.to_string().as_bytes());
    assert_eq!(shared.removed("--max-size 0 --dry-run"), [key("2-step", "0")]);

    // A single entry is not left in silence.
    shared.registry.add_manifest("cache", &key("2-step", "e"), MANIFEST, br#"{"an": "image"}"#);
    for (tag, why) in [
        (deep, "error: `"),
        (deep, "` is not removed"),
        (deep, "the tag `deep` names it, too"),
        (untyped, "the tag `untyped` names it, too"),
        (about, "the tag `sig` names it, too"),
        ("v1", "it is not an entry"),
        (&key("2-step", "e"), "it is not an entry"),
        (&key("2-step", "f"), "the repository does not have this tag"),
    ] {
        let ran = shared.cache(&format!("prune --entry {tag}"));
        assert!(ran.code == Some(1) && ran.stderr.contains(why) && ran.stdout.is_empty(), "{why}: {ran:?}");
    }
    // What is in still more indexes is not known.
    inner = add(None, json!({"mediaType": index_type, "digest": inner, "size": 1}));
    inner = add(None, json!({"mediaType": index_type, "digest": inner, "size": 1}));
    add(Some("deeper"), json!({"mediaType": index_type, "digest": inner, "size": 1}));
    let ran = shared.cache("prune --max-size 0");
    assert!(ran.code == Some(1) && ran.stderr.contains("indexes are in one another"), "{ran:?}");
    assert!(!shared.registry.log().iter().any(|line| line.starts_with("DELETE")));
}

#[test]
fn a_list_of_tags_that_is_not_understood_deletes_nothing() {
    let shared = Shared::new();
    let entry = shared.registry.state().manifests[&("cache".to_owned(), shared.tags[0].clone())].1.clone();
    // The second page has this tag, which names an entry of the first.
    shared.registry.add_manifest("cache", "prod", MANIFEST, &entry);
    let entries = shared.entries();
    let page = json!({"name": "cache", "tags": entries}).to_string();
    let rest = format!("v2/cache/tags/list?n=1000&last={}", entries.last().unwrap());
    let answer = |links: &[String], page: &str| {
        let links = links.iter().map(|link| ("link", link.clone())).collect();
        shared.registry.fault("/tags/list", 1, Fault::Answer(200, links, page.as_bytes().to_vec()));
    };
    for links in [
        &[format!("<https://registry.internal:8443/{rest}>; rel=\"next\"")][..],
        &[format!("</{rest}>")],
        &[format!("</v2/cache/tags/list>; rel=first, </{rest}>; rel=Next")],
        &["</v2/cache/tags/list>; rel=\"first\"".to_owned(), format!("</{rest}>; rel=\"next\"")],
    ] {
        answer(links, &page);
        let removed = shared.removed("--max-size 0 --dry-run");
        assert!(removed.len() == 3 && !removed.contains(&shared.tags[0]), "{links:?}: {removed:?}");
    }
    for (link, page) in [
        (format!("/{rest}; rel=next"), &*page),
        (format!("</{rest}>; rel=more"), &page),
        (String::new(), r#"{"name": "cache"}"#),
        (String::new(), r#"{"tags": "v1"}"#),
        (String::new(), "<html>"),
    ] {
        answer(std::slice::from_ref(&link), page);
        let ran = shared.cache("prune --max-size 0");
        let is_told =
            ran.stderr.contains("is not understood") || ran.stderr.contains("is not a list of tags");
        assert!(ran.code == Some(1) && is_told, "{link} {page}: {ran:?}");
    }
    answer(&[], r#"{"name": "cache", "tags": null}"#);
    assert_eq!(shared.removed("--max-size 0"), [""; 0]);
    assert!(!shared.registry.log().iter().any(|line| line.starts_with("DELETE")));
}

#[test]
fn a_build_that_pruning_overtakes_makes_its_layers_itself() {
    let place = with_step("name = \"make\"\nrun = \"cp list {out}/list\"\ninputs = [\"list\"]");
    place.dir(".git");
    place.write("list", "one");
    place.write("src/data", vec![7; 5 << 20]);
    // What was deleted can be written again under its tag.
    let registry = Emulator::start(&[Quirk::TagsAreImmutable]);
    let build = |machine: &str, options: &str| {
        let caches = format!("--cache-dir {machine} --registry-cache {}/cache", registry.host);
        let ran = place.run(&format!("build api --json --retries 0 {caches} {options}"));
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let digest = ran.json()["images"][0]["digest"].clone();
        (ran, digest)
    };
    let write = format!("--push -t {0}/first:v1 --registry-cache-write {0}/cache", registry.host);
    let (ran, made) = build("writer", &write);
    assert_eq!(ran.json()["registry_cache"]["written"], 2, "{ran:?}");
    // Another machine knows both entries before they are pruned, and needs the layers after that. The registry has
    // collected its garbage by then.
    let (ran, _) = build("reader", "--dry-run");
    assert_eq!(ran.json()["registry_cache"]["layers_taken"], 1, "{ran:?}");
    let pruned = place.run(&format!("cache prune --max-size 0 --registry {}/cache", registry.host));
    assert!(pruned.stderr.starts_with("removed 2 entries ("), "{pruned:?}");
    registry.state().blobs.retain(|(repository, _), _| repository == "second");
    let (ran, digest) = build("reader", &format!("--push -t {}/second:v1", registry.host));
    assert!(digest == made && ran.stderr.contains("warning: registry cache: "), "{ran:?}");
    let (ran, digest) = build("another", &write.replace("first:v1", "first:v2"));
    assert_eq!((&digest, &ran.json()["registry_cache"]["written"]), (&made, &json!(2)), "{ran:?}");
}

/// An account with a repository `cache` in ECR, as its API describes it.
struct Ecr {
    place: Place,
    lambda: Lambda,
}

impl Ecr {
    const REPOSITORY: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/cache";

    fn run(&self, words: &str) -> Ran {
        let mut command = self.place.tool(words);
        command.env("AWS_ENDPOINT_URL", &self.lambda.url).env("HOME", self.place.path(""));
        command.env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE").env("AWS_SECRET_ACCESS_KEY", "secret");
        run(&mut command)
    }

    fn json(&self, words: &str) -> Value {
        let ran = self.run(&format!("cache {words} --registry {} --json", Self::REPOSITORY));
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran.json()
    }

    /// Adds an image whose configuration has this type, which was pushed and pulled so many days ago.
    fn add(&self, tags: &[&str], config: &str, pushed: i64, pulled: Option<i64>) -> String {
        let name = json!([tags, config, pushed]);
        self.put(&json!({"config": {"mediaType": config}, "layers": [{"of": name}]}), tags, (pushed, pulled))
    }

    fn put(&self, manifest: &Value, tags: &[&str], (pushed, pulled): (i64, Option<i64>)) -> String {
        let ago = |days: i64| jiff::Timestamp::now().as_second() - days * 86_400;
        let (manifest, tags) = (manifest.to_string(), tags.iter().map(|tag| (*tag).to_owned()).collect());
        let digest = Digest::of(manifest.as_bytes()).to_string();
        let stored = Stored { manifest, tags, pushed: ago(pushed), pulled: pulled.map(ago) };
        self.lambda.world().images.entry("cache".to_owned()).or_default().insert(digest.clone(), stored);
        digest
    }
}

#[test]
fn at_ecr_entries_go_and_images_of_any_kind_stay() {
    let ecr = Ecr { place: Place::new(), lambda: Lambda::start() };
    let (entry, docker) = (
        "application/vnd.lambda-img.cache.config.v1.json+gzip",
        "application/vnd.docker.container.image.v1+json",
    );
    let used = ecr.add(&[&key("2-step", "a")], entry, 100, Some(1));
    let old = ecr.add(&[&key("2-layer", "b")], entry, 100, Some(50));
    let replaced = ecr.add(&[], entry, 200, None);
    let older_format = ecr.add(&[&key("1-step", "c")], entry, 100, Some(2));
    // BuildKit's cache under its usual name, an index with an image that has no tag, an image whose tag only begins
    // alike, and an entry that is used as an image.
    let child = ecr.add(&[], docker, 300, None);
    let index =
        json!({"mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [{"digest": child}]});
    let images = [
        ecr.add(&["cache-main"], "application/vnd.buildkit.cacheconfig.v0", 300, None),
        ecr.put(&index, &["cache-all"], (300, None)),
        ecr.add(&["cache-service-1.2"], docker, 300, None),
        ecr.add(&[&key("2-step", "d"), "prod"], entry, 300, None),
        child,
    ];
    let info = ecr.json("info");
    let count = |key: &str| info[key]["entries"].as_u64().unwrap();
    assert_eq!((count("steps"), count("layers"), count("other_formats")), (1, 1, 2), "{info}");
    assert_eq!(info["other_images"], images.len());
    assert_eq!(info["last_used"]["days_0_to_7"]["entries"], 2, "{info}");

    let removed = |words: &str| -> Vec<String> {
        let pruned = ecr.json(&format!("prune {words}"));
        let all = pruned["removed"].as_array().unwrap().iter();
        all.map(|one| one["digest"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(removed("--older-than 30 --dry-run"), [&*replaced, &*old]);
    // What a build pulls while entries are chosen counts as used the next time.
    ecr.lambda.world().images.get_mut("cache").unwrap().get_mut(&old).unwrap().pulled =
        Some(jiff::Timestamp::now().as_second());
    assert_eq!(removed("--older-than 30"), [&*replaced]);
    assert_eq!(removed("--other-formats"), [&*older_format]);
    let mut rest = removed("--max-size 0");
    rest.sort();
    let mut wanted = [used, old];
    wanted.sort();
    assert_eq!(rest, wanted);
    let left: BTreeSet<_> = ecr.lambda.world().images["cache"].keys().cloned().collect();
    assert_eq!(left, BTreeSet::from(images));
    // Only ECR's API was asked: reading manifests would count as pulls, and a login needs a permission more.
    let asked: BTreeSet<_> = ecr.lambda.log().into_iter().collect();
    assert_eq!(asked.into_iter().collect::<Vec<_>>(), ["BatchDeleteImage", "DescribeImages"]);
}

#[test]
fn an_entry_that_ecr_does_not_delete_is_said() {
    let ecr = Ecr { place: Place::new(), lambda: Lambda::start() };
    let entry =
        ecr.add(&[&key("2-step", "a")], "application/vnd.lambda-img.cache.config.v1.json+gzip", 1, None);
    ecr.put(&json!({"manifests": [{"digest": entry}]}), &["all"], (1, None));
    let ran = ecr.run(&format!("cache prune --max-size 0 --registry {}", Ecr::REPOSITORY));
    assert!(ran.code == Some(1) && ran.stderr.contains("error: entries that were not removed: 1"), "{ran:?}");
    assert!(ran.stderr.contains(&format!("not removed: {entry}: ImageReferencedByManifestList")), "{ran:?}");
}

#[test]
fn what_cannot_be_pruned_is_said() {
    let shared = Shared::new();
    let ran = shared.cache("prune");
    assert!(ran.code == Some(2) && ran.stderr.contains("needs a limit"), "{ran:?}");
    let ran = shared.cache("prune --older-than 1 --offline");
    assert!(ran.code == Some(2) && ran.stderr.contains("needs the network"), "{ran:?}");
    let ran = shared.place.run("cache prune --other-formats");
    assert!(ran.code == Some(2) && ran.stderr.contains("--registry"), "{ran:?}");
    assert_eq!(shared.registry.log(), [""; 0]);
    let refused = br#"{"errors":[{"code":"UNSUPPORTED","message":"The operation is unsupported."}]}"#;
    shared.registry.fault("DELETE ", 99, Fault::Answer(405, vec![], refused.to_vec()));
    let ran = shared.cache("prune --max-size 0");
    assert!(ran.code == Some(1) && ran.stderr.contains("does not delete images"), "{ran:?}");
    assert!(ran.stderr.contains("hint: allow deletion in the registry's configuration"), "{ran:?}");
    shared.registry.state().forget_faults();
    shared.registry.fault("/tags/list", 1, Fault::Answer(403, vec![], b"{}".to_vec()));
    let ran = shared.cache("info");
    assert!(ran.code == Some(1) && ran.stderr.contains("status 403"), "{ran:?}");
    // Another one deletes what this one listed.
    shared.registry.fault("DELETE ", 1, Fault::Answer(404, vec![], b"{}".to_vec()));
    assert_eq!(shared.cache("prune --max-size 0").code, Some(0));
}

#[test]
fn the_lifecycle_policy_is_of_the_form_that_ecr_takes() {
    let place = Place::new();
    let policy = |options: &str| {
        let ran = place.run(&format!("cache policy {options}"));
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran.json()
    };
    // Amazon ECR user guide, "Lifecycle policy properties" and "Examples of lifecycle policies": the patterns of one rule
    // must all match, so that each has a rule.
    let rule = |describe: &str, prefix: &str, count_type: &str, days: u32| {
        json!({"rulePriority": 0, "description": format!("{describe}: {prefix}"),
            "selection": {"tagStatus": "tagged", "tagPatternList": [format!("{prefix}*")], "countType": count_type,
                "countUnit": "days", "countNumber": days},
            "action": {"type": "expire"}})
    };
    let both = ["cache-2-step-", "cache-2-layer-"];
    let with_priorities = |mut rules: Vec<Value>| {
        rules.iter_mut().zip(1..).for_each(|(rule, priority)| rule["rulePriority"] = json!(priority));
        json!({"rules": rules})
    };
    let archives = both.map(|prefix| {
        let mut rule = rule("Archive entries that are not used", prefix, "sinceImagePulled", 60);
        rule["action"] = json!({"type": "transition", "targetStorageClass": "archive"});
        rule
    });
    let expires = both.map(|prefix| {
        let mut rule = rule("Delete archived entries", prefix, "sinceImageTransitioned", 90);
        rule["selection"]["storageClass"] = "archive".into();
        rule
    });
    assert_eq!(policy("--older-than 60"), with_priorities([archives, expires].concat()));
    let pushed = both.map(|prefix| rule("Delete old entries", prefix, "sinceImagePushed", 30));
    assert_eq!(policy("--no-archive"), with_priorities(pushed.to_vec()));
    // No pattern is of images with tags such as these.
    let all = policy("");
    let rules = all["rules"].as_array().unwrap().iter();
    let patterns: Vec<_> =
        rules.map(|rule| rule["selection"]["tagPatternList"][0].as_str().unwrap()).collect();
    for tag in ["cache-service-1.2", "cache-main", "cache-2.1", "v1"] {
        assert!(!patterns.iter().any(|pattern| tag.starts_with(pattern.trim_end_matches('*'))), "{tag}");
    }
    assert_eq!(place.run("cache policy --older-than 0").code, Some(2));
}
