//! Zip archives as inputs.

#![no_main]

use lambda_img::input::collect_plain;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("x.zip");
    std::fs::write(&path, data).expect("a file");
    let _ = collect_plain(&path);
});
