//! Names of registries, repositories and tags on the command line.

use lambda_img::reference::{InvalidTarget, Reference, names_registry};
use lambda_img::source::{ImageRef, InvalidBase};

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
                return Err("must name a repository without a tag or a digest".to_owned());
            }
            Some(full.repository().to_owned())
        }
    };
    Ok(RegistryPath { host, repository })
}

/// `REGISTRY/REPOSITORY[:TAG]`, as the name of what is pushed.
pub fn target(text: &str) -> Result<Reference, String> {
    Reference::target(text).map_err(|error| match error {
        InvalidTarget::Unclear { why, .. } => why.to_owned(),
        error => error.to_string(),
    })
}

/// The same with a tag, as the name of what is built.
pub fn tagged(text: &str) -> Result<Reference, String> {
    let reference = target(text)?;
    if reference.tag().is_none() { Err(format!("has no tag: write {text}:TAG")) } else { Ok(reference) }
}

/// `HOST/REPOSITORY`, without a tag.
pub fn repository(text: &str) -> Result<Reference, String> {
    if text.contains(|char: char| char.is_whitespace() || char == ',') {
        let how = "for several, repeat the option, or write one per line in the variable";
        return Err(format!("must name one repository: {how}"));
    }
    let host = text.trim_end_matches('/');
    if !host.contains('/') && names_registry(&format!("{host}/x")) {
        return Err(format!("has no repository: write {host}/REPOSITORY"));
    }
    if !names_registry(text) {
        let example = format!("registry.example/{text}");
        let example =
            example.parse().ok().filter(|it: &Reference| it.tag().is_none() && it.digest().is_none());
        let example = example.map_or("registry.example/team/cache".to_owned(), |it| it.to_string());
        return Err(format!("has no registry: write HOST/REPOSITORY, as in {example}"));
    }
    let reference = target(text)?;
    match reference.tag() {
        Some(tag) => {
            let repository = text.strip_suffix(&format!(":{tag}")).unwrap_or(text);
            Err(format!("must name a repository without a tag: write {repository}"))
        }
        None => Ok(reference),
    }
}

/// A base.
pub fn base(text: &str) -> Result<ImageRef, String> {
    text.parse().map_err(|error| match error {
        InvalidBase::Unclear { why, .. } => why,
        error => error.to_string(),
    })
}

fn message(error: impl ToString) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use lambda_img::digest::Digest;

    use super::*;

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
        for (wrong, write) in [
            ("r.example", "no repository: write r.example/REPOSITORY"),
            ("localhost:5000/", "no repository: write localhost:5000/REPOSITORY"),
            ("team/cache", "no registry: write HOST/REPOSITORY, as in registry.example/team/cache"),
            ("cache:v1", "no registry: write HOST/REPOSITORY, as in registry.example/team/cache"),
            ("r.example/a:v1", "without a tag: write r.example/a"),
            ("r.example/a r.example/b", "one per line in the variable"),
            ("r.example/a,r.example/b", "one per line in the variable"),
        ] {
            let why = repository(wrong).unwrap_err();
            assert!(why.ends_with(write), "{wrong}: {why}");
        }
        let path = registry_path("r.example/a/b").unwrap();
        assert_eq!((path.host.as_str(), path.repository.as_deref()), ("r.example", Some("a/b")));
    }
}
