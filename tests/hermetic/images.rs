//! `lambda-img images` and `lambda-img prune` against a scripted Lambda and ECR.

use std::process::Command;

use lambda_img::digest::Digest;
use serde_json::{Value, json};

use crate::harness::common::{Place, Ran, run};
use crate::harness::lambda::{Function, Lambda, Stored};

const HOST: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";

/// 2020-01-01 and so many days, in seconds.
fn day(days: i64) -> i64 {
    1_577_836_800 + days * 86_400
}

/// Adds an image with this manifest to the repository `fn`, and returns its digest.
fn add(lambda: &Lambda, manifest: &Value, tag: &str, pushed: i64) -> String {
    let manifest = manifest.to_string();
    let digest = Digest::of(manifest.as_bytes()).to_string();
    let stored = Stored { manifest, tags: vec![tag.to_owned()], pushed, pulled: None };
    lambda.world().images.entry("fn".to_owned()).or_default().insert(digest.clone(), stored);
    digest
}

struct Site {
    place: Place,
    lambda: Lambda,
    /// Five images, oldest first: `v0` is what version 1 of `orders` has, `v1` is unused, `v2` is what `$LATEST` has, `v3`
    /// and its index are unused.
    digests: Vec<String>,
}

impl Site {
    fn new() -> Self {
        let (place, lambda) = (Place::new(), Lambda::start());
        let mut digests: Vec<_> = (0..4)
            .map(|at| add(&lambda, &json!({"layers": [], "n": at}), &format!("v{at}"), day(at)))
            .collect();
        digests.push(add(&lambda, &json!({"manifests": [{"digest": digests[3]}]}), "index", day(4)));
        let image = |at: usize| format!("{HOST}/fn@{}", digests[at]);
        let mut orders = Function::aliased(&image(0), "live");
        orders.image = image(2);
        lambda.add("orders", orders);
        lambda.add("zip", Function { package: "Zip", ..Function::with("sha256:1") });
        Self { place, lambda, digests }
    }

    fn tool(&self, arguments: &str) -> Command {
        let mut command = self.place.tool(arguments);
        command.env("AWS_ENDPOINT_URL", &self.lambda.url).env("HOME", self.place.path(""));
        command.env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE").env("AWS_SECRET_ACCESS_KEY", "secret");
        command
    }

    fn run(&self, arguments: &str) -> Ran {
        run(&mut self.tool(arguments))
    }

    fn left(&self) -> usize {
        self.lambda.world().images["fn"].len()
    }
}

#[test]
fn images_are_listed_with_the_versions_that_use_them() {
    let site = Site::new();
    let ran = site.run(&format!("images {HOST}/fn --in-use"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let used: Vec<_> =
        ran.stdout.lines().skip(2).map(|line| line.rsplit("  ").next().unwrap().trim()).collect();
    assert_eq!(
        used,
        ["-", "-", "123456789012/orders:$LATEST", "-", "123456789012/orders:1 (live)"],
        "{}",
        ran.stdout
    );
    assert!(site.lambda.changes().is_empty());
    let ran = site.run(&format!("images {HOST}/fn --json"));
    let images = ran.json()["repositories"][0]["images"].clone();
    assert_eq!((images.as_array().map(Vec::len), &images[0]["used_by"]), (Some(5), &Value::Null));
    assert_eq!(images[0]["tags"], json!(["index"]));
}

#[test]
fn a_plan_deletes_nothing_and_the_deletion_what_it_lists() {
    let site = Site::new();
    let options = format!("prune {HOST}/fn --keep-last 0");
    let ran = site.run(&format!("{options} --json"));
    let planned = ran.json()["repositories"][0].clone();
    // The index before its image.
    let expected = json!([site.digests[1], site.digests[4], site.digests[3]]);
    let mut delete: Vec<_> = planned["delete"].as_array().unwrap().clone();
    assert_eq!(delete.pop().unwrap(), site.digests[3]);
    assert_eq!(
        (delete.len() + 1, planned["deleted"].clone()),
        (expected.as_array().unwrap().len(), json!(false))
    );
    assert_eq!((site.left(), site.lambda.changes().len()), (5, 0));
    assert!(ran.stderr.contains("would delete 3 images"), "{ran:?}");

    let ran = site.run(&format!("{options} --delete"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("deleted 3 images") && ran.stdout.contains(&site.digests[1]), "{ran:?}");
    let left: Vec<_> = site.lambda.world().images["fn"].keys().cloned().collect();
    let mut expected = vec![site.digests[0].clone(), site.digests[2].clone()];
    expected.sort();
    assert_eq!(left, expected);
    let ran = site.run(&format!("{options} --delete"));
    assert_eq!(ran.stdout, format!("{HOST}/fn: nothing to delete\n"));
}

#[test]
fn the_last_the_young_and_the_pinned_stay() {
    let site = Site::new();
    let going = |options: &str| {
        let ran = site.run(&format!("prune {HOST}/fn --json {options}"));
        ran.json()["repositories"][0]["delete"].as_array().unwrap().len()
    };
    assert_eq!(going(""), 0);
    assert_eq!(going("--keep-last 1"), 1);
    assert_eq!(going("--keep-last 0 --keep-days 100000"), 0);
    site.lambda.world().images.get_mut("fn").unwrap().get_mut(&site.digests[1]).unwrap().pulled =
        Some(4_000_000_000);
    assert_eq!(going("--keep-last 1"), 0);
    let digest = &site.digests[3];
    let pin = format!(
        "version = 1\n\n[[base]]\nruntime = \"python3.13\"\narchitecture = \"x86_64\"\nreference = \"{HOST}/fn:v3\"\n\
         digest = \"{digest}\"\nconfig = \"{digest}\"\ndate = 2026-11-01\n"
    );
    site.place.write("lambda-img.lock", pin);
    assert_eq!(going("--keep-last 0"), 0);
}

#[test]
fn what_was_not_looked_at_ends_the_plan() {
    let site = Site::new();
    let policy = json!({"Statement": [{"Sid": "Pull", "Effect": "Allow", "Action": "ecr:BatchGetImage",
        "Principal": {"AWS": "arn:aws:iam::999999999999:root"}}]});
    site.lambda.world().policies.insert("fn".to_owned(), policy.to_string());
    let options = format!("prune {HOST}/fn --keep-last 0 --delete");
    let ran = site.run(&options);
    assert_eq!((ran.code, site.left()), (Some(2), 5), "{ran:?}");
    assert!(ran.stderr.contains("999999999999") && ran.stderr.contains("--accounts-complete"), "{ran:?}");
    assert!(ran.stderr.contains("--account"), "{ran:?}");
    // Everyone, whom no account can stand for.
    let open =
        json!({"Statement": [{"Sid": "Open", "Effect": "Allow", "Action": "ecr:*", "Principal": "*"}]});
    site.lambda.world().policies.insert("fn".to_owned(), open.to_string());
    let ran = site.run(&format!("{options} --account 999999999999"));
    assert_eq!((ran.code, site.left()), (Some(2), 5), "{ran:?}");
    assert!(ran.stderr.contains("Open"), "{ran:?}");
    site.lambda.world().policies.insert("fn".to_owned(), policy.to_string());
    let ran = site.run(&format!("{options} --account 999999999999"));
    assert_eq!((ran.code, site.left()), (Some(0), 2), "{ran:?}");
}

#[test]
fn what_cannot_be_known_ends_the_plan() {
    // A manifest that is not its digest's.
    let site = Site::new();
    site.lambda.world().images.get_mut("fn").unwrap().get_mut(&site.digests[1]).unwrap().manifest =
        "{}".to_owned();
    let options = format!("prune {HOST}/fn --keep-last 0 --delete");
    let ran = site.run(&options);
    assert_eq!((ran.code, site.left()), (Some(1), 5), "{ran:?}");
    assert!(ran.stderr.contains("cannot be read: what belongs to it is not known"), "{ran:?}");
    // A function whose image Lambda does not tell.
    let site = Site::new();
    site.lambda.world().functions.get_mut("orders").unwrap().image = "by-tag:latest".to_owned();
    let ran = site.run(&options);
    assert_eq!((ran.code, site.left()), (Some(1), 5), "{ran:?}");
    assert!(ran.stderr.contains("Lambda does not say which image `orders:$LATEST` has"), "{ran:?}");
    // Functions that may not be listed.
    let site = Site::new();
    let ran = site.run("prune registry.example/fn");
    assert_eq!(ran.code, Some(2), "{ran:?}");
    let ran = site.run(&format!("prune {HOST}/fn --offline"));
    assert_eq!(ran.code, Some(2), "{ran:?}");
}

#[test]
fn every_page_of_functions_is_read() {
    let site = Site::new();
    let image = |at: usize| format!("{HOST}/fn@{}", site.digests[at]);
    for at in 0..120 {
        site.lambda.add(&format!("f{at:03}"), Function::with(&image(0)));
    }
    // The last of them uses what is otherwise unused.
    site.lambda.add("z", Function::with(&image(3)));
    let ran = site.run(&format!("prune {HOST}/fn --keep-last 0 --json"));
    assert_eq!(ran.json()["repositories"][0]["delete"], json!([site.digests[1]]));
    assert_eq!(site.lambda.log().iter().filter(|line| *line == "ListFunctions").count(), 3);
}
