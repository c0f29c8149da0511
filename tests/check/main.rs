//! Every check finds its fault and nothing else, and stays silent where there is none; what R1–R14 of the
//! documented rejections are, is found by name.

#[path = "../common/mod.rs"]
mod common;
mod deploy;
mod dockerfiles;
mod documents;
mod fixture;
mod forms;
#[allow(dead_code)] // others use the rest
#[path = "../registry/helpers.rs"]
mod helpers;
mod hostile;
mod image;
mod installs;
mod layers;
mod layout;
mod memory;
mod own;
mod pages;
mod rejections;
mod runtime;
mod stops;
#[path = "../support/mod.rs"]
mod support;
#[allow(dead_code)] // bases use the rest
#[path = "../hostile/tars.rs"]
mod tars;
#[allow(dead_code)] // inputs use the rest
#[path = "../hostile/zips.rs"]
mod zips;

use fixture::Fixture;

/// Every fixture of every group.
fn fixtures() -> Vec<Fixture> {
    [image::FIXTURES, layers::FIXTURES, runtime::FIXTURES, deploy::FIXTURES].concat()
}
