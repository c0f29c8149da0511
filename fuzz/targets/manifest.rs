//! Manifests and indexes.

#![no_main]

use lambda_img::image::{Manifest, parse_index};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = Manifest::parse(data);
    let _ = parse_index(data);
});
