//! What is encoded is what other people's inflaters read, whatever it is, and whatever was encoded before it.

mod inputs;

use lambda_img_deflate::Encoder;
use proptest::prelude::*;

/// Encodes with an encoder that is used and with a new one, and reads with three others.
fn check(encoder: &mut Encoder, input: &[u8]) {
    let encoded = encoder.encode(input).to_vec();
    assert!(encoded == Encoder::new().encode(input), "what was encoded before leaves a trace");
    assert!(encoded.len() <= input.len() + input.len() / 256 + 64, "{} {}", encoded.len(), input.len());
    // As it is handed out: with a last block, and twice, which shows that a byte ends where it ends.
    let stream = [&encoded[..], &encoded, &[3, 0]].concat();
    let twice = [input, input].concat();
    assert!(zlib_rs(&stream, twice.len()) == twice, "zlib-rs");
    assert!(libdeflate(&stream, twice.len()) == twice, "libdeflate");
    assert!(miniz_oxide::inflate::decompress_to_vec(&stream).unwrap() == twice, "miniz_oxide");
}

fn zlib_rs(stream: &[u8], length: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(length + 64);
    let mut inflater = flate2::Decompress::new(false);
    let status = inflater.decompress_vec(stream, &mut out, flate2::FlushDecompress::Finish).unwrap();
    assert_eq!((status, inflater.total_in()), (flate2::Status::StreamEnd, stream.len() as u64));
    out
}

fn libdeflate(stream: &[u8], length: usize) -> Vec<u8> {
    let mut out = vec![0; length + 64];
    let written = libdeflater::Decompressor::new().deflate_decompress(stream, &mut out).unwrap();
    out.truncate(written);
    out
}

#[test]
fn every_small_length_is_read() {
    let mut encoder = Encoder::new();
    let (text, noise) = (inputs::text(1, 400), inputs::noise(2, 400));
    for length in 0..400 {
        check(&mut encoder, &text[..length]);
        check(&mut encoder, &noise[..length]);
        check(&mut encoder, &vec![7; length]);
    }
}

#[test]
fn lengths_around_every_limit_are_read() {
    let mut encoder = Encoder::new();
    let long = inputs::tree(3, Encoder::PIECE + 70_000);
    for limit in [32_768, 65_535, 65_536, 131_070, 1 << 20, Encoder::PIECE] {
        for length in [limit - 1, limit, limit + 1] {
            check(&mut encoder, &long[..length]);
        }
    }
    check(&mut encoder, &long);
    check(&mut encoder, &vec![0; 2 * Encoder::PIECE + 1]);
    check(&mut encoder, &inputs::noise(4, Encoder::PIECE + 1));
}

#[test]
fn a_longer_input_is_what_its_pieces_are() {
    let input = inputs::text(5, Encoder::PIECE + 1000);
    let mut encoder = Encoder::new();
    let (first, second) = input.split_at(Encoder::PIECE);
    let pieces = [encoder.encode(first).to_vec(), encoder.encode(second).to_vec()].concat();
    assert!(pieces == encoder.encode(&input));
}

#[test]
fn codes_of_every_depth_are_read() {
    let mut encoder = Encoder::new();
    for seed in 0..4 {
        check(&mut encoder, &inputs::skewed(seed, 400_000));
        check(&mut encoder, &inputs::skewed_distances(seed, 400_000));
    }
}

#[test]
fn what_does_not_shrink_is_stored_as_it_is() {
    let noise = inputs::noise(1, 200_000);
    // Five bytes before each of four stored blocks of 65,535 at most; a few more, as blocks of the encoder are cut elsewhere.
    let stored = Encoder::new().encode(&noise).len();
    assert!(stored < noise.len() + 50, "{stored}");
    // Between text, too.
    let text = inputs::text(2, 100_000);
    let mut encoder = Encoder::new();
    let apart = encoder.encode(&text).len() + encoder.encode(&noise).len();
    let mixed = [&text[..], &noise].concat();
    let together = encoder.encode(&mixed).len();
    // The chunk in which one becomes the other is neither.
    assert!(together < apart + noise.len() / 100, "{together} {apart}");
    check(&mut encoder, &mixed);
}

#[test]
fn a_few_bytes_take_fixed_codes() {
    // Codes of their own would have some 40 bytes before them.
    assert_eq!(Encoder::new().encode(b"hello hello hello hello").len(), 9);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn patchworks_are_read(seed: u64, size in prop_oneof![0..300usize, 0..5000usize, 0..120_000usize, 0..600_000usize]) {
        let mut encoder = Encoder::new();
        encoder.encode(&inputs::patchwork(!seed, size / 2));
        check(&mut encoder, &inputs::patchwork(seed, size));
    }

    #[test]
    fn bytes_of_all_kinds_are_read(parts in prop::collection::vec((0..4usize, any::<u64>(), 0..60_000usize), 0..6)) {
        let part = |(kind, seed, size): &(usize, u64, usize)| match kind {
            0 => inputs::text(*seed, *size),
            1 => inputs::binary(*seed, *size),
            2 => inputs::noise(*seed, *size),
            _ => vec![*seed as u8; *size],
        };
        let input = parts.iter().map(part).collect::<Vec<_>>().concat();
        let mut encoder = Encoder::new();
        encoder.encode(&inputs::tree(1, 50_000));
        check(&mut encoder, &input);
    }
}
