//! What the guides to deploying tell to paste: given to the tools that will read it, as far as they work without AWS.

use crate::harness::common;
use crate::harness::helpers;
#[cfg(feature = "aws")]
mod moto;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, iter};

use crate::harness::common::{Place, must};
use serde_json::{Value, json};

const IMAGE: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/fn@sha256:\
                     0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const TARGET: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/fn:v1";

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The guides whose blocks bear the names of files.
const GUIDES: [&str; 4] = [
    "docs/guides/deploy.md",
    "docs/guides/github-actions.md",
    "docs/guides/gitlab.md",
    "docs/guides/verify.md",
];

/// The block of the guides that bears this file name.
fn snippet(name: &str) -> String {
    let pages: String = GUIDES.map(|page| fs::read_to_string(repository(page)).unwrap()).concat();
    let named = |block: &&str| block.lines().next().is_some_and(|head| head.ends_with(&format!(" {name}")));
    let block = pages.split("\n```").find(named).unwrap_or_else(|| panic!("no block `{name}`"));
    block.split_once('\n').unwrap().1.to_owned() + "\n"
}

/// A place with these blocks as files.
fn with(names: &[&str]) -> Place {
    let place = Place::with_function();
    for name in names {
        place.write(name, snippet(name));
    }
    place
}

/// Asks `judge.py`.
fn judge(place: &Place, arguments: &[&str]) -> String {
    must(place.program("python3").arg(repository("tests/data/deploy/judge.py")).args(arguments)).stdout
}

fn judged(place: &Place, arguments: &[&str]) -> Value {
    serde_json::from_str(&judge(place, arguments)).unwrap()
}

/// The `node_modules` that the lock file in `npm/NAME` tells: `cdk`; `hcl`, HashiCorp's own parser of Terraform's
/// language, without Terraform; or `serverless`, the last that asks for no account.
pub fn modules(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&dir).unwrap();
    let lock = File::create(dir.join("lock")).unwrap();
    lock.lock().unwrap();
    let from = repository("tests/data/deploy/npm").join(name);
    let wanted = fs::read_to_string(from.join("package-lock.json")).unwrap();
    if fs::read_to_string(dir.join("installed")).ok().as_ref() != Some(&wanted) {
        for file in ["package.json", "package-lock.json"] {
            fs::copy(from.join(file), dir.join(file)).unwrap();
        }
        let mut install = Command::new("npm");
        must(install.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&dir));
        fs::write(dir.join("installed"), wanted).unwrap();
    }
    dir.join("node_modules")
}

#[test]
fn commands_of_the_aws_cli_are_those_of_its_models() {
    let place = Place::new();
    let mut seen = 0;
    for page in
        ["README.md", "docs/guides/deploy.md", "docs/guides/push-to-ecr.md", "docs/guides/first-image.md"]
    {
        let text = fs::read_to_string(repository(page)).unwrap();
        for command in text.lines().filter_map(|line| line.trim().strip_prefix("$ aws ")) {
            judge(&place, &["aws", &format!("aws {command}")]);
            seen += 1;
        }
    }
    assert!(seen >= 5, "only {seen} commands were found");
    // What a push prints.
    judge(
        &place,
        &[
            "aws",
            &format!("aws lambda update-function-code --region r --function-name fn --image-uri {IMAGE}"),
        ],
    );
}

#[test]
fn reason_codes_are_those_of_the_models() {
    let program = r#"
import botocore.session
model = botocore.session.get_session().get_service_model("lambda")
codes = {code for name in ["StateReasonCode", "LastUpdateStatusReasonCode"] for code in model.shape_for(name).enum}
print("\n".join(sorted(codes)))
"#;
    let known = fs::read_to_string(repository("tests/data/deploy/reason-codes.txt")).unwrap();
    assert_eq!(must(Place::new().program("python3").args(["-c", program])).stdout, known);
}

#[test]
fn cloudformation_and_sam_templates_pass_cfn_lint() {
    let place = with(&["template.yaml", "sam.yaml"]);
    must(place.program("cfn-lint").args(["template.yaml", "sam.yaml"]));
    let parameter = json!({"Ref": "Image"});
    let properties =
        |name: &str| judged(&place, &["document", name])["Resources"]["Function"]["Properties"].clone();
    let tag = |value: &Value| json!({"Ref": value["Ref"]});
    assert_eq!(tag(&properties("template.yaml")["Code"]["ImageUri"]), parameter);
    assert_eq!(tag(&properties("sam.yaml")["ImageUri"]), parameter);
}

#[test]
fn sam_s_transform_makes_of_its_template_what_cloudformation_s_says() {
    let place = with(&["sam.yaml"]);
    let resources = judged(&place, &["transform", "sam.yaml"])["Resources"].clone();
    let function = &resources["Function"];
    assert_eq!(function["Type"], "AWS::Lambda::Function");
    let properties = &function["Properties"];
    assert_eq!(properties["Code"], json!({"ImageUri": {"Ref": "Image"}}));
    assert_eq!(
        (&properties["PackageType"], &properties["Architectures"]),
        (&json!("Image"), &json!(["x86_64"]))
    );
    assert_eq!(resources["FunctionRole"]["Type"], "AWS::IAM::Role");
}

#[test]
fn serverless_deploys_the_image_by_its_digest() {
    let place = with(&["serverless.yml"]);
    let serverless = modules("serverless").join(".bin/serverless");
    let mut package = place.program(serverless.to_str().unwrap());
    package.env("IMAGE", IMAGE).env("SLS_TELEMETRY_DISABLED", "1").env("SLS_NOTIFICATIONS_MODE", "off");
    must(package.arg("package").env("HOME", place.dir("home")));
    let template = common::json_at(&place.path(".serverless/cloudformation-template-update-stack.json"));
    let properties = &template["Resources"]["FnLambdaFunction"]["Properties"];
    assert_eq!(
        (&properties["Code"]["ImageUri"], &properties["PackageType"]),
        (&json!(IMAGE), &json!("Image"))
    );
}

#[test]
fn cdk_deploys_the_image_by_its_digest() {
    let place = with(&["app.js"]);
    let mut synth = place.program("node");
    synth.env("IMAGE", IMAGE).env("CDK_OUTDIR", "out").env("NODE_PATH", modules("cdk"));
    must(synth.arg("app.js"));
    let template = common::json_at(&place.path("out/Function.template.json"));
    let resources = template["Resources"].as_object().unwrap();
    let function = resources.values().find(|one| one["Type"] == "AWS::Lambda::Function").unwrap();
    // The URL's suffix is the partition's: CloudFormation knows it.
    let parts = function["Properties"]["Code"]["ImageUri"]["Fn::Join"][1].as_array().unwrap();
    let uri: String = parts.iter().map(|part| part.as_str().unwrap_or("amazonaws.com")).collect();
    assert_eq!((uri.as_str(), &function["Properties"]["PackageType"]), (IMAGE, &"Image".into()));
}

/// The files of Terraform as its parser has them, expressions without variables worked out.
fn parsed(place: &Place) -> Value {
    let program = r#"
        const { parse } = require("@cdktf/hcl2json");
        const files = process.argv.slice(1).map(async (file) =>
            [file, await parse(file, require("fs").readFileSync(file, "utf8"))]);
        Promise.all(files).then((all) => console.log(JSON.stringify(Object.fromEntries(all))))
    "#;
    let mut node = place.program("node");
    node.env("NODE_PATH", modules("hcl")).args(["-e", program, "--", "main.tf", "external.tf"]);
    serde_json::from_str(&must(&mut node).stdout).unwrap()
}

#[test]
fn terraform_s_external_program_builds_pushes_and_answers_as_terraform_asks() {
    let place = with(&["main.tf", "external.tf"]);
    let parsed = parsed(&place);
    let function = &parsed["main.tf"]["resource"]["aws_lambda_function"]["fn"][0];
    assert_eq!(
        (&function["package_type"], &function["image_uri"]),
        (&"Image".into(), &"${var.image}".into())
    );
    let data = &parsed["external.tf"]["data"]["external"]["image"][0];
    let external = &parsed["external.tf"]["resource"]["aws_lambda_function"]["external"][0];
    assert_eq!(external["image_uri"], "${data.external.image.result.uri}");

    let registry = helpers::docker_registry(place.dir("registry").as_path(), "", "");
    let program: Vec<_> =
        data["program"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    let local = format!("{}/team/fn:v1", registry.host);
    assert!(program[2].contains(TARGET), "{program:?}");
    let program: Vec<_> = program.iter().map(|word| word.replace(TARGET, &local)).collect();
    let tool = Path::new(env!("CARGO_BIN_EXE_lambda-img")).parent().unwrap().to_owned();
    let path =
        env::join_paths(iter::once(tool).chain(env::split_paths(&env::var_os("PATH").unwrap()))).unwrap();
    let answer = |dir: &str| {
        let mut command = place.program(&program[0]);
        // A script stands in for a program.
        command.env("LAMBDA_IMG_ALLOW", "start-format");
        common::run(command.args(&program[1..]).current_dir(place.path(dir)).env("PATH", &path))
    };
    let first = answer("fn");
    assert_eq!(first.stderr, "", "{first:?}");
    let result = first.json();
    let (name, digest) = result["uri"].as_str().unwrap().split_once('@').unwrap();
    assert_eq!((name, result.as_object().unwrap().len()), (local.trim_end_matches(":v1"), 1));
    assert!(digest.starts_with("sha256:"));
    assert_eq!(answer("fn").stdout, first.stdout);
    // A build that fails is no answer.
    let failed = answer("out");
    assert!(failed.code != Some(0) && failed.stdout.is_empty(), "{failed:?}");
}

#[test]
fn pipelines_use_what_the_action_and_the_template_have() {
    let workflows = [".github/workflows/deploy.yml", ".github/workflows/release.yml"];
    let place = with(&["serverless.yml", workflows[0], workflows[1], ".gitlab-ci.yml"]);
    assert_eq!(judged(&place, &["document", "serverless.yml"])["functions"]["fn"]["image"], "${env:IMAGE}");

    let read = |path: &Path| judged(&place, &["document", path.to_str().unwrap()]);
    let action = read(&repository("action.yml"));
    for workflow in workflows {
        let workflow = judged(&place, &["document", workflow]);
        let steps = workflow["jobs"]["deploy"]["steps"].as_array().unwrap();
        let step = steps.iter().find(|step| step["id"] == "image").unwrap();
        let given = step["with"].as_object().unwrap();
        let are_known = given.keys().all(|input| !action["inputs"][input].is_null());
        assert!(!given.is_empty() && are_known, "{given:?}");
        assert_eq!(steps.last().unwrap()["env"]["IMAGE"], "${{ steps.image.outputs.image }}");
    }
    assert!(action["outputs"]["image"].is_object());

    let template = read(&repository("templates/lambda-img.yml"));
    let pipeline = judged(&place, &["document", ".gitlab-ci.yml"]);
    let (job, own) = (&pipeline["build-image"], &template[".lambda-img"]);
    assert_eq!((&job["extends"], own.is_object()), (&".lambda-img".into(), true));
    let script = own["script"].to_string();
    let names = job["variables"].as_object().unwrap().keys();
    let unused: Vec<_> =
        names.filter(|name| *name != "AWS_REGION" && !script.contains(&format!("${name}"))).collect();
    assert!(unused.is_empty(), "{unused:?}");
    // `tests/clients/fleet` has what the tool writes there.
    assert_eq!(own["artifacts"]["reports"]["dotenv"], "lambda-img.env");
    assert!(script.contains("--ci gitlab"), "{script}");
    let deploy = pipeline["deploy"]["script"].to_string();
    assert!(deploy.contains(r#"--image-uri \"$LAMBDA_IMG_IMAGE\""#), "{deploy}");
}
