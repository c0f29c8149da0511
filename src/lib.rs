//! Assembles OCI images for AWS Lambda functions, reproducibly and without a Docker daemon.
//!
//! Data flows one way, and each arrow is one function:
//!
//! ```text
//! BuildSpec ─runtime→ RuntimeProfile ─base→ Image ─input→ FileTree ─plan→ Plan
//!           ─pack→ Layer ─assemble→ Image ─publish→ Published
//! ```
//!
//! The library prints nothing, reads no clock and no environment, and its interface is blocking.
//! Modules import only downward, in the order in which they stand below.

#![deny(missing_docs, unsafe_code)]

// L0 words
pub mod arch;
pub mod digest;
pub mod epoch;
pub mod json;
pub mod key;
pub mod media_type;
pub mod progress;
pub mod redact;
pub mod reference;
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
pub mod http;

pub mod credentials;

pub mod registry;

pub mod context;
// L5 choices
pub mod check;
pub mod input;
pub mod publish;
pub mod source;
pub mod validate;
// L6 images, read and judged
pub mod examine;

pub mod inspect;

pub mod diff;
// L7 the line
pub mod build;
