//! What stands before a block with codes of its own: their lengths, in runs, in a code of their own (RFC 1951, 3.2.7).

use crate::bits::BitWriter;
use crate::huffman;
use crate::rfc1951::{CODE_LENGTHS, CODE_LENGTH_EXTRA, CODE_LENGTH_ORDER, DISTANCES, FIRST_LENGTH, LITERALS};

/// The most bits of a code for code lengths: three bits hold them.
const LIMIT: usize = 7;

/// Symbols of runs: of the length before, of zeros, of many zeros.
const SAME: usize = 16;
const ZEROS: usize = 17;
const MANY_ZEROS: usize = 18;

pub(crate) struct Header {
    literals: usize,
    distances: usize,
    /// Symbols, and their extra bits above.
    items: [u16; LITERALS + DISTANCES],
    count: usize,
    frequencies: [u32; CODE_LENGTHS],
    lengths: [u8; CODE_LENGTHS],
    /// How many of these are written.
    written: usize,
}

impl Header {
    /// For codes of these lengths.
    pub(crate) fn new(literals: &[u8; LITERALS], distances: &[u8; DISTANCES]) -> Self {
        let used =
            |lengths: &[u8]| lengths.iter().rposition(|&length| length != 0).map_or(0, |last| last + 1);
        let mut header = Self {
            literals: used(literals).max(FIRST_LENGTH),
            distances: used(distances).max(1),
            items: [0; LITERALS + DISTANCES],
            count: 0,
            frequencies: [0; CODE_LENGTHS],
            lengths: [0; CODE_LENGTHS],
            written: 0,
        };
        // Runs go on from the one alphabet to the other.
        let mut all = [0; LITERALS + DISTANCES];
        all[..header.literals].copy_from_slice(&literals[..header.literals]);
        all[header.literals..][..header.distances].copy_from_slice(&distances[..header.distances]);
        let mut rest = &all[..header.literals + header.distances];
        while let Some(&length) = rest.first() {
            let run = rest.iter().take_while(|&&other| other == length).count();
            header.add_run(usize::from(length), run);
            rest = &rest[run..];
        }
        huffman::lengths(&header.frequencies, LIMIT, &mut header.lengths);
        let is_used = |&symbol: &usize| header.lengths[symbol] != 0;
        // At least four (HCLEN).
        header.written = CODE_LENGTH_ORDER.iter().rposition(is_used).map_or(4, |last| (last + 1).max(4));
        header
    }

    fn add_run(&mut self, length: usize, mut run: usize) {
        if length == 0 {
            while run >= 11 {
                let zeros = run.min(138);
                self.add(MANY_ZEROS, zeros - 11);
                run -= zeros;
            }
            if run >= 3 {
                self.add(ZEROS, run - 3);
                run = 0;
            }
        } else if run >= 4 {
            self.add(length, 0);
            run -= 1;
            while run >= 3 {
                let same = run.min(6);
                self.add(SAME, same - 3);
                run -= same;
            }
        }
        for _ in 0..run {
            self.add(length, 0);
        }
    }

    fn add(&mut self, symbol: usize, extra: usize) {
        self.items[self.count] = (symbol | extra << 5) as u16;
        self.count += 1;
        self.frequencies[symbol] += 1;
    }

    /// How many bits it has.
    pub(crate) fn size(&self) -> u64 {
        let symbols = self.lengths.iter().zip(&CODE_LENGTH_EXTRA).zip(&self.frequencies);
        let bits: u32 = symbols.map(|((length, extra), f)| f * u32::from(length + extra)).sum();
        5 + 5 + 4 + 3 * self.written as u64 + u64::from(bits)
    }

    pub(crate) fn write(&self, bits: &mut BitWriter) {
        bits.put((self.literals - FIRST_LENGTH) as u64, 5);
        bits.put((self.distances - 1) as u64, 5);
        bits.put((self.written - 4) as u64, 4);
        for &symbol in &CODE_LENGTH_ORDER[..self.written] {
            bits.put(u64::from(self.lengths[symbol]), 3);
        }
        let mut codes = [0; CODE_LENGTHS];
        huffman::codes(&self.lengths, &mut codes);
        for item in &self.items[..self.count] {
            let symbol = usize::from(item & 31);
            let length = u32::from(self.lengths[symbol]);
            let code = u64::from(codes[symbol]) | u64::from(item >> 5) << length;
            bits.put(code, length + u32::from(CODE_LENGTH_EXTRA[symbol]));
        }
    }
}
