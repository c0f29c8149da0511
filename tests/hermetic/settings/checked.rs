//! `check` of a function by its name: what it checks is what `build` makes of the same words.

use super::run_in;
use crate::harness::common::{Place, Ran, run, snapshot};
use crate::harness::suites::settings_checked::*;
use serde_json::Value;

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
    let prepare = "[functions.made]\npath = \"made\"\npre-build = \"mkdir -p made; cp fn/bootstrap made\"\n";
    place.write("lambda-img.toml", FILE.to_owned() + prepare);
    // Wrong words are refused before anything runs.
    place.refuses(2, "check made --allow no-such-check", &["`no-such-check`"]);
    place.refuses(2, "check made --arch arm64 --profile prdo", &["did you mean `prod`?"]);
    place.refuses(1, "check made --pre-build=", &["`made`"]);
    let ran = run_in(&place, "deep", "check made --json");
    assert!(ran.stderr.contains("pre-build: mkdir -p made; cp fn/bootstrap made\n"), "{ran:?}");
    let made = checked(&ran);
    assert_eq!(checked(&place.run("check made --pre-build= --json")), made);
}

#[test]
fn who_means_none_or_several_is_told_so() {
    let place = place();
    let both = ["`orders` is built for x86_64 and arm64", "this command takes one image", "--arch x86_64"];
    place.refuses(2, "check orders --profile both", &both);
    assert_eq!(place.run("check orders --profile both --arch arm64").code, Some(0));
    let near = ["`ordres` is not a function of lambda-img.toml", "did you mean the function `orders`?"];
    place.refuses(2, "check ordres", &near);
    // What says its registry is an image.
    for image in ["127.0.0.1:1/orders:v1", "127.0.0.1:1/ordres"] {
        let ran = place.run(&format!("check {image} --offline"));
        assert!(ran.code == Some(1) && ran.stderr.contains(image), "{ran:?}");
    }
    place.refuses(2, "check 127.0.0.1:1/Ö", &["is not an image reference", "its name in lambda-img.toml"]);
    place.write("lambda-img.toml", FILE.to_owned() + "[functions.mail]\npath = \"fn\"\n");
    place.refuses(2, "check", &["has 2 functions: `mail`, `orders`"]);
    // Without a file, the current directory is it.
    let alone = Place::with_function();
    let ran = run_in(&alone, "fn", "check -r provided.al2023 -b embedded --allow start-format");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    alone.refuses(2, "check fn", &["no runtime is set"]);
}

#[test]
fn a_name_is_a_function_with_capitals_and_underscores_too() {
    let place = place();
    let names = ["Orders", "ORDERS_API", "getUser", "a_b", "My.Function-2", "X"];
    let more: String = names.iter().map(|name| format!("[functions.\"{name}\"]\npath = \"fn\"\n")).collect();
    place.write("lambda-img.toml", FILE.to_owned() + &more);
    for name in names {
        assert_eq!(checked(&place.run(&format!("check {name} --json --offline")))["image"], name);
    }
    place.refuses(2, "check GETUSER", &["did you mean the function `getUser`?"]);
    place.refuses(2, "check orders-api", &["did you mean the function `ORDERS_API`?"]);
}

#[test]
fn no_word_goes_to_docker_hub_unasked() {
    let place = place();
    place.run("build ./fn -o oci:lambda-image:v1");
    let hub = |word: &str, at: &str| {
        format!("`oci:{word}` for a layout, `docker.io/{at}` for an image of Docker Hub")
    };
    for command in ["check WORD", "inspect WORD", "diff WORD 127.0.0.1:1/x", "diff 127.0.0.1:1/x WORD"] {
        let refuses = |word: &str, words: &[&str]| {
            place.refuses(2, &command.replace("WORD", word), words);
        };
        refuses(
            "zzz",
            &["`zzz` is not a function", "has no registry", "`./zzz`", &hub("zzz", "library/zzz")],
        );
        refuses("zzz:v1", &[&hub("zzz:v1", "library/zzz:v1")]);
        refuses("team/zzz", &[&hub("team/zzz", "team/zzz")]);
        refuses("lambda-image", &["`lambda-image` is an OCI layout: write `oci:lambda-image`"]);
    }
    let push = ["has no registry", &hub("zzz", "library/zzz")];
    place.refuses(2, "push zzz 127.0.0.1:1/x:v1", &push);
    place.refuses(2, "push lambda-image 127.0.0.1:1/x:v1", &["write `oci:lambda-image`"]);
    let push = ["is a function of lambda-img.toml", "`lambda-img build orders --push -t "];
    place.refuses(2, "push orders 127.0.0.1:1/x:v1", &push);
    place.refuses(2, "inspect orders -a x86_64,arm64", &["is more than one architecture"]);
}

#[test]
fn a_path_that_is_a_function_without_its_runtime_leads_to_its_name() {
    let function = |name: &str, path: &str| {
        format!("[functions.{name}]\nruntime = \"provided.al2023\"\nbase = \"embedded\"\n{path}")
    };
    let place = super::place(&function("here", ""));
    for command in ["build", "check", "inspect"] {
        let hint = ["no runtime is set for the path `.`", "the function `here` in lambda-img.toml"];
        place.refuses(2, &format!("{command} ."), &hint);
        place.refuses(2, &format!("{command} ./gone"), &["`./gone` does not exist"]);
    }
    place.refuses(2, "build fn", &["no runtime is set for `fn`"]);
    let (one, two) = (function("one", "path = \"fn\"\n"), function("two", "path = \"fn\"\n"));
    place.write("lambda-img.toml", one + &two + &function("here", ""));
    for path in ["./fn", "fn/", "deep/../fn"] {
        place.refuses(2, &format!("build {path}"), &["write a name instead", "`one`, `two`"]);
    }
    place.refuses(2, "build .", &["the function `here`"]);
    // What has no `--all` is not told to use it.
    let said = place.refuses(2, "check", &["3 functions", "hint: name one of them"]);
    assert!(!said.contains("--all"), "{said}");
    place.refuses(2, "build", &["`--all`"]);
}

#[test]
fn inspect_and_diff_know_functions_by_their_names() {
    let place = place();
    let built = place.run("build orders").digest();
    let inspected = place.run("inspect orders --json");
    assert_eq!(inspected.json()["digest"], Value::from(built), "{inspected:?}");
    assert_eq!(
        place.run("inspect orders").stdout.lines().next().unwrap().split_whitespace().next(),
        Some("orders")
    );
    let same = place.run("diff orders oci-archive:orders.tar --exit-code");
    assert_eq!(same.code, Some(0), "{same:?}");
    let differ = place.run("diff oci-archive:orders.tar orders --profile prod --exit-code --json");
    assert_eq!(differ.code, Some(1), "{differ:?}");
    // Nothing of it stays.
    assert!(!place.path("lambda-image").exists());
}

#[test]
fn check_takes_what_build_takes() {
    let place = Place::with_function();
    place.script("boot", "#!/bin/sh\necho boot\n");
    place.write("fn/secret.txt", "x");
    let options = ". -r provided.al2023 -b embedded --bootstrap boot --add boot:/opt/boot --extension boot \
                   --exclude *.txt -e A=1 --label b=2 --annotation c=3 --workdir /tmp --media-types docker --single-layer \
                   --no-cache --allow start-format";
    let built = place.run(&format!("build {options} -o docker-archive:out/fn.tar --json")).json();
    // What the build wrote is in the directory that is checked.
    std::fs::remove_dir_all(place.path("out")).unwrap();
    let said = checked(&place.run(&format!("check {options} --json")));
    assert_eq!(said["digest"], built["images"][0]["digest"], "{said:?}");
    place.refuses(2, "check . -r provided.al2023 --handler a.b --cmd c", &["cannot be used with"]);
}
