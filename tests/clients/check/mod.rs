//! Every check finds its fault and nothing else, and stays silent where there is none; what R1–R14 of the
//! documented rejections are, is found by name.

use crate::harness::common;
mod deploy;
mod dockerfiles;
use crate::harness::documents;
mod fixture;
mod forms;
#[allow(dead_code)] // others use the rest
use crate::harness::helpers;
mod hostile;
mod image;
mod installs;
mod layers;
use crate::harness::layout;
mod memory;
mod own;
mod pages;
mod rejections;
mod runtime;
mod stops;
use crate::harness::support;
#[allow(dead_code)] // bases use the rest
use crate::harness::tars;
#[allow(dead_code)] // inputs use the rest
use crate::harness::zips;

use fixture::Fixture;

/// Every fixture of every group.
fn fixtures() -> Vec<Fixture> {
    [image::FIXTURES, layers::FIXTURES, runtime::FIXTURES, deploy::FIXTURES].concat()
}
