//! What the encoder writes, read by two others: the same bytes come back, whatever they are and whatever was encoded before.

#![no_main]

use std::cell::RefCell;

use flate2::{Decompress, FlushDecompress, Status};
use lambda_img_deflate::Encoder;
use libfuzzer_sys::fuzz_target;

thread_local!(static USED: RefCell<Encoder> = RefCell::new(Encoder::new()));

/// Small inputs of a fuzzer become large ones: one in four times its last byte.
fn input(data: &[u8]) -> Vec<u8> {
    match data.split_last() {
        Some((times, rest)) if times % 4 == 0 => rest.repeat(usize::from(*times)),
        _ => data.to_vec(),
    }
}

fuzz_target!(|data: &[u8]| {
    let input = input(data);
    let encoded = USED.with_borrow_mut(|encoder| encoder.encode(&input).to_vec());
    assert!(encoded == Encoder::new().encode(&input), "what was encoded before leaves a trace");
    assert!(encoded.len() <= input.len() + input.len() / 256 + 64, "longer than promised");

    let stream = [&encoded[..], &[3, 0]].concat();
    let mut back = Vec::with_capacity(input.len() + 64);
    let mut inflater = Decompress::new(false);
    let status = inflater.decompress_vec(&stream, &mut back, FlushDecompress::Finish);
    assert_eq!((status.ok(), inflater.total_in()), (Some(Status::StreamEnd), stream.len() as u64));
    assert!(back == input, "zlib-rs reads other bytes");
    assert!(miniz_oxide::inflate::decompress_to_vec(&stream).ok() == Some(input), "miniz_oxide reads other bytes");
});
