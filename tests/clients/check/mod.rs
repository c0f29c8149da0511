//! Every check finds its fault and nothing else, and stays silent where there is none; what R1–R14 of the
//! documented rejections are, is found by name.

mod deploy;
mod dockerfiles;
mod fixture;
mod forms;
mod hostile;
mod image;
mod installs;
mod layers;
mod own;
mod pages;
mod rejections;
mod runtime;
mod stops;

use fixture::Fixture;

/// Every fixture of every group.
fn fixtures() -> Vec<Fixture> {
    [image::FIXTURES, layers::FIXTURES, runtime::FIXTURES, deploy::FIXTURES].concat()
}
