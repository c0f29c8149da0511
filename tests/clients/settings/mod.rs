//! `lambda-img.toml` in the hands of other programs: package managers, shells, validators, terminals, other users.

mod checked;
mod init;
mod samples;
mod shells;
mod templates;
mod terminal;
mod trust;

use crate::harness::helpers;
use crate::harness::suites::settings::*;
