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

/// A rebase onto a base that is pushed, if it may be; events have no spaces.
fn tried(place: &Place, tag: &str, events: &[&str], repository: &str) -> Ran {
    let mut arguments =
        format!("rebase oci:image:v1 --assume-base oci:bases:base --to oci:bases:{tag} --json");
    events.iter().for_each(|event| arguments += &format!(" --try {event}"));
    place.run(&format!("{arguments} --push --repository {repository}"))
}

/// What was found of the row `answers`: verdict, event and message.
fn answers(ran: &Ran) -> Vec<[String; 3]> {
    let said: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let found = said["images"][0]["plan"]["rebased"]["findings"].as_array().unwrap().clone();
    let found = found.iter().filter(|one| one["row"] == "answers");
    found
        .map(|one| ["verdict", "subject", "message"].map(|key| one[key].as_str().unwrap().to_owned()))
        .collect()
}

#[test]
fn a_real_function_answers_before_and_after() {
    let (place, registry) = (site(), Emulator::start(&[]));
    let repository = format!("{}/team/fn", registry.host);
    let event = "{\"a\":1}";
    let ran = tried(&place, "patched", &[event], &repository);
    assert_eq!((ran.code, answers(&ran)), (Some(0), Vec::new()), "{ran:?}");
    let said: Value = serde_json::from_str(&ran.stdout).unwrap();
    let pushed = format!("{repository}:{}", said["pushed"][0]["tags"][0].as_str().unwrap());
    let answer = |image: &str| {
        let ran = place.run(&format!("invoke {image} --event {event} -q"));
        assert_eq!(ran.code, Some(0), "{ran:?}");
        serde_json::from_str::<Value>(&ran.stdout).unwrap()
    };
    let before = answer("oci:image:v1");
    assert_eq!(before["answer"], "none");
    assert_eq!(answer(&pushed), before);

    // An image that answers in another way is not pushed; what proves nothing is said.
    registry.log();
    let ran = tried(&place, "other", &["{\"random\":true}", "{\"fail\":true}", "{}"], &repository);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.stderr.contains("1 would answer in another way on the new base; nothing was pushed"),
        "{ran:?}"
    );
    assert_eq!(registry.log(), Vec::<String>::new());
    let found = answers(&ran);
    let [differs, random, fails] = &found[..] else { panic!("{found:?}") };
    let message = "the old image answers \"none\" at `/answer`, the new image \"other\"";
    assert_eq!(*differs, ["refuse", "{}", message]);
    assert!(random[0] == "warn" && random[2].contains("differently each time"), "{random:?}");
    assert!(fails[0] == "warn" && fails[2].contains("both images fail with ValueError"), "{fails:?}");
}
