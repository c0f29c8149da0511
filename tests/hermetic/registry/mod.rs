//! Registries on real sockets: ECR's quirks, faults, credentials; all of an emulator's.

mod auth;
mod faults;
mod growing;
mod quirks;

use crate::harness::suites::registry::*;
