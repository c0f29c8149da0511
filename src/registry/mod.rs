//! The OCI distribution protocol: downloads and uploads of manifests and blobs. This module does not depend on Lambda.

mod auth;
mod begun;
mod blob;
mod challenge;
mod copies;
mod delete;
mod early_push;
mod endpoint;
mod error;
mod error_mapping;
mod known_blobs;
mod mirror;
mod mirror_error;
mod permissions;
mod ping;
mod publish;
mod pull;
mod push;
mod pushed;
mod quirks;
mod registries;
mod tags;
mod token;
mod upload;
mod upload_session;

pub use blob::{BlobReader, RegistryBlob};
pub use copies::Copies;
pub use early_push::{EarlyPush, EarlyUpload};
pub use error::{ApiError, RegistryError, Status, UNASKED, WITHHELD};
pub use mirror::Mirror;
pub use mirror_error::InvalidMirror;
pub use permissions::{Step, Verdict};
pub use ping::Welcome;
pub use pull::{MANIFEST_LIMIT, Manifest, PlatformImage};
pub use pushed::{Blob, BlobOutcome, PushResult, PushStats, PushedBlob, Upload};
pub use registries::Registries;
