//! Holds evidence to a policy, requirement by requirement.

use serde_json::Value;

use super::claim::Claim;
use super::error::VerifyError;
use super::pattern;
use super::policy::{PROVENANCE, Policy};
use super::read::Evidence;
use super::statement::Statement;
use super::verdict::{Requirement, Verdict};
use crate::attest::Subject;
use crate::check::BASE_DIGEST;
use crate::examine;
use crate::redact;
use crate::source::{ImageRef, SourceEnv};

/// The verdict.
///
/// # Errors
/// [`VerifyError::Check`].
pub fn judge(
    subject: &Subject,
    policy: &Policy,
    evidence: Evidence,
    at: &SourceEnv<'_>,
) -> Result<Verdict, VerifyError> {
    let statements = &evidence.statements[..];
    let mut requirements = signatures(policy, statements);
    requirements.extend(policy.attestations.iter().map(|wanted| attestation(wanted, statements)));
    if !policy.builders.is_empty() {
        let outcome = provenance(statements, "builder", |one| named(&policy.builders, vec![builder(one)]));
        requirements.push(Requirement { kind: "builder", wanted: policy.builders.join(" or "), outcome });
    }
    if !policy.sources.is_empty() {
        let outcome = provenance(statements, "source", |one| named(&policy.sources, sources(one)));
        requirements.push(Requirement { kind: "source", wanted: policy.sources.join(" or "), outcome });
    }
    if policy.base_pinned {
        let outcome = base(subject, statements);
        requirements.push(Requirement { kind: "base", wanted: "pinned".to_owned(), outcome });
    }
    if let Some(options) = &policy.checks {
        let image = ImageRef::Registry(subject.image.reference());
        let checked = examine::check(&image, options, at).map_err(Box::new)?;
        let denied: Vec<_> = checked.report.denied().map(|finding| finding.check.id.to_string()).collect();
        let outcome = match &denied[..] {
            [] => Ok("no check denies the image".to_owned()),
            denied => Err(format!("denied by {}", denied.join(", "))),
        };
        requirements.push(Requirement { kind: "checks", wanted: "none denied".to_owned(), outcome });
    }
    Ok(Verdict {
        image: subject.image.clone(),
        requirements,
        ignored: evidence.ignored,
        claim: Claim::of(&evidence.statements),
    })
}

/// Who has to have signed.
fn signatures(policy: &Policy, statements: &[Statement]) -> Vec<Requirement> {
    if !policy.has_signers() && !policy.needs_keys() {
        return Vec::new();
    }
    let signed = |key: &String| statements.iter().find(|one| one.keys.contains(key));
    if policy.signed_by.is_empty() {
        let outcome = statements.first().map(by).ok_or_else(|| "no key of the policy signed it".to_owned());
        return vec![Requirement { kind: "signature", wanted: "any key".to_owned(), outcome }];
    }
    let one = |key: &String| {
        let outcome = signed(key).map(by).ok_or_else(|| format!("key `{key}` did not sign it"));
        Requirement { kind: "signature", wanted: key.clone(), outcome }
    };
    policy.signed_by.iter().map(one).collect()
}

fn attestation(wanted: &str, statements: &[Statement]) -> Requirement {
    let found = statements.iter().find(|one| one.predicate_type == wanted).map(by);
    let outcome = found.ok_or_else(|| "no key of the policy signed such a statement about it".to_owned());
    Requirement { kind: "attestation", wanted: wanted.to_owned(), outcome }
}

/// The first signed provenance that satisfies, or why the last one does not.
fn provenance(
    statements: &[Statement],
    what: &str,
    satisfies: impl Fn(&Value) -> Result<String, String>,
) -> Result<String, String> {
    let mut why = format!("no key of the policy signed provenance, which names the {what}");
    for one in statements.iter().filter(|one| one.predicate_type == PROVENANCE) {
        match satisfies(&one.predicate) {
            Ok(found) => return Ok(format!("{found}: {}", by(one))),
            Err(other) => why = format!("{other}: {}", by(one)),
        }
    }
    Err(why)
}

/// The first of the names that one of the patterns has.
fn named(patterns: &[String], names: Vec<&str>) -> Result<String, String> {
    let is_wanted = |name: &&&str| patterns.iter().any(|pattern| pattern::matches(pattern, name));
    match names.iter().find(is_wanted) {
        Some(name) => Ok(redact::text(name, 300)),
        None if names.iter().all(|name| name.is_empty()) => Err("the provenance names none".to_owned()),
        None => Err(format!("the provenance names {}", redact::text(&names.join(", "), 300))),
    }
}

fn builder(predicate: &Value) -> &str {
    predicate["runDetails"]["builder"]["id"].as_str().unwrap_or_default()
}

/// The repositories among what the image was made of, without the `git+` in front and the `@REF` behind.
fn sources(predicate: &Value) -> Vec<&str> {
    let from_git = dependencies(predicate).filter_map(|one| one["uri"].as_str()?.strip_prefix("git+"));
    from_git.map(without_ref).collect()
}

/// A URL up to the first `@` of its path: one before the path is that of a user.
fn without_ref(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let path = url[host..].find('/').map_or(url.len(), |at| host + at);
    url[path..].find('@').map_or(url, |at| &url[..path + at])
}

fn dependencies(predicate: &Value) -> impl Iterator<Item = &Value> {
    predicate["buildDefinition"]["resolvedDependencies"].as_array().into_iter().flatten()
}

/// Whether signed provenance names the same base by digest as the image does.
fn base(subject: &Subject, statements: &[Statement]) -> Result<String, String> {
    let manifest: Value = serde_json::from_slice(&subject.bytes).unwrap_or_default();
    let config: Value = serde_json::from_slice(&subject.config).unwrap_or_default();
    let stated = manifest["annotations"][BASE_DIGEST].as_str();
    let stated = stated.or(config["config"]["Labels"][BASE_DIGEST].as_str());
    let Some(stated) = stated.and_then(|digest| digest.strip_prefix("sha256:")) else {
        return Err("the image does not name the digest of its base".to_owned());
    };
    provenance(statements, "base", |predicate| {
        match dependencies(predicate).find(|one| one["digest"]["sha256"] == stated) {
            Some(one) => {
                let name = redact::text(one["uri"].as_str().unwrap_or_default(), 200);
                Ok(format!("{name}@sha256:{stated}"))
            }
            None => Err(format!(
                "the image names the base sha256:{}, and the provenance does not",
                redact::text(stated, 64)
            )),
        }
    })
}

/// By whom a statement is signed, and where it is.
fn by(statement: &Statement) -> String {
    format!("signed by `{}` in {}", statement.keys.join("`, `"), statement.digest)
}

#[cfg(test)]
mod tests {
    use super::without_ref;

    #[test]
    fn a_repository_has_no_ref() {
        for (url, repository) in [
            ("https://github.com/team/fn@refs/heads/main", "https://github.com/team/fn"),
            ("https://github.com/team/fn", "https://github.com/team/fn"),
            ("ssh://git@github.com/team/fn", "ssh://git@github.com/team/fn"),
            ("https://x@y", "https://x@y"),
            ("", ""),
        ] {
            assert_eq!(without_ref(url), repository);
        }
    }
}
