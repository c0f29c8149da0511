//! Requests of HTTP/1.1, as the programs of a function and its callers send them.

#![no_main]

use std::io::Read;

use lambda_img::invoke::http::Request;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut wire = data;
    while let Ok(Some(request)) = Request::read(&mut wire) {
        assert!(!request.method.is_empty() && request.headers.len() <= 128);
        let mut bytes = Vec::new();
        if request.body(&mut wire).read_to_end(&mut bytes).is_err() {
            return;
        }
        assert!(bytes.len() < data.len());
    }
});
