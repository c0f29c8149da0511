//! Registries that are not ours: Debian's docker-registry, moto, servers with certificates of openssl.

#[cfg(feature = "aws")]
mod aws;
mod cache;
mod certificates;
mod real;

use crate::harness::suites::registry::*;
