//! The kinds of evidence that options name, and where a build runs, as the CI system says in the environment.

use std::env;

use clap::ValueEnum;
use lambda_img::attest::{Builder, Kind};
use lambda_img::sbom::Format;

/// Evidence that a build can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BuildEvidence {
    /// The list of packages, as CycloneDX 1.5
    Sbom,
    /// The list of packages, as SPDX 2.3
    Spdx,
    /// How the image was built, as SLSA provenance
    Provenance,
    /// Only that the key signs the image
    Signature,
}

/// Evidence that an existing image can give: how it was built is known to its build alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ImageEvidence {
    /// The list of packages, as CycloneDX 1.5
    Sbom,
    /// The list of packages, as SPDX 2.3
    Spdx,
    /// Only that the key signs the image
    Signature,
}

impl From<BuildEvidence> for Kind {
    fn from(evidence: BuildEvidence) -> Self {
        match evidence {
            BuildEvidence::Sbom => Kind::CycloneDx,
            BuildEvidence::Spdx => Kind::Spdx,
            BuildEvidence::Provenance => Kind::Provenance,
            BuildEvidence::Signature => Kind::Signature,
        }
    }
}

impl ImageEvidence {
    /// The format of the list of packages, if it is one.
    pub fn list(self) -> Option<Format> {
        match self {
            ImageEvidence::Sbom => Some(Format::CycloneDx),
            ImageEvidence::Spdx => Some(Format::Spdx),
            ImageEvidence::Signature => None,
        }
    }
}

/// The builder of GitHub Actions or GitLab CI/CD, by the variables that they set.
pub fn builder() -> Builder {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let all = |names: [&str; 2], join: fn(&str, &str) -> String| {
        let [first, second] = names.map(variable);
        Some(join(&first?, &second?))
    };
    if variable("GITHUB_ACTIONS").is_some() {
        let path = |server: &str, path: &str| format!("{server}/{path}");
        let repository = all(["GITHUB_SERVER_URL", "GITHUB_REPOSITORY"], path);
        let run = variable("GITHUB_RUN_ID").zip(variable("GITHUB_RUN_ATTEMPT"));
        return Builder {
            id: all(["GITHUB_SERVER_URL", "GITHUB_WORKFLOW_REF"], path),
            invocation: repository
                .clone()
                .zip(run)
                .map(|(at, (run, attempt))| format!("{at}/actions/runs/{run}/attempts/{attempt}")),
            source: repository.zip(variable("GITHUB_SHA")),
        };
    }
    if variable("GITLAB_CI").is_some() {
        return Builder {
            id: all(["CI_SERVER_URL", "CI_RUNNER_ID"], |server, id| format!("{server}/-/runners/{id}")),
            invocation: variable("CI_JOB_URL"),
            source: variable("CI_PROJECT_URL").zip(variable("CI_COMMIT_SHA")),
        };
    }
    Builder::default()
}
