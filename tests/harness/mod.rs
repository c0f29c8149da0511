//! What the tests of all three binaries stand on.

#![allow(dead_code, unused_imports)] // each binary uses a part

pub mod common;
pub mod documents;
pub mod emulator;
pub mod helpers;
pub mod lambda;
pub mod layout;
pub mod pulling;
pub mod relay;
pub mod suites;
pub mod support;
pub mod tars;
pub mod zips;
