//! Why a runtime cannot be used.

use crate::arch::Arch;

/// Why there is no profile, or no base image for an architecture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// Lambda has no runtime with this identifier.
    #[error("`{id}` is not a runtime of Lambda{}", did_you_mean(nearest))]
    Unknown {
        /// The identifier.
        id: String,
        /// At most three similar identifiers, the most similar first.
        nearest: Vec<&'static str>,
    },
    /// Lambda does not offer the runtime for this architecture.
    #[error("`{id}` does not support {arch}: {reason}")]
    Arch {
        /// The runtime's identifier.
        id: String,
        /// The architecture.
        arch: Arch,
        /// Why, and what to use, in AWS's words where AWS gives them.
        reason: String,
    },
    /// A file that is compiled into this program is malformed. Please report this error.
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
        [one] => format!("; did you mean `{one}`?"),
        [rest @ .., last] => format!("; did you mean `{}` or `{last}`?", rest.join("`, `")),
    }
}
