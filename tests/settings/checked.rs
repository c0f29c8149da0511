//! `check` of a function by its name: what it checks is what `build` makes of the same words.

use serde_json::Value;

use crate::common::{Place, Ran, run, snapshot};
use crate::run_in;

const FILE: &str = r#"
[defaults]
runtime = "provided.al2023"
base = "embedded"
allow = ["start-format"]

[functions.orders]
path = "fn"
env = { STAGE = "dev" }
output = "oci-archive:orders.tar"
tag = ["127.0.0.1:1/{name}:v1"]

[profiles.prod]
env.STAGE = "prod"
push = true

[profiles.both]
arch = ["x86_64", "arm64"]
"#;

fn place() -> Place {
    crate::place(FILE)
}

/// What it says of the image, which nothing may be wrong with.
fn checked(ran: &Ran) -> Value {
    assert_eq!(ran.json()["denied"], 0, "{ran:?}");
    ran.json()
}

#[test]
fn a_name_is_what_build_would_make_of_it_and_nothing_is_written() {
    let place = place();
    let built = place.run("build orders").digest();
    std::fs::remove_file(place.path("orders.tar")).unwrap();
    let before = snapshot(&place.path(""));
    let said = checked(&run_in(&place, "deep/er", "check orders --json"));
    assert_eq!((&said["image"], &said["digest"]), (&"orders".into(), &built.into()), "{said}");
    // The only function needs no name; a path has what holds for all.
    let only = checked(&place.run("check --json"));
    assert_eq!(only, said);
    let path = checked(&place.run("check ./fn --json"));
    assert_eq!((&path["image"], &path["runtime"]), (&"./fn".into(), &"provided.al2023".into()), "{path}");
    assert_ne!(path["digest"], said["digest"]);
    // Where the profile pushes, nothing is sent: nobody would answer.
    let prod = checked(&place.run("check orders --profile prod --json"));
    assert_ne!(prod["digest"], said["digest"]);
    assert!(place.run("check orders").stderr.ends_with("1 allowed\n"));
    assert_eq!(snapshot(&place.path("")), before);
}

#[test]
fn what_is_typed_and_set_in_the_environment_covers_the_file() {
    let place = place();
    let digest = |ran: Ran| checked(&ran)["digest"].clone();
    let dev = digest(place.run("check orders --json"));
    let mut variable = place.tool("check orders --json");
    let variable = digest(run(variable.env("LAMBDA_IMG_ENV", "STAGE=test")));
    assert_ne!(variable, dev);
    let arm = checked(&place.run("check orders --arch arm64 --runtime provided.al2 --json"));
    assert_eq!((&arm["architecture"], &arm["runtime"]), (&"arm64".into(), &"provided.al2".into()));
    // What is allowed is replaced as a whole; what is denied, only `check` has.
    assert_eq!(place.run("check orders --allow start-missing").code, Some(3));
    assert_eq!(place.run("check orders --max-size 1kB --deny size-budget").code, Some(3));
    let handler = place.run("check orders --handler none --json");
    assert_eq!(handler.code, Some(0), "{handler:?}");
    assert_ne!(digest(handler), dev);
}

#[test]
fn what_makes_the_function_runs_as_before_a_build() {
    let place = place();
    let prepare = "[functions.made]\npath = \"made\"\nprepare = \"mkdir -p made; cp fn/bootstrap made\"\n";
    place.write("lambda-img.toml", FILE.to_owned() + prepare);
    // Wrong words are refused before anything runs.
    place.refuses(2, "check made --allow no-such-check", &["`no-such-check`"]);
    place.refuses(2, "check made --arch arm64 --profile prdo", &["did you mean `prod`?"]);
    place.refuses(1, "check made --prepare=", &["`made`"]);
    let ran = run_in(&place, "deep", "check made --json");
    assert!(ran.stderr.contains("prepare: mkdir -p made; cp fn/bootstrap made\n"), "{ran:?}");
    let made = checked(&ran);
    assert_eq!(checked(&place.run("check made --prepare= --json")), made);
}

#[test]
fn who_means_none_or_several_is_told_so() {
    let place = place();
    let both = ["`orders` is built for x86_64 and arm64", "one image is checked at a time", "--arch x86_64"];
    place.refuses(2, "check orders --profile both", &both);
    assert_eq!(place.run("check orders --profile both --arch arm64").code, Some(0));
    let near = ["`ordres` is neither a function of lambda-img.toml nor a path", "did you mean `orders`?"];
    place.refuses(2, "check ordres", &near);
    // What is like no name, or says its registry, is an image.
    for image in ["zzz", "127.0.0.1:1/orders:v1", "127.0.0.1:1/ordres"] {
        let ran = place.run(&format!("check {image} --offline"));
        assert!(ran.code == Some(1) && ran.stderr.contains(image), "{ran:?}");
    }
    place.refuses(2, "check Ö", &["`Ö` is not an image reference", "its name in lambda-img.toml"]);
    place.write("lambda-img.toml", FILE.to_owned() + "[functions.mail]\npath = \"fn\"\n");
    place.refuses(2, "check", &["has 2 functions: `mail`, `orders`"]);
    // Without a file, the current directory is it.
    let alone = Place::with_function();
    let ran = run_in(&alone, "fn", "check -r provided.al2023 -b embedded --allow start-format");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    alone.refuses(2, "check fn", &["no runtime is named"]);
}
