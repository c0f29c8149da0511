//! Why a function cannot be run here.

use std::io;
use std::net::SocketAddr;

use super::root::RootError;
use super::sandbox::{Mode, SandboxError};
use crate::image::ConfigError;
use crate::work::Interrupted;

/// Why a function cannot be run. What the function itself does wrong is its answer instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvokeError {
    /// The image configuration is malformed.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The image configuration does not fit the layers.
    #[error("the image has {layers} layers, and its configuration names {diff_ids}")]
    Layers {
        /// Layers of the manifest.
        layers: usize,
        /// Layers of the configuration.
        diff_ids: usize,
    },
    /// The image says neither an entry point nor a command.
    #[error("the image has neither an entry point nor a command")]
    NoStart,
    /// The image is for another processor.
    #[error("the image is for {found}, and this machine runs {host}")]
    Architecture {
        /// The image's platform.
        found: String,
        /// The machine's.
        host: String,
    },
    /// A variable that Lambda refuses.
    #[error(transparent)]
    Variable(#[from] ReservedVariable),
    /// The image cannot be unpacked.
    #[error(transparent)]
    Root(#[from] RootError),
    /// No sandbox can be made.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The directory of extensions cannot be read.
    #[error("read the extensions of the image")]
    Extensions(#[source] io::Error),
    /// The Runtime API cannot be served.
    #[error("serve the Runtime API on 127.0.0.1")]
    Port(#[source] io::Error),
    /// Functions cannot be served there.
    #[error("serve functions at {address}")]
    Serve {
        /// The address.
        address: SocketAddr,
        /// The host's own error.
        source: io::Error,
    },
    /// The host gives no random bytes.
    #[error("make a request id")]
    Identifier(#[source] io::Error),
    /// Without namespaces of the kernel, a function has the network of this machine.
    #[error("a function cannot be kept from the network in the sandbox mode `{mode}`")]
    Network {
        /// The mode.
        mode: Mode,
    },
    /// The host gives no thread.
    #[error("start a thread for the function")]
    Thread(#[source] io::Error),
    /// Of an environment that answers several events at once, all workers are at work.
    #[error("all workers of the runtime are at work")]
    Throttled,
    /// The user does not wait for the answer.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// A variable that Lambda refuses to take from a function's owner.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is a variable that Lambda sets itself, and refuses to take")]
pub struct ReservedVariable {
    /// Its name.
    pub name: String,
}
