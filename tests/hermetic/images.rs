//! `lambda-img images` and `lambda-img prune` against a scripted Lambda and ECR.

use std::collections::BTreeSet;
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
    // The credentials are not those of that account, which has a function, too.
    site.lambda.world().policies.insert("fn".to_owned(), policy.to_string());
    let ran = site.run(&format!("{options} --account 999999999999"));
    assert_eq!((ran.code, site.left()), (Some(1), 5), "{ran:?}");
    let wrong = "the credentials for account 999999999999 are those of account 123456789012";
    assert!(ran.stderr.contains(wrong) && ran.stderr.contains("aws-role"), "{ran:?}");
    let ran = site.run(&format!("{options} --accounts-complete"));
    assert_eq!((ran.code, site.left()), (Some(0), 2), "{ran:?}");
}

#[test]
fn a_list_of_functions_that_is_not_understood_deletes_nothing() {
    let site = Site::new();
    for (body, missing) in [
        ("<html></html>", "object of JSON"),
        ("", "object of JSON"),
        ("[]", "object of JSON"),
        ("{\"Functions\": [", "object of JSON"),
        ("{}", "Functions"),
        ("{\"Functions\": null}", "Functions"),
        ("{\"Functions\": [{\"FunctionName\": \"f\", \"Version\": \"1\"}]}", "PackageType"),
        ("{\"Functions\": [{\"Version\": \"1\"}]}", "FunctionName"),
    ] {
        site.lambda.answer("ListFunctions", 1, (200, "", body));
        let ran = site.run(&format!("prune {HOST}/fn --keep-last 0 --delete"));
        assert_eq!((ran.code, site.left()), (Some(1), 5), "{body}: {ran:?}");
        let why =
            format!("the answer to lambda:ListFunctions in eu-west-1 is not understood: it has no {missing}");
        assert!(ran.stderr.contains(&why), "{body}: {ran:?}");
    }
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

/// The ARN of an image, as Inspector has it.
fn arn(digest: &str) -> String {
    format!("arn:aws:ecr:eu-west-1:123456789012:repository/fn/{digest}")
}

#[test]
fn what_else_keeps_a_version_is_listed() {
    let site = Site::new();
    let mut orders = site.lambda.function("orders");
    orders.snapstart = true;
    orders.provisioned = [("live".to_owned(), 5)].into();
    orders.executions = Some(vec!["1".to_owned(), "1".to_owned()]);
    site.lambda.add("orders", orders);
    site.lambda.world().running =
        Some([(arn(&site.digests[1]), 3), (arn("x").replace("/fn/", "/other/"), 1)].into());
    let ran = site.run(&format!("images {HOST}/fn --in-use"));
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    let version = "123456789012/orders:1 (live, SnapStart, provisioned concurrency 5, 2 durable executions)";
    assert!(ran.stdout.contains(version) && ran.stdout.contains("  3 ECS tasks or EKS pods\n"), "{ran:?}");
    let json = site.run(&format!("images {HOST}/fn --in-use --json")).json();
    let images = json["repositories"][0]["images"].clone();
    assert_eq!((&images[3]["tasks_and_pods"], &images[0]["tasks_and_pods"]), (&json!(3), &json!(0)));
    let by = &images[4]["used_by"][0];
    let more = ["snapstart", "provisioned_concurrency", "durable_executions"].map(|key| by[key].clone());
    assert_eq!(more, [json!(true), json!(5), json!(2)]);
    // Where Inspector does not tell, that is said, and null.
    site.lambda.world().running = None;
    let ran = site.run(&format!("images {HOST}/fn --in-use --json"));
    assert!(ran.stderr.contains("whether Amazon ECS or Amazon EKS runs an image is not known"), "{ran:?}");
    assert_eq!(ran.json()["repositories"][0]["images"][0]["tasks_and_pods"], Value::Null);
}

#[test]
fn what_ecs_or_eks_runs_stays() {
    let site = Site::new();
    site.lambda.world().running = Some([(arn(&site.digests[3]), 1)].into());
    let ran = site.run(&format!("prune {HOST}/fn --keep-last 0 --json"));
    assert_eq!(ran.json()["repositories"][0]["delete"], json!([site.digests[1]]), "{ran:?}");
}

#[test]
fn archived_images_are_not_deleted_and_not_listed_again() {
    let site = Site::new();
    let options = format!("prune {HOST}/fn --keep-last 0");
    let ran = site.run(&format!("{options} --archive --json"));
    assert_eq!((ran.code, site.left()), (Some(0), 5), "{ran:?}");
    assert!(ran.stderr.contains("archived 3 images"), "{ran:?}");
    let said = ran.json()["repositories"][0].clone();
    assert_eq!((&said["archived"], &said["deleted"]), (&json!(true), &json!(false)));
    let archived: Vec<_> = site.lambda.world().archived.iter().cloned().collect();
    let mut expected = [1, 3, 4].map(|at| site.digests[at].clone());
    expected.sort();
    assert_eq!(archived, expected);
    assert_eq!(site.lambda.changes(), ["UpdateImageStorageClass"; 3]);
    assert_eq!(site.run(&options).stdout, format!("{HOST}/fn: nothing to delete\n"));
    let ran = site.run(&format!("{options} --archive --delete"));
    assert_eq!(ran.code, Some(2), "{ran:?}");
    // One that ECR does not archive.
    let site = Site::new();
    let refusal = "ImageStorageClassUpdateNotSupportedException";
    site.lambda.answer("UpdateImageStorageClass", 1, (400, refusal, "not this one"));
    let ran = site.run(&format!("{options} --archive"));
    assert_eq!((ran.code, site.lambda.world().archived.len()), (Some(1), 2), "{ran:?}");
    assert!(ran.stderr.contains("not archived: sha256:") && ran.stderr.contains("not this one"), "{ran:?}");
}

#[test]
fn an_error_in_the_middle_says_how_many_are_gone() {
    let site = Site::new();
    // The session ends with the second round, and new credentials do not help.
    let expired = (400, "ExpiredTokenException", "The security token included in the request is expired");
    site.lambda.answer_after("BatchDeleteImage", 1, 9, expired);
    let ran = site.run(&format!("prune {HOST}/fn --keep-last 0 --delete"));
    assert_eq!((ran.code, site.left()), (Some(1), 3), "{ran:?}");
    assert!(ran.stderr.contains("deleted 2 images before the error; the rest is as it was"), "{ran:?}");
    assert!(ran.stderr.contains("ExpiredTokenException"), "{ran:?}");
    // The next run does the rest; a session that ends once is renewed, and throttling is waited for.
    site.lambda.world().forget_answers();
    site.lambda.answer("BatchDeleteImage", 1, (400, "ThrottlingException", "Rate exceeded"));
    site.lambda.answer("GetFunction", 1, (429, "TooManyRequestsException", "Rate exceeded"));
    site.lambda.answer("ListFunctions", 1, (429, "TooManyRequestsException", "Rate exceeded"));
    site.lambda.answer("BatchDeleteImage", 1, expired);
    let ran = site.run(&format!("prune {HOST}/fn --keep-last 0 --delete"));
    assert_eq!((ran.code, site.left()), (Some(0), 2), "{ran:?}");
}

#[test]
fn a_lifecycle_policy_keeps_what_tags_of_deployments_name() {
    let site = Site::new();
    let ran = site.run(&format!("prune {HOST}/team/fn --policy --keep-days 90"));
    let rules = ran.json()["rules"].clone();
    let [keep, rest] = [&rules[0], &rules[1]];
    assert_eq!((&keep["rulePriority"], &rest["rulePriority"]), (&json!(1), &json!(2)));
    assert_eq!(keep["selection"]["tagPatternList"], json!(["in-use-*"]));
    assert_eq!(
        rest["selection"],
        json!({"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 90})
    );
    assert!(ran.stderr.contains("aws ecr put-lifecycle-policy --region eu-west-1"), "{ran:?}");
    let rest = site.run(&format!("prune {HOST}/team/fn --policy --archive")).json()["rules"][1].clone();
    assert_eq!(rest["selection"]["countType"], "sinceImagePulled");
    assert_eq!(rest["action"], json!({"type": "transition", "targetStorageClass": "archive"}));
    assert_eq!(site.lambda.log(), [""; 0]);
}

/// The actions of `auth check --policy`, without their services.
fn allowed(site: &Site, what: &str) -> BTreeSet<String> {
    let policy = site.run(&format!("auth check {HOST}/fn --policy {what}")).json();
    let statements = policy["Statement"].as_array().unwrap().clone();
    let actions = statements.iter().flat_map(|one| match &one["Action"] {
        Value::Array(all) => all.clone(),
        one => vec![one.clone()],
    });
    let actions = actions.map(|action| action.as_str().unwrap().split(':').nth(1).unwrap().to_owned());
    actions.collect()
}

#[test]
fn the_policies_allow_what_is_called_and_nothing_else() {
    let called = |site: &Site| -> BTreeSet<String> {
        let log = site.lambda.log();
        log.iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
    };
    let site = Site::new();
    site.lambda.world().functions.get_mut("orders").unwrap().executions = Some(Vec::new());
    let images = allowed(&site, "images");
    site.run(&format!("images {HOST}/fn --in-use"));
    assert_eq!(called(&site), images);
    let prune = allowed(&site, "prune");
    site.run(&format!("prune {HOST}/fn --keep-last 1 --archive"));
    site.run(&format!("prune {HOST}/fn --keep-last 0 --delete"));
    assert_eq!(called(&site), prune);
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
