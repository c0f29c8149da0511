//! Why there is no sandbox.

use std::io;

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The host refuses it.
    #[error("the host refuses a sandbox: {step}")]
    Refused {
        /// What was tried.
        step: String,
        /// The host's own error.
        source: io::Error,
    },
    /// This program cannot start itself.
    #[error("start the sandbox")]
    Start(#[source] io::Error),
}
