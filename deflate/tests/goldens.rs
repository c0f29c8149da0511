//! The bytes for generated inputs, as sums: the same on every machine, and changed by each constant of the encoder. A change
//! is a new layer format of lambda-img. `UPDATE_GOLDENS=1` writes them.

mod inputs;

use lambda_img_deflate::Encoder;

const GOLDENS: &str = include_str!("goldens.txt");

/// FNV-1a, 64 bits: Debian's compiler has no crate that makes better sums.
fn sum(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |sum, &byte| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// In pieces of `size` bytes, one after the other.
fn encoded(input: &[u8], size: usize) -> Vec<u8> {
    let mut encoder = Encoder::new();
    let mut out = Vec::new();
    for piece in input.chunks(size) {
        out.extend(encoder.encode(piece));
    }
    out
}

#[test]
fn every_machine_writes_the_same_bytes() {
    const MIB: usize = 1 << 20;
    let mut lines = String::new();
    let mut line = |name: &str, input: &[u8], size: usize| {
        let out = encoded(input, size);
        lines += &format!("{name} {} {} {:016x}\n", input.len(), out.len(), sum(&out));
    };
    line("nothing", &[], 1);
    let text = inputs::text(1, 30_000);
    for length in [1, 2, 5, 12, 13, 14, 20, 30, 50, 80, 120, 200, 400, 700, 1200, 2500, 6000, 12_000, 30_000]
    {
        line("short-text", &text[..length], length);
    }
    line("tree", &inputs::tree(2, 3 * MIB), MIB);
    line("tree-in-pieces", &inputs::tree(3, MIB), 77_777);
    line("text-longer-than-a-piece", &inputs::text(4, Encoder::PIECE + 50_000), usize::MAX);
    line("binary", &inputs::binary(5, MIB), MIB);
    line("noise", &inputs::noise(6, 300_000), MIB);
    line("zeros", &vec![0; 300_000], MIB);
    for seed in 0..24 {
        line("patchwork", &inputs::patchwork(seed, 200_000), MIB);
    }
    line("skewed", &inputs::skewed(7, 500_000), MIB);
    line("skewed-distances", &inputs::skewed_distances(8, 500_000), MIB);
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::write("tests/goldens.txt", &lines).unwrap();
    } else {
        assert!(lines == GOLDENS, "the encoder writes other bytes:\n{lines}");
    }
}
