//! Errors about runtimes.

use crate::arch::Arch;

/// Why there is no profile, or no base image for an architecture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// No runtime has this identifier.
    #[error("`{id}` is not a runtime of Lambda{}", did_you_mean(nearest))]
    Unknown {
        /// What was asked for.
        id: String,
        /// At most three similar identifiers, the likeliest first.
        nearest: Vec<&'static str>,
    },
    /// The runtime does not exist for this architecture.
    #[error("`{id}` does not support {arch}: {reason}")]
    Arch {
        /// The runtime's identifier.
        id: String,
        /// What it lacks.
        arch: Arch,
        /// Why, and what to use, in AWS's words where AWS gives them.
        reason: String,
    },
    /// An embedded file is malformed: a fault of this build, not of the user.
    #[error("embedded file `base-manifests/{id}.toml` is malformed")]
    Manifest {
        /// The file's name without `.toml`.
        id: String,
        /// What TOML or the profile's rules have against it.
        source: toml::de::Error,
    },
}

fn did_you_mean(nearest: &[&str]) -> String {
    match nearest {
        [] => String::new(),
        [one] => format!("; the nearest is `{one}`"),
        [rest @ .., last] => format!("; the nearest are `{}` and `{last}`", rest.join("`, `")),
    }
}
