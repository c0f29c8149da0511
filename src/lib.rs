#![doc = include_str!("../docs/reference/library.md")]
//!
//! # Start here
//!
//! | to | see |
//! |---|---|
//! | build, push, check, show or compare | [`Lambda`], [`lambda::Build`], [`Options`], [`Error`] |
//! | choose what is built, field by field | [`build::BuildSpec`], [`build::Destinations`], [`build::BuildOptions`] |
//! | read what was built, found or pushed | [`build::Built`], [`examine::Checked`], [`check::Report`], [`inspect::Inspected`], [`diff::Difference`] |
//! | attach, sign and verify evidence | [`attest::attach`], [`sign::Signer`], [`verify::verify`], [`verify::Policy`] |
//! | name things | [`arch::Arch`], [`reference::Reference`], [`digest::Digest`], [`source::ImageRef`], [`publish::Output`] |
//! | list Lambda's runtimes | [`runtime`] |
//! | provide credentials | [`credentials::Keychain`], [`credentials::Chain`] |
//! | show progress, and stop | [`progress::Progress`], [`Options::interrupted`] |
//! | find out what is kept between builds | [`store::cache`] |
//!
//! # How it works
//!
//! Data flows one way ([`build`] has the whole picture):
//!
//! ```text
//! spec → gather → plan → bases → layers → images → judge, stage → push → commit
//! ```
//!
//! | step | gives | by |
//! |---|---|---|
//! | spec | [`build::BuildSpec`]: what to build | the caller |
//! | gather | [`tree::FileTree`]: files of the host | [`input`], [`family`] |
//! | plan | the trees of the new layers, and what starts | [`build`] |
//! | bases | [`image::Image`]: manifest and configuration | [`source`] |
//! | layers | [`image::Layer`]: tar and gzip | [`pack`], [`store`] |
//! | images | [`image::Image`]: new layers on a base | [`image`] |
//! | judge, stage | [`examine::Checked`]; outputs under temporary names | [`check`], [`publish`] |
//! | push, commit | [`build::Built`] | [`registry`], [`publish`] |
//!
//! Except in [`lambda`], the library reads no clock. It reads the environment only for credentials.

#![deny(missing_docs, unsafe_code)]

// A module imports only from modules above it in this list, and a module of L5 from none of L5. The test
// tests/hermetic/architecture.rs reads the lines `// L<n>`: a new module stands below all that it imports.

// L0 words
mod rpm;
mod sha256;

pub mod arch;
pub mod date;
pub mod digest;
pub mod epoch;
#[doc(hidden)]
pub mod json;
#[doc(hidden)]
pub mod key;
pub mod media_type;
pub mod progress;
pub mod redact;
pub mod reference;
pub mod scheme;
pub mod work;
// L1 trees
pub mod tree;
// L2 images
pub mod image;
pub mod runtime;
// L3 bytes
pub mod pack;
pub mod survey;

pub mod store;

pub mod family;
// L4 outside
#[doc(hidden)]
pub mod http;

pub mod credentials;

pub mod registry;

pub mod registry_cache;

pub mod context;

pub mod sign;
// L5 choices
pub mod check;
pub mod input;
pub mod publish;
pub mod source;
#[doc(hidden)]
pub mod test_oracle;
// L6 images, read and judged; steps
pub mod step;

pub mod examine;

pub mod inspect;

pub mod diff;

#[cfg(feature = "aws")]
pub mod deploy;

pub mod prune;

#[cfg(target_os = "linux")]
pub mod invoke;

pub mod sbom;

pub mod attest;

pub mod verify;
// L7 building
pub mod build;

pub mod rebase;

// L8 the front door
pub mod lambda;

pub use lambda::{Error, Lambda, Options};
