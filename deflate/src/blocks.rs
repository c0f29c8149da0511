//! Sequences into deflate blocks: where a block ends, and which of the three kinds it is.

use crate::bits::BitWriter;
use crate::frequencies::{Frequencies, Tally};
use crate::header::Header;
use crate::huffman;
use crate::log2::Entropy;
use crate::rfc1951::{DISTANCES, END, FIXED_DISTANCES, FIXED_LITERALS, LITERALS, MAX_STORED};
use crate::room::{boxed, Room};
use crate::sequences::{self, Codes, Sequence};

/// The sequences of one chunk: how often a block may end.
pub(crate) const CHUNK: usize = 768;

/// The sequences after which a block ends, whatever they are.
const FULL: usize = 1 << 16;

/// What a block costs besides its symbols, in sixteenths of bits: 150 bytes, half of them for its codes and half for the
/// time that they take.
const BLOCK_COST: u64 = 150 * 8 * 16;

/// The most bits of a literal's code: [`sequences::write`] says why. Those of distances have what deflate allows.
const LITERAL_LIMIT: usize = 14;
const DISTANCE_LIMIT: usize = 15;

/// The kinds of a block (RFC 1951, 3.2.3), behind a bit that says that it is not the last one.
const FIXED: u64 = 1 << 1;
const DYNAMIC: u64 = 2 << 1;

/// More than the bits of a stored block besides its bytes.
const STORED_COST: u64 = 3 + 7 + 32;

/// The block that is being filled, and the chunk behind it.
pub(crate) struct Blocks {
    sequences: Box<[Sequence; FULL + 2 * CHUNK]>,
    /// All of them.
    count: usize,
    /// Those that are the block's; the others are the newest chunk's.
    in_block: usize,
    frequencies: Frequencies,
    /// The entropy of these.
    size: u64,
    /// Of the newest chunk.
    tally: Tally,
    /// Where the block begins in the input.
    from: usize,
    entropy: Entropy,
}

impl Blocks {
    pub(crate) fn new() -> Self {
        let tally = Tally::new();
        Self {
            sequences: boxed(Sequence::default()),
            count: 0,
            in_block: 0,
            frequencies: Frequencies::of(&tally),
            size: 0,
            tally,
            from: 0,
            entropy: Entropy::new(),
        }
    }

    /// Forgets the piece before.
    pub(crate) fn begin(&mut self) {
        self.count = 0;
        self.in_block = 0;
        self.from = 0;
        self.tally = Tally::new();
    }

    /// Where the sequences of a new chunk go, and one more; and what they are counted in.
    pub(crate) fn chunk(&mut self) -> (&mut [Sequence], &mut Tally) {
        (&mut self.sequences[self.count..][..CHUNK + 1], &mut self.tally)
    }

    /// Takes `made` new sequences into the block. Where they differ so much from what is there that codes of their own pay,
    /// that is written first.
    #[inline(never)]
    pub(crate) fn take(&mut self, made: usize, room: &Room, out: &mut BitWriter) {
        self.count += made;
        let new = Frequencies::of(&self.tally);
        self.tally = Tally::new();
        let new_size = new.entropy(&self.entropy);
        if self.in_block > 0 {
            let both = self.frequencies.sum(&new);
            let size = both.entropy(&self.entropy);
            if size <= self.size + new_size + BLOCK_COST && self.count < FULL {
                self.frequencies = both;
                self.size = size;
                self.in_block = self.count;
                return;
            }
            self.write(room, out);
        }
        self.frequencies = new;
        self.size = new_size;
        self.in_block = self.count;
    }

    /// Writes the block as the kind that is smallest.
    #[inline(never)]
    pub(crate) fn write(&mut self, room: &Room, out: &mut BitWriter) {
        if self.in_block == 0 {
            return;
        }
        let mut frequencies = self.frequencies.clone();
        frequencies.literals[END] = 1;
        let (mut literals, mut distances) = ([0; LITERALS], [0; DISTANCES]);
        huffman::lengths(&frequencies.literals, LITERAL_LIMIT, &mut literals);
        huffman::lengths(&frequencies.distances, DISTANCE_LIMIT, &mut distances);
        let header = Header::new(&literals, &distances);

        let dynamic = header.size() + frequencies.size(&literals, &distances);
        let fixed = frequencies.size(&FIXED_LITERALS, &FIXED_DISTANCES);
        let sequences = &self.sequences[..self.in_block];
        let bytes: usize = sequences.iter().map(|sequence| sequence.len()).sum();
        let stored = 8 * bytes as u64 + STORED_COST * (bytes / MAX_STORED + 1) as u64;
        let before = out.position();
        if stored <= dynamic.min(fixed) + 3 {
            out.store(room.input(self.from, bytes));
            self.from += bytes;
        } else {
            let codes = if dynamic < fixed {
                out.put(DYNAMIC, 3);
                header.write(out);
                Codes::new(&literals, &distances)
            } else {
                out.put(FIXED, 3);
                Codes::new(&FIXED_LITERALS, &FIXED_DISTANCES)
            };
            self.from = sequences::write(sequences, room, self.from, &codes, out);
            debug_assert_eq!(out.position() - before, 3 + dynamic.min(fixed));
        }
        self.sequences.copy_within(self.in_block..self.count, 0);
        self.count -= self.in_block;
        self.in_block = 0;
    }
}
