//! A real function before and after a rebase: what it answers in the sandbox, and what `--try` says of it.

use std::process::Command;

use serde_json::Value;

use crate::harness::common::{Place, Ran, must};
use crate::harness::emulator::Emulator;
use crate::harness::support::stand_in;

const CODE: &str = "import os, pathlib
def handler(event, context):
    if event.get('fail'):
        raise ValueError('failed')
    if event.get('random'):
        return os.urandom(8).hex()
    known = pathlib.Path('/usr/share/answer')
    return {'answer': known.read_text() if known.exists() else 'none', 'event': event}
";

/// Function `oci:image:v1` on a copy of the stand-in base, `oci:bases:base`, and bases with one more layer: `patched` has
/// a file that the function does not read, `other` one that it reads.
fn site() -> Place {
    let place = Place::new();
    must(Command::new("cp").arg("-r").arg(stand_in("python3.11")).arg(place.path("bases")));
    for (tag, file) in [("patched", "more"), ("other", "answer")] {
        place.write(&format!("{tag}/usr/share/{file}"), "other");
        must(place.program("tar").args(["-c", "-C", tag, "-f", &format!("{tag}.tar"), "usr"]));
        must(place.program("umoci").args(["tag", "--image", "bases:base", tag]));
        let image = format!("bases:{tag}");
        must(place.program("umoci").args(["raw", "add-layer", "--image", &image, &format!("{tag}.tar")]));
    }
    place.write("fn/app.py", CODE);
    place.run("build fn -r python3.11 --handler app.handler -b oci:bases:base -o oci:image:v1 -q").digests();
    place
}

/// A rebase onto a base with an event that has no spaces.
fn tried(place: &Place, tag: &str, event: &str, more: &str) -> Ran {
    place.run(&format!(
        "rebase oci:image:v1 --assume-base oci:bases:base --to oci:bases:{tag} --try {event} {more}"
    ))
}

/// Code and the finding of row `answers`.
fn verdict(place: &Place, tag: &str, event: &str) -> (Option<i32>, Value) {
    let ran = tried(place, tag, event, "--json");
    let said: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let found = said["images"][0]["plan"]["rebased"]["findings"].as_array().unwrap().clone();
    let found = found.into_iter().find(|one| one["row"] == "answers");
    (ran.code, found.unwrap_or_default())
}

#[test]
fn a_real_function_answers_before_and_after() {
    let (place, registry) = (site(), Emulator::start(&[]));
    let repository = format!("{}/team/fn", registry.host);
    let event = "{\"a\":1}";
    let ran = tried(&place, "patched", event, &format!("--push --repository {repository}"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let pushed = ran.stdout.trim().to_owned();
    let answer = |image: &str| {
        let ran = place.run(&format!("invoke {image} --event {event} -q"));
        assert_eq!(ran.code, Some(0), "{ran:?}");
        serde_json::from_str::<Value>(&ran.stdout).unwrap()
    };
    let before = answer("oci:image:v1");
    assert_eq!(before["answer"], "none");
    assert_eq!(answer(&pushed), before);

    // An image that answers in another way is not pushed.
    registry.log();
    let ran = tried(&place, "other", "{}", &format!("--push --repository {repository}"));
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let line = "refuse: answers: `{}`: the old image answers \"none\" at `/answer`, the new image \"other\"";
    assert!(ran.stderr.contains(line) && ran.stderr.contains("nothing was pushed"), "{ran:?}");
    assert_eq!(registry.log(), Vec::<String>::new());
    let (code, found) = verdict(&place, "other", "{}");
    assert_eq!((code, &found["verdict"]), (Some(1), &"refuse".into()));

    // What proves nothing is said.
    let (code, found) = verdict(&place, "patched", "{\"random\":true}");
    assert_eq!((code, &found["verdict"]), (Some(0), &"warn".into()), "{found}");
    let (code, found) = verdict(&place, "other", "{\"fail\":true}");
    assert_eq!((code, &found["verdict"]), (Some(0), &"warn".into()), "{found}");
    assert!(found["message"].as_str().unwrap().contains("both images fail with ValueError"), "{found}");
}
