//! What `cache info` and `cache prune` do with the entries in a repository.

use serde_json::{Value, json};

use crate::harness::common::{Place, Ran};
use crate::harness::emulator::{Emulator, Fault};
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
        let other = json!({"schemaVersion": 2, "mediaType": MANIFEST, "artifactType": "to/come",
            "config": {"size": 1000}, "layers": [{"size": 5000}]});
        shared.registry.add_manifest("cache", "cache-2-step-0", MANIFEST, other.to_string().as_bytes());
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
    let future = "cache-2-step-0";
    // What would go, and goes: what no day is known of counts as the oldest.
    let wanted = [future, oldest];
    assert_eq!(shared.removed("--older-than 2000 --dry-run"), wanted);
    assert_eq!(shared.entries().len(), 4);
    assert!(!shared.registry.log().iter().any(|line| line.starts_with("DELETE")));
    assert_eq!(shared.removed("--other-formats"), [future]);
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
    let build = format!("build api --push -t {0}/fn:again --registry-cache {0}/cache", shared.registry.host);
    assert_eq!(shared.place.run(&build).code, Some(0));
}

#[test]
fn images_stay_whatever_their_tags_begin_with_and_whichever_entry_they_are() {
    let shared = Shared::new();
    let image = |name: &str| format!(r#"{{"an": "image {name}"}}"#);
    for tag in ["cache-service-1.2", "cache-main"] {
        shared.registry.add_manifest("cache", tag, MANIFEST, image(tag).as_bytes());
    }
    // An entry that an image's tag names, too: to delete it would delete the image.
    let entry = shared.registry.state().manifests[&("cache".to_owned(), shared.tags[0].clone())].1.clone();
    shared.registry.add_manifest("cache", "prod", MANIFEST, &entry);
    // Sizes whose sum does not fit.
    let huge = json!({"config": {"size": i64::MAX}, "layers": [{"size": i64::MAX}]}).to_string();
    shared.registry.add_manifest("cache", "cache-3-step-1", MANIFEST, huge.as_bytes());
    shared.registry.add_manifest("cache", "cache-3-step-2", MANIFEST, format!("{huge} ").as_bytes());
    let all = ["cache-2-step-0", "cache-3-step-1", "cache-3-step-2", &*shared.tags[1], &*shared.tags[2]];
    let sorted = |mut tags: Vec<String>| {
        tags.sort();
        tags
    };
    let wanted = sorted(all.iter().map(|tag| (*tag).to_owned()).collect());
    assert_eq!(sorted(shared.removed("--max-size 0 --dry-run")), wanted);
    assert_eq!(sorted(shared.removed("--max-size 0")), wanted);
    for tag in ["cache-service-1.2", "cache-main", "prod", "v1", &*shared.tags[0]] {
        assert!(
            shared.registry.state().manifests.contains_key(&("cache".to_owned(), tag.to_owned())),
            "{tag}"
        );
    }
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
    // Amazon ECR user guide, "Lifecycle policy properties" and "Examples of lifecycle policies".
    let untagged = json!({"rulePriority": 1, "description": "Delete entries that were replaced",
        "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 1},
        "action": {"type": "expire"}});
    let archives = json!({"rulePriority": 2, "description": "Archive entries that are not used",
        "selection": {"tagStatus": "tagged", "tagPatternList": ["cache-*"], "countType": "sinceImagePulled",
            "countUnit": "days", "countNumber": 60},
        "action": {"type": "transition", "targetStorageClass": "archive"}});
    let expires = json!({"rulePriority": 3, "description": "Delete entries that were archived",
        "selection": {"tagStatus": "tagged", "tagPatternList": ["cache-*"], "storageClass": "archive",
            "countType": "sinceImageTransitioned", "countUnit": "days", "countNumber": 90},
        "action": {"type": "expire"}});
    assert_eq!(policy("--older-than 60"), json!({"rules": [&untagged, archives, expires]}));
    let pushed = policy("--no-archive");
    assert_eq!(pushed["rules"][0], untagged);
    let selection = json!({"tagStatus": "tagged", "tagPatternList": ["cache-*"], "countType": "sinceImagePushed",
        "countUnit": "days", "countNumber": 30});
    assert_eq!(
        (&pushed["rules"][1]["selection"], pushed["rules"].as_array().unwrap().len()),
        (&selection, 2)
    );
    assert_eq!(place.run("cache policy --older-than 0").code, Some(2));
}
