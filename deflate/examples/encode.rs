//! Encodes a fixed input as often as the argument says, and prints its size: what `.ci/instructions` counts.

#[path = "../tests/inputs/mod.rs"]
#[allow(dead_code)]
mod inputs;

fn main() {
    let rounds = std::env::args().nth(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(1);
    let input = inputs::tree(1, 2 << 20);
    let mut encoder = lambda_img_deflate::Encoder::new();
    for _ in 0..rounds {
        for block in input.chunks(1 << 20) {
            std::hint::black_box(encoder.encode(block));
        }
    }
    println!("{}", input.len());
}
