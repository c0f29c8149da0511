//! Which file is found, which layer wins, and which function is meant.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use super::{run_in, settings};
use crate::harness::common::{Place, run};

const FILE: &str = r#"
[defaults]
runtime = "provided.al2023"
base = "embedded"
retries = 1
exclude = ["a", "b"]
label = { one = "defaults", two = "defaults", three = "defaults", four = "defaults", five = "defaults" }
handler = "x"

[functions.api]
path = "fn"
retries = 2
label = { two = "function", three = "function", four = "function", five = "function" }
tag = ["127.0.0.1:1/{name}:v1"]
create-repository = true

[profiles.prod]
retries = 3
exclude = []
label = { three = "profile", four = "profile", five = "profile" }

[profiles.cmd]
cmd = ["c"]
"#;

fn place() -> Place {
    super::place(FILE)
}

#[test]
fn the_command_line_wins_over_environment_profile_function_and_defaults() {
    let place = place();
    let retries = |arguments: &str, variable: Option<&str>| {
        let mut command = place.tool(&format!("config api --json {arguments}"));
        variable.into_iter().for_each(|value| {
            command.env("LAMBDA_IMG_RETRIES", value);
        });
        let said = settings(&run(&mut command));
        let one = &said["settings"]["retries"];
        (one["value"].clone(), one["origin"]["layer"].clone(), one["origin"]["line"].clone())
    };
    assert_eq!(retries("", None), (json!(2), json!("file"), json!(12)));
    assert_eq!(retries("--profile prod", None), (json!(3), json!("file"), json!(18)));
    assert_eq!(retries("--profile prod", Some("4")), (json!(4), json!("environment"), json!(null)));
    assert_eq!(
        retries("--profile prod --retries 6", Some("4")),
        (json!(6), json!("command line"), json!(null))
    );
    let said = settings(&place.run("config . --json"));
    assert_eq!(said["settings"]["retries"]["value"], 1);
    assert_eq!(
        said["settings"]["timeout"],
        json!({"value": 60, "origin": {"layer": "default"}, "origins": [{"layer": "default"}]})
    );
}

#[test]
fn tables_are_merged_by_key_and_lists_replaced() {
    let place = place();
    let mut command = place.tool("config api --profile prod --json --label five=typed");
    command.env("LAMBDA_IMG_LABEL", "four=variable\nfive=variable");
    let said = settings(&run(&mut command));
    let labels = json!({"one": "defaults", "two": "function", "three": "profile", "four": "variable", "five": "typed"});
    assert_eq!(said["settings"]["label"]["value"], labels);
    assert_eq!(said["settings"]["exclude"]["value"], json!([]));
    assert_eq!(said["settings"]["exclude"]["origin"]["section"], "profiles.prod");
    let said = settings(&place.run("config api --json --exclude c"));
    assert_eq!(said["settings"]["exclude"]["value"], json!(["c"]));
}

#[test]
fn a_higher_layer_drops_what_does_not_go_with_it() {
    let place = place();
    for arguments in ["--profile cmd", "--cmd c"] {
        let said = settings(&place.run(&format!("config api --json {arguments}")));
        assert_eq!(said["settings"]["handler"]["value"], json!(null), "{arguments}");
        assert!(
            said["settings"]["cmd"]["value"] == "c" || said["settings"]["cmd"]["value"] == json!(["c"]),
            "{said}"
        );
    }
}

#[test]
fn a_file_above_is_found_and_its_paths_are_its_own() {
    let place = place();
    let here = place.run("build api --output oci:here:v1").digest();
    let below = run_in(&place, "deep/er", "build api --output oci:below:v1").digest();
    assert_eq!(here, below);
    assert!(
        place.path("deep/er/below/index.json").is_file(),
        "what is typed is relative to where it is typed"
    );
    place.image("deep/er/below", "v1");
    let said = settings(&run_in(&place, "deep/er", "config --json"));
    assert_eq!(said["settings"]["path"]["value"], "../../fn");
    assert_eq!(said["settings"]["path"]["origin"]["file"], "../../lambda-img.toml");
    // A nearer one hides it.
    place.write("deep/lambda-img.toml", "[functions.other]\nruntime = \"provided.al2\"\n");
    assert_eq!(settings(&run_in(&place, "deep/er", "config --json"))["name"], "other");
}

#[test]
fn a_name_is_the_function_a_path_stays_a_path() {
    let place = place();
    place.script("api/bootstrap", "#!/bin/sh\necho another\n");
    let built = |arguments: &str| place.run(&format!("build {arguments}")).stdout;
    let function = built("api");
    assert!(function.starts_with("oci:lambda-image:api@sha256:"), "{function}");
    assert_eq!(built(""), function, "the only function of the file");
    let path = built("./api");
    assert!(path.starts_with("oci:lambda-image:latest@sha256:"), "{path}");
    assert_ne!(path.split_once('@'), function.split_once('@'));
    // The layers of the image are those of the function's directory.
    let fn_alone = built(
        "fn --label one=defaults --label two=function --label three=function --label four=function --label five=function",
    );
    assert_eq!(fn_alone.split_once('@').unwrap().1, function.split_once('@').unwrap().1);
}

#[test]
fn who_means_none_or_several_is_told_what_there_is() {
    let place = place();
    place.write("lambda-img.toml", format!("{FILE}\n[functions.mail]\npath = \"fn\"\n"));
    place.refuses(2, "build", &["has 2 functions: `api`, `mail`", "`--all`"]);
    place.refuses(2, "build --all api", &["--all"]);
    let words = [
        "unknown placeholder `{nam}` in `output`",
        "unknown placeholder `{nam}`",
        "the only placeholder is `{name}`",
    ];
    place.refuses(2, "build api -o oci:{nam}", &words);
    place.refuses(
        2,
        "build apj",
        &["`apj` is neither a function of lambda-img.toml nor a path", "did you mean `api`?"],
    );
    place.refuses(
        2,
        "build api --profile pord",
        &["profile `pord`, which `--profile` names", "did you mean `prod`?"],
    );
    let mut variable = place.tool("build api");
    variable.env("LAMBDA_IMG_PROFILE", "x");
    place.refused(2, &mut variable, &["profile `x`, which LAMBDA_IMG_PROFILE names"]);
    let empty = Place::with_function();
    empty.refuses(
        2,
        "build fn -r provided.al2023 --profile x",
        &["profile `x`", "there is no lambda-img.toml"],
    );
    empty.refuses(2, "build fn", &["no runtime is set", "lambda-img init"]);
}

#[test]
fn where_to_push_waits_for_push() {
    let place = place();
    place.run("build api -o oci:out").digest();
    place.refuses(1, "build api --push --retries 0", &["127.0.0.1:1"]);
    // Who types it wants it.
    place.refuses(2, "build api -t 127.0.0.1:1/x:v1", &["`-t` has no effect without `--push`"]);
    place.refuses(2, "build api --create-repository", &["`--create-repository`", "add `--push`"]);
    let said = settings(&place.run("config api --json"));
    assert_eq!(said["settings"]["tag"]["value"], json!(["127.0.0.1:1/api:v1"]));
    place.write(
        "lambda-img.toml",
        FILE.replace("[functions.api]", "[defaults.annotation]\n[functions.api]")
            .replace("handler = \"x\"", "tag = [\"r.example/{name}:v1\"]"),
    );
    place.run("build ./fn -o oci:out2").digest();
    place.refuses(2, "build ./fn --push", &["a path has no function name", "give `--tag`"]);
}

#[test]
fn variables_stand_for_options() {
    let place = Place::with_function();
    let with = |name: &str, value: &str, arguments: &str| {
        let mut command = place.tool(arguments);
        command.env(name, value);
        command
    };
    run(&mut with("LAMBDA_IMG_RUNTIME", "provided.al2023", "build fn -b embedded -o oci:out/a")).digest();
    place.refused(
        2,
        &mut with("LAMBDA_IMG_PUSH", "yes", "config . -r provided.al2023"),
        &["LAMBDA_IMG_PUSH", "`yes` is neither true nor false"],
    );
    place.refused(
        2,
        &mut with("LAMBDA_IMG_ARCH", "x86_64\nx87", "config . -r provided.al2023"),
        &["LAMBDA_IMG_ARCH", "`x87`"],
    );
    place.refused(
        2,
        &mut with("LAMBDA_IMG_VERBOSE", "much", "config . -r provided.al2023"),
        &["LAMBDA_IMG_VERBOSE", "`much`"],
    );
    let mut bytes = place.tool("build fn -r provided.al2023 -b embedded -o oci:out/b");
    bytes.env("LAMBDA_IMG_CACHE", place.path("").join(std::ffi::OsStr::from_bytes(b"cache-\xff")));
    run(&mut bytes).digest();
    let typed = settings(&place.run("config . -r provided.al2023 -a x86_64,arm64 --json"));
    assert_eq!(typed["settings"]["arch"]["value"], json!(["x86_64", "arm64"]));
    let said =
        settings(&run(&mut with("LAMBDA_IMG_ARCH", "x86_64\narm64\n", "config . -r provided.al2023 --json")));
    assert_eq!(said["settings"]["arch"]["value"], json!(["x86_64", "arm64"]));
    assert_eq!(
        said["settings"]["arch"]["origin"],
        json!({"layer": "environment", "variable": "LAMBDA_IMG_ARCH"})
    );
}

#[test]
fn a_file_that_another_user_planted_is_refused() {
    let place = place();
    fs::set_permissions(place.path(""), fs::Permissions::from_mode(0o1777)).unwrap();
    std::os::unix::fs::chown(place.path("lambda-img.toml"), Some(12345), None)
        .expect("the suite runs as root");
    place.refuses(2, "build api", &["`lambda-img.toml` is not trusted: it belongs to user 12345"]);
    std::os::unix::fs::chown(place.path("lambda-img.toml"), Some(0), None).unwrap();
    place.run("build api -o oci:out").digest();
}

#[test]
fn registries_hold_for_every_command() {
    let place = place();
    place.write("lambda-img.toml", "[registries.\"public.ecr.aws\"]\nmirror = \"127.0.0.1:1\"\n\n[registries.\"r.example\"]\nca-cert = \"missing.pem\"\n");
    for command in [
        "base verify --runtime python3.13 --arch x86_64 --retries 0",
        "build fn --runtime python3.13 --retries 0",
    ] {
        place.refuses(2, command, &["`--ca-cert`", "missing.pem"]);
    }
    place.write("lambda-img.toml", "[registries.\"public.ecr.aws\"]\nmirror = \"127.0.0.1:1\"\n");
    place.write("fn/lambda_function.py", "def lambda_handler(event, context):\n    pass\n");
    for command in [
        "base pull --runtime python3.13 --arch x86_64 --retries 0",
        "build fn --runtime python3.13 --retries 0",
    ] {
        place.refuses(1, command, &["127.0.0.1:1"]);
    }
    let said = place.run("config . -r python3.13 --json").json();
    assert_eq!(said["registries"]["public.ecr.aws"]["mirror"]["value"], "127.0.0.1:1");
    assert_eq!(said["registries"]["public.ecr.aws"]["mirror"]["origin"]["line"], 2);
}

#[test]
fn a_path_needs_no_name_that_another_would_give_it() {
    let place = Place::with_function();
    place.write(
        "lambda-img.toml",
        "[defaults]\npath = \"{name}/build\"\n[functions.api]\nruntime = \"java21\"\n",
    );
    assert_eq!(settings(&place.run("config api --json"))["settings"]["path"]["value"], "api/build");
    assert_eq!(settings(&place.run("config fn -r java21 --json"))["settings"]["path"]["value"], "fn");
}

#[test]
fn variables_reach_registries_for_every_command() {
    let place = Place::with_function();
    let mut pull = place.tool("base pull --runtime python3.13 --arch x86_64 --retries 0");
    pull.env("LAMBDA_IMG_REGISTRY_MIRROR", "public.ecr.aws=127.0.0.1:1");
    place.refused(1, &mut pull, &["127.0.0.1:1"]);
    let mut typed = place.tool("base pull --runtime python3.13 --arch x86_64 --retries 0");
    typed.env("LAMBDA_IMG_REGISTRY_MIRROR", "public.ecr.aws=127.0.0.1:1");
    typed.args(["--registry-mirror", "public.ecr.aws=127.0.0.1:2"]);
    place.refused(1, &mut typed, &["127.0.0.1:2"]);
    let mut wrong = place.tool("base pull --runtime python3.13");
    wrong.env("LAMBDA_IMG_REGISTRY_MIRROR", "public.ecr.aws");
    place.refused(2, &mut wrong, &["LAMBDA_IMG_REGISTRY_MIRROR", "--registry-mirror"]);
}

#[test]
fn config_shows_also_what_cannot_be_built() {
    let place = Place::new();
    place.write("lambda-img.toml", "[functions.api]\nhandler = \"a.b\"\n");
    let ran = place.run("config");
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(
        ran.stdout.contains("lambda-img.toml:2 [functions.api]") && ran.stderr.contains("no runtime is set"),
        "{ran:?}"
    );
}

#[test]
fn config_prints_each_value_with_its_origin() {
    let place = place();
    let mut command = place.tool("config --profile prod --json=");
    command.args(["--arch", "arm64"]);
    assert_eq!(run(&mut command).code, Some(2), "`--json` takes no value");
    let mut command = place.tool("config --profile prod --arch arm64");
    command.env("LAMBDA_IMG_BASE", "scratch").env_remove("LAMBDA_IMG_CACHE");
    let ran = run(&mut command);
    let expected = r"api
  path               lambda-img.toml:11 [functions.api]  fn
  runtime            lambda-img.toml:3 [defaults]        provided.al2023
  arch               command line                        arm64
  handler            lambda-img.toml:8 [defaults]        x
  base               environment: LAMBDA_IMG_BASE        scratch
  exclude            lambda-img.toml:19 [profiles.prod]  (none)
  label              lambda-img.toml:7 [defaults]        one=defaults
                     lambda-img.toml:13 [functions.api]  two=function
                     lambda-img.toml:20 [profiles.prod]  five=profile
                                                         four=profile
                                                         three=profile
  output             default                             oci:lambda-image:api
  tag                lambda-img.toml:14 [functions.api]  127.0.0.1:1/api:v1
  create-repository  lambda-img.toml:15 [functions.api]  true
  retries            lambda-img.toml:18 [profiles.prod]  3
  timeout            default                             60
";
    assert_eq!(ran.stdout, expected, "{}", ran.stdout);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
}
