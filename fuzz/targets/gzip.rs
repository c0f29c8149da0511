//! Layers in gzip: members, trailers, what follows.

#![no_main]

use lambda_img::survey::Survey;
use libfuzzer_sys::fuzz_target;

/// What every member begins with (RFC 1952, 2.3.1): a fuzzer that has to find it finds little else.
const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];

fuzz_target!(|data: &[u8]| {
    let survey = Survey::read(&[&MAGIC, data].concat()[..], &[]).expect("a slice does not fail");
    survey.missing_parents();
});
