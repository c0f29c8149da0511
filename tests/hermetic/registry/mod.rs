//! Registries on real sockets: ECR's quirks, faults, credentials, Debian's docker-registry, moto.

use crate::harness::suites::registry::*;

mod auth;
mod faults;
mod quirks;
