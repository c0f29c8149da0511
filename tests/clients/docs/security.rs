//! What SECURITY.md says, tried: each test names the sentence that it holds.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::repository;
use crate::harness::common::{Place, must};

/// Holds SECURITY.md to have this sentence, whatever its lines.
fn says(sentence: &str) {
    let text = fs::read_to_string(repository("SECURITY.md")).unwrap();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(sentence), "SECURITY.md does not say: {sentence}");
}

const BUILD: &str = "-r provided.al2023 -b embedded -o oci:image";

#[test]
fn secrets_are_looked_for_as_security_md_says() {
    says("A build and a push fail if a file of the function is or contains a secret");
    says("and the secret is not shown");
    let place = Place::with_function();
    must(place.program("openssl").args(["genpkey", "-algorithm", "ed25519", "-out", "fn/server.key"]));
    let key = fs::read_to_string(place.path("fn/server.key")).unwrap();
    let said = place.refuses(3, &format!("build fn {BUILD}"), &["secret", "server.key"]);
    assert!(!said.contains(key.lines().nth(1).unwrap()), "{said}");
    place.run(&format!("build fn {BUILD} --allow secret --allow start-format")).digest();
    place.refuses(3, "push oci:image 127.0.0.1:1/fn:v1 --retries 0", &["secret", "server.key"]);
}

#[test]
fn links_to_absolute_paths_pass_as_security_md_says() {
    says("**Links to absolute paths pass**, from directories and from zips");
    let place = Place::with_function();
    place.link("fn/python", "/var/lang/bin/python3");
    must(place.program("zip").args(["-qry", "../fn.zip", "."]).current_dir(place.path("fn")));
    let target = |input: &str| {
        place.run(&format!("build {input} {BUILD}")).digest();
        let image = place.image("image", "latest");
        let entries = (0..image.layers.len()).flat_map(|layer| image.listing(layer).entries);
        let mut links = entries.filter(|entry| entry.path.to_string().ends_with("var/task/python"));
        links.next().expect("the link").link.map(|link| link.to_string())
    };
    assert_eq!(target("fn").as_deref(), Some("/var/lang/bin/python3"));
    assert_eq!(target("fn.zip").as_deref(), Some("/var/lang/bin/python3"));

    says("A link that leads into the input directory on this machine is refused");
    place.link("fn/own", place.path("fn/app.txt").to_str().unwrap());
    place.refuses(1, &format!("build fn {BUILD}"), &["`fn/own`", "a path of this machine"]);
}

#[test]
fn the_cache_is_the_user_s_alone_as_security_md_says() {
    says("It is made with mode 0700.");
    says(
        "that others may write to, or that a link of another user leads to, is not used, and a warning says so",
    );
    let place = Place::with_function();
    let build = format!("build fn {BUILD} --cache-dir cache");
    place.run(&build).digest();
    let mode = || fs::metadata(place.path("cache")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o700);
    fs::set_permissions(place.path("cache"), Permissions::from_mode(0o777)).unwrap();
    let said = place.run(&build);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(
        said.stderr.contains("warning: ") && said.stderr.contains("others may write to"),
        "{}",
        said.stderr
    );
}
