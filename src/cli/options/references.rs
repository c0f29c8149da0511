//! Names of registries, repositories and tags on the command line.

use std::path::Path;

use lambda_img::reference::Reference;
use lambda_img::scheme::Scheme;
use lambda_img::source::ImageRef;
use lambda_img::store::layout;

/// `host[:port]`, as an option's value.
pub fn host(text: &str) -> Result<String, String> {
    let host = text.to_ascii_lowercase();
    match format!("{host}/x").parse::<Reference>() {
        Ok(reference)
            if !text.contains('/') && (reference.registry() == host || host == "index.docker.io") =>
        {
            Ok(reference.registry().to_owned())
        }
        _ => Err("is not a registry's HOST[:PORT]".to_owned()),
    }
}

/// `HOST[/REPOSITORY]`, as an argument.
#[derive(Clone)]
pub struct RegistryPath {
    pub host: String,
    pub repository: Option<String>,
}

pub fn registry_path(text: &str) -> Result<RegistryPath, String> {
    let (name, repository) = text.split_once('/').map_or((text, None), |(name, path)| (name, Some(path)));
    let host = host(name)?;
    let repository = match repository {
        None => None,
        Some(path) => {
            let full: Reference = format!("{host}/{path}").parse().map_err(message)?;
            if full.tag().is_some() || full.digest().is_some() {
                return Err("names a repository, and no tag or digest of it".to_owned());
            }
            Some(full.repository().to_owned())
        }
    };
    Ok(RegistryPath { host, repository })
}

/// `REGISTRY/REPOSITORY[:TAG]`, as the name of what is pushed. A registry must be named: nothing goes to
/// Docker Hub by accident.
pub fn target(text: &str) -> Result<Reference, String> {
    let reference: Reference = text.parse().map_err(message)?;
    if !has_registry(text) {
        return Err(
            "names no registry: write REGISTRY/REPOSITORY:TAG, as in docker.io/me/function:v1".to_owned()
        );
    }
    if reference.digest().is_some() {
        return Err("has a digest, which what is pushed brings itself: name a tag".to_owned());
    }
    Ok(reference)
}

/// The same with a tag, as the name of what is built.
pub fn tagged(text: &str) -> Result<Reference, String> {
    let reference = target(text)?;
    if reference.tag().is_none() { Err(format!("has no tag: write {text}:TAG")) } else { Ok(reference) }
}

/// Whether what names an image names its registry, too: what does not would go to Docker Hub.
pub fn has_registry(text: &str) -> bool {
    text.split_once('/').is_some_and(|(first, _)| host(first).is_ok())
}

/// A base. What names no registry is likely a word that is misspelled, and does not go to Docker Hub either.
pub fn base(text: &str) -> Result<ImageRef, String> {
    let parsed = text.parse();
    let is_known = match &parsed {
        Ok(ImageRef::Registry(_)) => has_registry(text),
        Ok(_) => true,
        Err(_) => text.is_empty() || text.contains("://") || Scheme::split(text).is_some(),
    };
    match unclear(text) {
        Some(why) if !is_known && !has_registry(text) => Err(why),
        _ => parsed.map_err(message),
    }
}

/// What a word may have been meant as that is not a base.
fn unclear(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let mut meant = Vec::new();
    let near = |word: &&str| strsim::jaro_winkler(&lower, word) >= 0.8;
    meant.extend(["embedded", "scratch"].iter().filter(|word| near(word)).map(|word| format!("`{word}`")));
    if layout::is_layout(Path::new(text.split_once(':').map_or(text, |(path, _)| path))) {
        meant.push(format!("`oci:{text}` for the layout"));
    }
    let hub = if text.contains('/') { "docker.io" } else { "docker.io/library" };
    let hub = format!("{hub}/{text}");
    if hub.parse::<Reference>().is_ok() {
        meant.push(format!("`{hub}` for an image of Docker Hub"));
    }
    (!meant.is_empty()).then(|| format!("names no registry: write {}", meant.join(", or ")))
}

fn message(error: impl ToString) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use lambda_img::digest::Digest;

    use super::*;

    #[test]
    fn no_base_goes_to_docker_hub_unasked() {
        for (text, word) in [
            ("embeded", "`embedded`, or `docker.io/library/embeded`"),
            ("Embedded", "`embedded`"),
            ("Scratch", "`scratch`"),
            ("alpine:3", "`docker.io/library/alpine:3`"),
            ("amazon/aws-cli", "`docker.io/amazon/aws-cli`"),
        ] {
            let why = base(text).unwrap_err();
            assert!(why.starts_with("names no registry: write ") && why.contains(word), "{why}");
        }
        assert!(!base("alpine").unwrap_err().contains("embedded"));
        for known in
            ["embedded", "scratch", "oci:a:b", "docker.io/library/a:3", "r.example:5000/a", "localhost/a"]
        {
            assert_eq!(base(known).unwrap().to_string(), known);
        }
        for (wrong, why) in
            [("oci:", "names no file"), ("a.b/C", "upper-case"), ("UPPER/c", "upper-case"), ("", "")]
        {
            assert!(base(wrong).unwrap_err().contains(why), "{wrong}");
        }
    }

    #[test]
    fn names_parse_or_say_why_not() {
        assert_eq!(host("R.Example:5000").unwrap(), "r.example:5000");
        for wrong in ["", "registry", "https://r.example", "r.example/x", "r.example:0", "a b"] {
            assert!(host(wrong).is_err(), "{wrong}");
        }
        assert_eq!(target("r.example/a/b:v1").unwrap().to_string(), "r.example/a/b:v1");
        for wrong in ["a", "a/b:v1", "r.example", "r.example/A", "r.example/a:-", "https://r.example/a"] {
            assert!(target(wrong).is_err(), "{wrong}");
        }
        assert!(target(&format!("r.example/a@{}", Digest::of(b""))).unwrap_err().contains("digest"));
        assert!(tagged("r.example/a").unwrap_err().contains("r.example/a:TAG"));
        let path = registry_path("r.example/a/b").unwrap();
        assert_eq!((path.host.as_str(), path.repository.as_deref()), ("r.example", Some("a/b")));
    }
}
