//! `lambda-img.toml`: what it says, what it refuses, what `init` writes, and that schema, reference and
//! completions say of it and of the command line what is true.

use crate::harness::suites::settings::*;

mod checked;
mod help;
mod layers;
mod old_names;
mod prepare;
mod samples;
mod templates;
