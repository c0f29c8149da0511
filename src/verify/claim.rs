//! What provenance says about the build of an image, to build it again.

use jiff::Timestamp;
use serde_json::Value;

use super::policy::PROVENANCE;
use super::statement::Statement;
use crate::epoch::Epoch;
use crate::redact;

/// What provenance says about the build of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The commit of the source, 40 or 64 hexadecimal digits, if it names one.
    pub commit: Option<String>,
    /// The time that every file of the image carries, if it names one.
    pub epoch: Option<Epoch>,
    /// The version of this tool that built the image, if it names one.
    pub version: Option<String>,
}

impl Claim {
    /// The claim of the first signed provenance that names a commit, otherwise of the first one.
    pub fn of(statements: &[Statement]) -> Option<Self> {
        let all = statements.iter().filter(|one| one.predicate_type == PROVENANCE);
        let mut claims: Vec<_> = all.map(|one| Self::read(&one.predicate)).collect();
        let best = claims.iter().position(|one| one.commit.is_some()).unwrap_or_default();
        (best < claims.len()).then(|| claims.swap_remove(best))
    }

    /// The claim of a predicate.
    pub fn read(predicate: &Value) -> Self {
        let (definition, details) = (&predicate["buildDefinition"], &predicate["runDetails"]);
        let dependencies = definition["resolvedDependencies"].as_array().into_iter().flatten();
        let commit = dependencies.filter_map(|one| one["digest"]["gitCommit"].as_str()).find(is_commit);
        let version = details["builder"]["version"]["lambda-img"].as_str();
        Self {
            commit: commit.map(str::to_owned),
            epoch: definition["externalParameters"]["epoch"].as_str().and_then(epoch),
            version: version.map(|text| redact::text(text, 50)),
        }
    }
}

/// Whether a text is the name of a commit, and not an option or a branch for git.
fn is_commit(text: &&str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn epoch(text: &str) -> Option<Epoch> {
    text.parse::<Timestamp>().ok()?.as_second().to_string().parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_a_commit_a_time_or_a_version_is_claimed() {
        let commit = "0123456789012345678901234567890123456789";
        let predicate = |name: &str, time: &str| {
            json!({
                "buildDefinition": {
                    "externalParameters": { "epoch": time },
                    "resolvedDependencies": [
                        { "uri": "embedded", "digest": { "sha256": "00" } },
                        { "uri": "git+https://x", "digest": { "gitCommit": name } },
                    ],
                },
                "runDetails": { "builder": { "version": { "lambda-img": "0.1.0" } } },
            })
        };
        let claim = Claim::read(&predicate(commit, "1980-01-01T00:00:00Z"));
        let whole = Claim {
            commit: Some(commit.to_owned()),
            epoch: Some(Epoch::default()),
            version: Some("0.1.0".to_owned()),
        };
        assert_eq!(claim, whole);
        for wrong in ["", "main", "--upload-pack=evil", &commit[1..], &commit.replace('0', "g")] {
            let claim = Claim::read(&predicate(wrong, "9999-01-01T00:00:00Z"));
            assert_eq!((claim.commit, claim.epoch), (None, None), "{wrong}");
        }
        assert_eq!(Claim::read(&json!([])), Claim { commit: None, epoch: None, version: None });
    }
}
