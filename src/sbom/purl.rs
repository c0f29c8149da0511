//! Package URLs (github.com/package-url/purl-spec; ECMA-427).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::distribution::Distribution;
use crate::survey::{Component, Ecosystem};

/// The URL of a package.
pub fn purl(one: &Component, distribution: Option<&Distribution>) -> String {
    let of_distribution = matches!(one.ecosystem, Ecosystem::Debian | Ecosystem::Alpine | Ecosystem::Rpm);
    let distribution = distribution.filter(|_| of_distribution);
    let (kind, default) = match one.ecosystem {
        Ecosystem::Python => ("pypi", None),
        Ecosystem::Nodejs => ("npm", None),
        Ecosystem::Java => ("maven", None),
        Ecosystem::Dotnet => ("nuget", None),
        Ecosystem::Ruby => ("gem", None),
        Ecosystem::Go => ("golang", None),
        Ecosystem::Rust => ("cargo", None),
        Ecosystem::Debian => ("deb", Some("debian")),
        Ecosystem::Alpine => ("apk", Some("alpine")),
        Ecosystem::Rpm => ("rpm", None),
        Ecosystem::File => ("generic", None),
    };
    let vendor = distribution.map(|of| of.id.to_ascii_lowercase()).or_else(|| default.map(str::to_owned));
    let namespace = one.namespace.clone().or(vendor);
    let mut url = format!("pkg:{kind}/");
    for part in namespace.iter().flat_map(|above| above.split('/')).filter(|part| !part.is_empty()) {
        url += &format!("{}/", encoded(&cased(one.ecosystem, part)));
    }
    url += &encoded(&cased(one.ecosystem, &one.name));
    if !one.version.is_empty() {
        url += &format!("@{}", encoded(&one.version));
    }
    let distro = distribution.map(|of| match &of.version {
        Some(version) => ("distro".to_owned(), format!("{}-{version}", of.id)),
        None => ("distro".to_owned(), of.id.clone()),
    });
    let mut qualifiers: Vec<_> = one.qualifiers.iter().cloned().chain(distro).collect();
    qualifiers.sort();
    for (at, (key, value)) in qualifiers.iter().enumerate() {
        url += &format!("{}{key}={}", if at == 0 { '?' } else { '&' }, encoded(value));
    }
    url
}

/// A name as its type of URL has it: PyPI takes `_` for `-`, and some types have no upper case.
fn cased(ecosystem: Ecosystem, name: &str) -> String {
    match ecosystem {
        Ecosystem::Python => name.to_lowercase().replace('_', "-"),
        Ecosystem::Debian | Ecosystem::Alpine | Ecosystem::Go => name.to_lowercase(),
        _ => name.to_owned(),
    }
}

/// What stands for itself in a package URL.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_').remove(b'~').remove(b':');

/// A part of a URL, with everything encoded that means something in one.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_its_rules() {
        let of =
            |ecosystem, namespace: Option<&str>, name: &str, version: &str, qualifiers: &[(&str, &str)]| {
                let qualifiers =
                    qualifiers.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
                let one = Component {
                    ecosystem,
                    namespace: namespace.map(str::to_owned),
                    name: name.to_owned(),
                    version: version.to_owned(),
                    licence: None,
                    hashes: Vec::new(),
                    qualifiers: qualifiers.collect(),
                };
                purl(&one, Some(&Distribution { id: "amzn".to_owned(), version: Some("2023".to_owned()) }))
            };
        assert_eq!(
            of(Ecosystem::Python, None, "Typing_Extensions", "4.0", &[]),
            "pkg:pypi/typing-extensions@4.0"
        );
        assert_eq!(of(Ecosystem::Nodejs, Some("@aws"), "x", "1.0.0+b", &[]), "pkg:npm/%40aws/x@1.0.0%2Bb");
        assert_eq!(
            of(Ecosystem::Go, Some("github.com/A/b"), "c", "v1", &[]),
            "pkg:golang/github.com/a/b/c@v1"
        );
        assert_eq!(
            of(Ecosystem::File, None, "a b", "", &[("checksum", "sha256:0")]),
            "pkg:generic/a%20b?checksum=sha256:0"
        );
        assert_eq!(
            of(Ecosystem::Rpm, None, "bash", "5.2-1", &[("epoch", "1"), ("arch", "x86_64")]),
            "pkg:rpm/amzn/bash@5.2-1?arch=x86_64&distro=amzn-2023&epoch=1"
        );
    }
}
