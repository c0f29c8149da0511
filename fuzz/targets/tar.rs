//! Layer tars, and every probe on what is in them.

#![no_main]

use lambda_img::survey::{Survey, probes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let survey = Survey::read(data, probes::ALL).expect("a slice does not fail");
    survey.missing_parents();
});
