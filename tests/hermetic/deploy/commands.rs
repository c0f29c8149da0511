//! `lambda-img deploy` and `lambda-img rollback` from outside: images of a registry, functions of the settings.

use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::json;

use crate::harness::common::{Place, Ran, run};
use crate::harness::emulator::Emulator;
use crate::harness::lambda::{Function, Lambda, image};
use crate::verify::pair;

const HOST: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";

/// A registry with three images in `fn`: `v1`, `v2`, and `v1` for arm64 as `arm`; and their digests.
struct Pushed {
    registry: Emulator,
    digests: [String; 3],
}

fn pushed() -> &'static Pushed {
    static PUSHED: OnceLock<Pushed> = OnceLock::new();
    PUSHED.get_or_init(|| {
        let (place, registry) = (Place::with_function(), Emulator::start(&[]));
        let build = |tag: &str, options: &str| {
            let target = format!("--push -t {}/fn:{tag} {options}", registry.host);
            place.run(&format!("build fn -r provided.al2023 -b embedded {target}")).digest()
        };
        let first = build("v1", "");
        let digests = [first, build("v2", "-e A=1"), build("arm", "-a arm64")];
        // As a build for two architectures names its images.
        build("both", "-a x86_64,arm64 --json").clear();
        Pushed { registry, digests }
    })
}

/// The image of a digest, as Lambda has it.
fn at(digest: &str) -> String {
    format!("{HOST}/fn@{digest}")
}

/// A place with settings, and a Lambda.
struct Site {
    place: Place,
    lambda: Lambda,
}

impl Site {
    fn new(settings: &str) -> Self {
        let place = Place::new();
        place.write("lambda-img.toml", settings);
        Self { place, lambda: Lambda::start() }
    }

    /// One function, `orders`, with the alias `live`, for the image of this tag.
    fn orders(tag: &str) -> Self {
        Self::new(&format!("[functions.orders]\ntag = \"{HOST}/fn:{tag}\"\nalias = \"live\"\n"))
    }

    fn tool(&self, arguments: &str) -> Command {
        let mut command = self.place.tool(arguments);
        command.env("LAMBDA_IMG_REGISTRY_MIRROR", format!("{HOST}={}", pushed().registry.host));
        command.env("AWS_ENDPOINT_URL", &self.lambda.url).env("HOME", self.place.path(""));
        command.env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE").env("AWS_SECRET_ACCESS_KEY", "secret");
        command.env("AWS_EC2_METADATA_DISABLED", "true");
        command
    }

    fn run(&self, arguments: &str) -> Ran {
        run(&mut self.tool(arguments))
    }

    /// Deploys, although a script starts the function.
    fn deploy(&self, arguments: &str) -> Ran {
        self.run(&format!("deploy {arguments} --allow start-format"))
    }
}

fn ok(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

fn fails(ran: &Ran, code: i32, words: &[&str]) {
    assert_eq!(ran.code, Some(code), "{ran:?}");
    words.iter().for_each(|word| assert!(ran.stderr.contains(word), "`{word}` is not in {}", ran.stderr));
}

#[test]
fn a_function_of_the_settings_is_planned_deployed_and_rolled_back() {
    let site = Site::orders("v1");
    let [one, two, _] = &pushed().digests;
    site.lambda.add("orders", Function::aliased(&at(two), "live"));
    let plan = site.deploy("orders --plan");
    ok(&plan);
    let expected = format!(
        "orders\n  update  {} -> {}\n  publish a version\n  move alias `live` from version 1 to that version\n",
        at(two),
        at(one)
    );
    assert_eq!(plan.stdout, expected);
    assert_eq!(site.lambda.changes(), [""; 0]);

    let done = site.deploy("");
    ok(&done);
    assert_eq!(done.stdout, "arn:aws:lambda:eu-west-1:123456789012:function:orders:2\n");
    assert_eq!(
        done.stderr,
        "orders: the function has the image\norders: version 2 is published\norders: alias `live` names version 2\n"
    );
    assert_eq!(
        site.lambda.changes(),
        ["UpdateFunctionCode orders", "PublishVersion orders", "UpdateAlias orders live=2"]
    );
    assert_eq!(site.lambda.function("orders").image, at(one));

    // Again: success, and nothing that changes.
    let again = site.deploy("orders");
    ok(&again);
    assert_eq!((again.stdout.as_str(), again.stderr.as_str()), (done.stdout.as_str(), ""));
    assert_eq!(site.lambda.changes(), [""; 0]);
    let planned = site.deploy("orders --plan").stdout;
    assert_eq!(planned, format!("orders: nothing to change: it has {}\n", at(one)));

    let back = site.run("rollback orders --plan");
    ok(&back);
    assert_eq!(back.stderr, "orders: alias `live` would move from version 2 to 1\n");
    assert_eq!(site.lambda.changes(), [""; 0]);
    let back = site.run("rollback orders --json");
    ok(&back);
    assert_eq!(
        back.json()["functions"][0],
        json!({"function": "orders", "region": "eu-west-1", "account": "123456789012", "alias": "live", "from": "2",
            "to": "1", "moved": true})
    );
    assert_eq!(site.lambda.changes(), ["UpdateAlias orders live=1"]);
    let arn = "arn:aws:lambda:eu-west-1:123456789012:function:orders";
    ok(&site.run(&format!("rollback --function {arn} --alias live --to 2")));
    assert_eq!(site.lambda.changes(), ["UpdateAlias orders live=2"]);
}

#[test]
fn an_image_by_tag_or_digest_goes_to_a_function() {
    let site = Site::new("");
    let [one, two, arm] = &pushed().digests;
    site.lambda.add("prod", Function::with(&at(two)));
    let done = site.deploy(&format!("{HOST}/fn:v1 --function prod --json"));
    ok(&done);
    let said = &done.json()["functions"][0];
    assert_eq!((&said["state"], &said["image"]), (&json!("deployed"), &json!(at(one))));
    assert_eq!((&said["image_before"], &said["function_version"]), (&json!(at(two)), &json!(null)));
    assert_eq!(site.lambda.changes(), ["UpdateFunctionCode prod"]);
    ok(&site.deploy(&format!("{} --function prod --publish", at(two))));
    assert_eq!(site.lambda.changes(), ["UpdateFunctionCode prod", "PublishVersion prod"]);

    // The architecture is the function's own, and so is the image of a build for two.
    let wrong = site.deploy(&format!("{} --function prod", at(arm)));
    fails(
        &wrong,
        3,
        &["it is for arm64, but the function is for x86_64", "architecture", "nothing was changed"],
    );
    site.lambda.add("arm", Function { arch: "arm64", ..Function::with(&at(two)) });
    ok(&site.deploy(&format!("{} --function arm", at(arm))));
    site.lambda.changes();
    site.place.write(
        "lambda-img.toml",
        format!("[defaults]\nfunction = \"{{name}}\"\n[functions.arm]\ntag = \"{HOST}/fn:both\"\narch = [\"x86_64\", \"arm64\"]\n"),
    );
    ok(&site.deploy("arm"));
    let digest = pushed().registry.state().manifests[&("fn".to_owned(), "both-arm64".to_owned())].1.clone();
    assert_eq!(site.lambda.function("arm").image, image(std::str::from_utf8(&digest).unwrap()));
}

#[test]
fn what_cannot_be_deployed_is_refused_with_the_reason() {
    let site = Site::orders("v1");
    let [one, two, _] = &pushed().digests;
    fails(&site.deploy(""), 1, &["there is no function `orders` in eu-west-1 of account 123456789012"]);
    site.lambda.add("orders", Function { package: "Zip", ..Function::with("") });
    fails(&site.deploy(""), 1, &["has the package type Zip"]);
    site.lambda.add("orders", Function::aliased(&at(two), "live"));
    fails(&site.deploy("ordres"), 2, &["`orders`"]);
    fails(&site.deploy(&format!("{HOST}/fn:v1")), 2, &["no function is named for", "--function"]);
    fails(
        &site.deploy("docker.io/library/fn --function orders"),
        2,
        &["is not in Amazon ECR", "lambda-img push"],
    );
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:orders";
    fails(&site.deploy(&format!("--function {arn}")), 2, &["is in us-east-1"]);
    fails(&site.deploy(&format!("{HOST}/fn:v1 --function {arn}")), 2, &["is in us-east-1"]);
    fails(&site.deploy("--function prod:live"), 2, &["neither the name nor the ARN"]);
    fails(&site.deploy("--alias 12"), 2, &["is not a name of an alias"]);
    fails(&site.deploy(&format!("{HOST}/fn:gone --function orders")), 1, &["fn:gone"]);
    fails(&site.deploy("--canary 10%"), 2, &["--for"]);
    fails(&site.deploy("--offline"), 2, &["`--offline`"]);
    site.place.write("event.json", "{");
    fails(&site.deploy("--try event.json"), 2, &["cannot use the event in `event.json`"]);
    // What Lambda would refuse, by name.
    fails(&site.run("deploy"), 3, &["start-format", "nothing was changed"]);
    site.lambda.world().archived.insert(one.clone());
    fails(&site.deploy(""), 1, &["is archived", "update-image-storage-class"]);
    site.lambda.world().archived.clear();
    // Another account, to which the repository is not open.
    site.lambda.add("theirs", Function::with(&at(two)));
    let theirs = "--function arn:aws:lambda:eu-west-1:999999999999:function:theirs";
    fails(&site.deploy(theirs), 1, &["does not let Lambda of account 999999999999 read it"]);
    assert_eq!(site.lambda.changes(), [""; 0]);
    site.lambda.world().policies.insert("fn".to_owned(), "{… lambda.amazonaws.com …}".to_owned());
    ok(&site.deploy(&format!("{HOST}/fn:v1 {theirs}")));
}

#[test]
fn a_failed_update_names_the_page_that_explains_it_and_what_stands() {
    let site = Site::orders("v1");
    site.lambda.add("orders", Function::aliased(&at(&pushed().digests[1]), "live"));
    let reason = ("InvalidImage", "ImageLayerFailure: MissingParentDirectory");
    site.lambda.world().failures.push((reason.0.to_owned(), reason.1.to_owned()));
    let ran = site.deploy("");
    fails(
        &ran,
        1,
        &["Lambda failed to update function `orders`: InvalidImage", "`lambda-img explain missing-parent`"],
    );
    // A version that fails its event.
    let error = json!({"errorType": "E", "errorMessage": "broken"});
    site.lambda.world().functions.get_mut("orders").unwrap().error = Some(error);
    site.place.write("event.json", "{\"a\": 1}");
    let ran = site.deploy("--try event.json --json");
    fails(
        &ran,
        1,
        &[
            "function `orders:2` failed when it was tried: E: broken",
            "orders: done before the error: version 2 is published",
            "orders: alias `live` still names version 1",
        ],
    );
    let said: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(said["functions"][0]["state"], "failed");
    assert_eq!(said["functions"][0]["done"].as_array().unwrap().len(), 2);
}

#[test]
fn a_plan_asks_lambda_whether_it_would_take_the_image() {
    let site = Site::orders("v1");
    site.lambda.add("orders", Function::aliased(&at(&pushed().digests[1]), "live"));
    ok(&site.deploy("--plan"));
    let trials = |site: &Site| site.lambda.log().iter().filter(|line| line.starts_with("DryRun")).count();
    assert_eq!(trials(&site), 1);
    let refusal = "The image manifest, config or layer media type for the source image is not supported.";
    site.lambda.answer("DryRun", 1, (400, "InvalidParameterValueException", refusal));
    fails(&site.deploy("--plan"), 1, &[refusal, "nothing was changed"]);
    // Who may not update the function gets a plan, and hears that.
    site.lambda.answer("DryRun", 1, (403, "AccessDeniedException", "not authorized"));
    let ran = site.deploy("--plan");
    ok(&ran);
    assert!(ran.stderr.contains("orders: whether Lambda takes the image is not known: "), "{ran:?}");
    site.lambda.log();
    ok(&site.deploy(""));
    ok(&site.deploy("--plan"));
    assert_eq!(trials(&site), 0);
}

#[test]
fn the_tag_of_an_alias_moves_as_the_settings_say_and_with_a_rollback() {
    let site = Site::orders("v1");
    let settings =
        format!("[functions.orders]\ntag = \"{HOST}/fn:v1\"\nalias = \"live\"\ntag-in-use = true\n");
    site.place.write("lambda-img.toml", settings);
    let [one, two, _] = &pushed().digests;
    site.lambda.add("orders", Function::aliased(&at(two), "live"));
    let plan = site.deploy("--plan");
    assert!(plan.stdout.ends_with("  tag the image `in-use-orders.live`\n"), "{plan:?}");
    ok(&site.deploy(""));
    assert_eq!(site.lambda.world().tagged["in-use-orders.live"], *one);
    ok(&site.run("rollback orders"));
    assert_eq!(site.lambda.world().tagged["in-use-orders.live"], *two);
    site.lambda.world().mutability = Some(("IMMUTABLE", Vec::new()));
    let ran = site.run("rollback orders --to 2");
    ok(&ran);
    assert!(
        ran.stderr.contains("tag `in-use-orders.live` is not moved: tags of repository `fn` are immutable"),
        "{ran:?}"
    );
    assert_eq!(site.lambda.world().tagged["in-use-orders.live"], *two);
}

/// A fleet of `a`, `b` and `c`, all with the second image, which gets the first one.
fn fleet() -> Site {
    let names = ["a", "b", "c"];
    let tables = names.map(|name| format!("[functions.{name}]\n"));
    let defaults = format!("[defaults]\ntag = \"{HOST}/fn:v1\"\nallow = [\"start-format\"]\n");
    let site = Site::new(&(defaults + &tables.concat()));
    names.iter().for_each(|name| site.lambda.add(name, Function::with(&at(&pushed().digests[1]))));
    site
}

#[test]
fn an_interrupt_of_a_fleet_says_what_stands_and_begins_nothing() {
    let site = fleet();
    // The update of `a` never ends.
    site.lambda.world().looks = usize::MAX;
    let mut tool = site.tool("deploy --all --jobs 1 --json");
    let child = tool.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    site.lambda.wait_for("UpdateFunctionCode a");
    crate::harness::common::must(site.place.program("sh").args(["-c", &format!("kill -INT {}", child.id())]));
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(130), "{said}");
    assert!(said.contains("2 of 3 not begun"), "{said}");
    let json: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    let states: Vec<_> =
        json["functions"].as_array().unwrap().iter().map(|one| one["state"].clone()).collect();
    assert_eq!(states, ["failed", "not-begun", "not-begun"]);
    assert_eq!(site.lambda.changes(), ["UpdateFunctionCode a"]);
}

#[test]
fn credentials_that_expire_in_the_middle_of_a_fleet_end_it_with_what_stands() {
    let site = fleet();
    let expired = (403, "ExpiredTokenException", "The security token included in the request is expired");
    site.lambda.answer("UpdateFunctionCode b", 9, expired);
    let ran = site.run("deploy --all --jobs 1 --json");
    fails(
        &ran,
        1,
        &[
            "ExpiredTokenException",
            "b: nothing was changed",
            "1 of 3 functions failed: `b`; 1 of 3 not begun",
        ],
    );
    // Once with the credentials that were kept, and once with new ones.
    let updates = ["UpdateFunctionCode a", "UpdateFunctionCode b", "UpdateFunctionCode b"];
    assert_eq!(site.lambda.changes(), updates);
}

#[test]
fn owners_and_replaced_settings_are_told() {
    let site = Site::orders("v1");
    let mut function = Function::aliased(&at(&pushed().digests[1]), "live");
    function.tags.insert("aws:cloudformation:stack-name".to_owned(), "shop".to_owned());
    function.image_config = json!({"Command": ["app.other"]});
    site.lambda.add("orders", function);
    let ran = site.deploy("");
    ok(&ran);
    assert!(ran.stderr.contains("the CloudFormation stack `shop` owns the function"), "{ran:?}");
    assert!(ran.stderr.contains("the function replaces CMD of the image: [\"app.other\"]"), "{ran:?}");
}

#[test]
fn a_fleet_stops_at_the_first_failure_and_says_what_stands() {
    let names = ["a", "b", "c", "d"];
    let tables = names.map(|name| format!("[functions.{name}]\n"));
    // What the build accepts, the deployment accepts.
    let defaults = format!("[defaults]\ntag = \"{HOST}/fn:v1\"\nallow = [\"start-format\"]\n");
    let site = Site::new(&(defaults + &tables.concat()));
    let old = at(&pushed().digests[1]);
    names.iter().filter(|name| **name != "b").for_each(|name| site.lambda.add(name, Function::with(&old)));
    let ran = site.run("deploy --all --jobs 1 --json");
    fails(
        &ran,
        1,
        &["b: failed", "there is no function `b`", "1 of 4 functions failed: `b`; 2 of 4 not begun"],
    );
    let said: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let states: Vec<_> =
        said["functions"].as_array().unwrap().iter().map(|one| one["state"].clone()).collect();
    assert_eq!(states, ["deployed", "failed", "not-begun", "not-begun"]);
    assert_eq!(site.lambda.changes().iter().filter(|line| line.starts_with("Update")).count(), 1);
    // The rest follows when the cause is gone.
    site.lambda.add("b", Function::with(&old));
    let ran = site.run("deploy a b c d");
    ok(&ran);
    assert_eq!(ran.stdout.lines().count(), 4);
    let updates: Vec<_> =
        site.lambda.changes().into_iter().filter(|line| line.starts_with("Update")).collect();
    assert_eq!(updates.len(), 3, "{updates:?}");
}

#[test]
fn a_function_that_does_not_exist_is_created_where_that_is_asked_for() {
    let site = Site::orders("v1");
    fails(&site.deploy("orders"), 1, &["there is no function `orders`", "--create --role"]);
    let create = "orders --create --role arn:aws:iam::123456789012:role/orders";
    let plan = site.deploy(&format!("{create} --plan"));
    ok(&plan);
    let one = at(&pushed().digests[0]);
    assert_eq!(
        plan.stdout,
        format!(
            "orders\n  create  x86_64 with {one}\n  publish a version\n  create alias `live` for that version\n"
        )
    );
    let json = site.deploy(&format!("{create} --plan --json")).json();
    let function = &json["functions"][0];
    assert_eq!(function["changes"], json!(["create", "publish", "create alias"]));
    assert_eq!((&function["arn"], &function["image_before"]), (&json!(null), &json!(null)));
    assert_eq!(site.lambda.changes(), [""; 0]);

    let done = site.deploy(create);
    ok(&done);
    assert_eq!(done.stdout, "arn:aws:lambda:eu-west-1:123456789012:function:orders:1\n");
    assert_eq!(
        site.lambda.changes(),
        [
            "CreateFunction orders arn:aws:iam::123456789012:role/orders",
            "PublishVersion orders",
            "CreateAlias orders live=1"
        ]
    );
    // Again: it exists, and has the image.
    ok(&site.deploy(create));
    assert_eq!(site.lambda.changes(), [""; 0]);
    // The architecture is that of the image.
    ok(&site.deploy(&format!(
        "{HOST}/fn:arm --function small --create --role arn:aws:iam::123456789012:role/orders"
    )));
    assert_eq!(site.lambda.function("small").arch, "arm64");
    fails(&site.deploy("orders --create"), 2, &["--role"]);
    fails(&site.deploy("orders --create --role orders"), 2, &["is not the ARN of a role"]);
}

#[test]
fn an_image_without_the_evidence_that_a_policy_asks_for_is_not_deployed() {
    let site = Site::orders("v2");
    let [one, two, _] = &pushed().digests;
    site.lambda.add("orders", Function::aliased(&at(one), "live"));
    for name in ["release", "other"] {
        pair(&site.place, name);
    }
    let sign = format!("attest {}/fn:v2 --attest signature --sign-key release.key", pushed().registry.host);
    ok(&site.place.run(&sign));
    for (key, says) in
        [("other", "is not verified: it does not have what the policy asks for"), ("none", "none.pub")]
    {
        site.place.write("policy.toml", format!("keys = {{ it = \"{key}.pub\" }}"));
        let ran = site.deploy("orders --require-verified policy.toml");
        fails(&ran, 1, &[says]);
        assert_eq!(site.lambda.changes(), [""; 0]);
    }
    site.place.write("policy.toml", "keys = { it = \"release.pub\" }");
    let ran = site.deploy("orders --require-verified policy.toml");
    ok(&ran);
    assert!(ran.stderr.starts_with(&format!("orders: verified `{}`\n", at(two))), "{}", ran.stderr);
    assert_eq!(site.lambda.function("orders").image, at(two));
}
