use proptest::prelude::*;

use super::*;

const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[test]
fn defaults_of_docker_hub_are_filled_in() {
    for (text, shown, api) in [
        ("alpine", "docker.io/library/alpine", "registry-1.docker.io"),
        ("alpine:3", "docker.io/library/alpine:3", "registry-1.docker.io"),
        ("amazon/aws-cli", "docker.io/amazon/aws-cli", "registry-1.docker.io"),
        ("index.docker.io/a/b", "docker.io/a/b", "registry-1.docker.io"),
        ("registry-1.docker.io/a", "docker.io/library/a", "registry-1.docker.io"),
        ("localhost/x", "localhost/x", "localhost"),
        ("[::1]:5000/x", "[::1]:5000/x", "[::1]:5000"),
        ("Host.Example:443/a/b__c/d--e:T", "host.example:443/a/b__c/d--e:T", "host.example:443"),
        ("public.ecr.aws/lambda/python:3.12", "public.ecr.aws/lambda/python:3.12", "public.ecr.aws"),
    ] {
        let reference: Reference = text.parse().unwrap();
        assert_eq!((reference.to_string().as_str(), reference.api_host()), (shown, api), "{text}");
    }
}

#[test]
fn bad_references_say_what_is_wrong() {
    let long = format!("a.b/{}", "x".repeat(252));
    let digest = format!("a.b/c@sha256:{}", HEX.to_uppercase());
    for (text, reason) in [
        ("", "names no repository"),
        ("a.b/", "names no repository"),
        ("Foo/bar", "upper-case"),
        ("a.b/Foo", "upper-case"),
        ("https://a.b/c", "URL scheme"),
        ("a.b/c:", "tag"),
        ("a.b/c:-x", "tag"),
        ("a.b/c:x:y", "tag"),
        ("a.b/c@sha256:12", "digest"),
        (digest.as_str(), "digest"),
        ("a.b/c@sha512:12", "digest"),
        ("a.b:0/c", "port"),
        ("a.b:99999/c", "port"),
        ("a.b:080/c", "port"),
        ("a..b/c", "host name"),
        ("-a.b/c", "host name"),
        ("a_b.c/d", "host name"),
        ("user@a.b/c", "user before the registry"),
        ("[::1/c", "host name"),
        ("[zz]:1/c", "host name"),
        ("[::1]5/c", "host name"),
        ("a.b/c//d", "empty component"),
        ("a.b/c/../d", "wrong sequence"),
        ("a.b/c._d", "wrong sequence"),
        ("a.b/c___d", "wrong sequence"),
        ("a.b/-c", "wrong sequence"),
        ("a.b/c d", "characters other"),
        ("a.b/é", "characters other"),
        ("a.b/c?x", "characters other"),
        (long.as_str(), "255"),
    ] {
        let error = text.parse::<Reference>().expect_err(text).to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn a_pin_needs_a_digest_and_drops_the_tag() {
    let pinned: Pinned = format!("a.b/c:t@sha256:{HEX}").parse().unwrap();
    assert_eq!(pinned.to_string(), format!("a.b/c@sha256:{HEX}"));
    assert!("a.b/c:t".parse::<Pinned>().unwrap_err().to_string().contains("no digest"));
}

proptest! {
    #[test]
    fn display_parses_to_the_same(
        host in "([a-z0-9]{1,8}(-[a-z0-9]{1,3})?(\\.[a-z]{2,5}){1,3}|localhost|\\[::[a-f0-9]{1,4}\\]|docker\\.io)(:[1-9][0-9]{0,3})?",
        path in "[a-z0-9]{1,5}((\\.|_|__|-{1,3})[a-z0-9]{1,5}){0,2}(/[a-z0-9]{1,5}){0,2}",
        tag in proptest::option::of("[A-Za-z0-9_][A-Za-z0-9._-]{0,20}"),
        bytes in proptest::option::of(proptest::collection::vec(any::<u8>(), 3)),
    ) {
        let mut text = format!("{host}/{path}");
        if let Some(tag) = tag { text.push(':'); text.push_str(&tag); }
        if let Some(bytes) = bytes { text.push_str(&format!("@{}", Digest::of(&bytes))); }
        let once: Reference = text.parse().unwrap();
        prop_assert_eq!(&once.to_string().parse::<Reference>().unwrap(), &once);
    }

    #[test]
    fn arbitrary_text_never_panics_and_what_parses_displays_back(text in "\\PC{0,60}") {
        if let Ok(once) = text.parse::<Reference>() {
            prop_assert_eq!(&once.to_string().parse::<Reference>().unwrap(), &once);
        }
    }

    #[test]
    fn near_references_never_panic(text in "[a-zA-Z0-9./:@\\[\\]_-]{0,40}") {
        if let Ok(once) = text.parse::<Reference>() {
            prop_assert_eq!(&once.to_string().parse::<Reference>().unwrap(), &once);
        }
    }
}
