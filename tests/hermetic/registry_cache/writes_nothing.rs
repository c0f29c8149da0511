//! `--registry-cache-write none`: a job that must not write does not, whatever the settings of its checkout say.

use crate::harness::common::must;
use crate::harness::emulator::Emulator;

use super::{digest, place};

#[test]
fn none_writes_nothing_whatever_the_settings_say() {
    let (place, registry) = (place(), Emulator::start(&[]));
    let settings = std::fs::read_to_string(place.path("lambda-img.toml")).unwrap();
    let writes = format!("registry-cache-write = \"{}/cache\"\n", registry.host);
    place.write("lambda-img.toml", format!("[defaults]\n{writes}\n{settings}"));
    let build = |option: &str, variable: Option<&str>| {
        let mut command = place.tool(&format!("build --json api --cache-dir first -o oci:out:v1 {option}"));
        command.envs(variable.map(|value| ("LAMBDA_IMG_REGISTRY_CACHE_WRITE", value)));
        digest(&must(&mut command))
    };
    let of_cache = || registry.log().iter().filter(|line| line.contains("/v2/cache/")).count();
    let alone = build("--registry-cache-write none", None);
    assert_eq!(build("", Some("none")), alone);
    assert_eq!(of_cache(), 0);
    // The command line beats the variable, and the variable the file.
    let elsewhere = format!("{}/elsewhere", registry.host);
    assert_eq!(build("--registry-cache-write none", Some(&elsewhere)), alone);
    assert_eq!(registry.log(), Vec::<String>::new());
    assert_eq!(build("", None), alone);
    assert!(of_cache() > 0);
}
