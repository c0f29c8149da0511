//! The gzip half of layer format 2: one member, of blocks that know nothing of each other.
//!
//! Each block is deflated by itself and ends on a byte boundary: its bytes depend on the block alone, so any number of
//! threads gives the same file.

use std::io;

/// RFC 1952: deflate, no flags, no time, no extra flags, operating system unknown.
pub const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// An empty last block with fixed codes (RFC 1951, 3.2.6): the blocks before it are all alike.
const LAST: [u8; 2] = [3, 0];

/// The most bytes a stored block of deflate can hold (RFC 1951, 3.2.4).
const STORED_MAX: usize = 0xffff;

/// How a block is sampled: eight pieces of 2 KiB at equal distances.
const SAMPLES: usize = 8;
const SAMPLE: usize = 2048;

/// The encoder of one thread: no block leaves a trace in the next.
#[derive(Default)]
pub struct Deflater {
    encoder: lambda_img_deflate::Encoder,
}

impl Deflater {
    /// One block as deflate blocks that end on a byte boundary, none of them the last; `None` if that
    /// is not smaller, so that the block must be stored.
    pub fn deflate(&mut self, block: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let deflated = self.encoder.encode(block);
        Ok(if deflated.len() < stored_len(block) { Some(deflated.to_vec()) } else { None })
    }

    /// Whether deflate saves less than 1/32 of a sample. Small blocks are always tried.
    pub fn is_incompressible(&mut self, block: &[u8]) -> bool {
        if block.len() < 4 * SAMPLES * SAMPLE {
            return false;
        }
        let stride = block.len() / SAMPLES;
        let pieces = (0..SAMPLES).map(|at| &block[at * stride..][..SAMPLE]);
        let sample = pieces.collect::<Vec<_>>().concat();
        self.encoder.encode(&sample).len() > sample.len() - sample.len() / 32
    }
}

/// What follows the last block: the end of the deflate stream, CRC-32 and length of all bytes.
pub fn trailer(crc: u32, size: u64) -> Vec<u8> {
    // RFC 1952: the length modulo 2^32.
    let size = size as u32;
    [&LAST[..], &crc.to_le_bytes(), &size.to_le_bytes()].concat()
}

fn stored_len(block: &[u8]) -> usize {
    block.len() + 5 * block.len().div_ceil(STORED_MAX)
}

/// A block as stored blocks of deflate: the header of each, and its bytes.
pub fn store(block: &[u8]) -> impl Iterator<Item = ([u8; 5], &[u8])> {
    block.chunks(STORED_MAX).map(|piece| {
        // At most 0xffff by the chunking.
        let [a, b] = (piece.len() as u16).to_le_bytes();
        ([0, a, b, !a, !b], piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn noise(len: usize) -> Vec<u8> {
        let mut state = 1u64;
        (0..len)
            .map(|_| {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                (state >> 56) as u8
            })
            .collect()
    }

    #[test]
    fn blocks_join_into_one_member() {
        let text = b"the quick brown fox ".repeat(10_000);
        let blocks = [text.clone(), noise(300_000), Vec::new(), noise(7), text];
        let (mut file, mut encoder) = (HEADER.to_vec(), Deflater::default());
        let mut crc = crc32fast::Hasher::new();
        for block in &blocks {
            match encoder.deflate(block).unwrap() {
                Some(deflated) => file.extend(deflated),
                None => {
                    for (header, piece) in store(block) {
                        file.extend(header);
                        file.extend(piece);
                    }
                }
            }
            crc.update(block);
        }
        let all = blocks.concat();
        file.extend(trailer(crc.finalize(), all.len() as u64));
        let mut back = Vec::new();
        flate2::bufread::GzDecoder::new(&file[..]).read_to_end(&mut back).unwrap();
        assert!(back == all);
        assert!(file.len() < 310_000);
    }

    #[test]
    fn noise_is_stored() {
        let block = noise(1 << 20);
        let mut encoder = Deflater::default();
        assert!(encoder.is_incompressible(&block));
        assert!(encoder.deflate(&block).unwrap().is_none());
        assert!(!encoder.is_incompressible(&b"the quick brown fox ".repeat(50_000)));
        let stored: usize = store(&block).map(|(header, piece)| header.len() + piece.len()).sum();
        assert_eq!(stored, stored_len(&block));
    }
}
