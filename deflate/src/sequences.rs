//! Sequences, and their bits: a run of literals, and the match that follows it.

use crate::bits::BitWriter;
use crate::huffman;
use crate::rfc1951::{DISTANCE_EXTRA, END, FIRST_LENGTH, LENGTH_BASE, LENGTH_EXTRA, LENGTH_SLOT, MIN_MATCH};
use crate::room::Room;

#[derive(Clone, Copy, Default)]
pub(crate) struct Sequence {
    /// How many literals there are.
    literals: u32,
    /// The match: length less three in the low eight bits, slot of the distance in five, its extra bits in thirteen.
    copy: u32,
}

/// In the place of a match: there is none.
const NO_COPY: u32 = u32::MAX;

impl Sequence {
    #[inline(always)]
    pub(crate) fn new(literals: usize, length_less_three: usize, slot: u32, extra: u32) -> Self {
        Self { literals: literals as u32, copy: length_less_three as u32 | slot << 8 | extra << 13 }
    }

    pub(crate) fn literals(literals: usize) -> Self {
        Self { literals: literals as u32, copy: NO_COPY }
    }

    /// How many bytes it stands for.
    pub(crate) fn len(self) -> usize {
        let copied = if self.copy == NO_COPY { 0 } else { (self.copy & 255) as usize + MIN_MATCH };
        self.literals as usize + copied
    }
}

/// The codes of a block, as they are written: those of lengths with their extra bits behind them.
pub(crate) struct Codes {
    literal: [u16; 256],
    literal_bits: [u8; 256],
    length: [u32; 256],
    length_bits: [u8; 256],
    distance: [u16; 32],
    distance_bits: [u8; 32],
    end: u16,
    end_bits: u8,
}

impl Codes {
    pub(crate) fn new(literals: &[u8], distances: &[u8]) -> Self {
        let (mut literal_codes, mut distance_codes) = ([0; 288], [0; 32]);
        huffman::codes(literals, &mut literal_codes);
        huffman::codes(distances, &mut distance_codes);
        let mut codes = Self {
            literal: [0; 256],
            literal_bits: [0; 256],
            length: [0; 256],
            length_bits: [0; 256],
            distance: distance_codes,
            distance_bits: [0; 32],
            end: literal_codes[END],
            end_bits: literals[END],
        };
        codes.literal.copy_from_slice(&literal_codes[..256]);
        codes.literal_bits.copy_from_slice(&literals[..256]);
        codes.distance_bits[..distances.len()].copy_from_slice(distances);
        for (length, &slot) in LENGTH_SLOT.iter().enumerate() {
            let slot = usize::from(slot);
            let extra = length as u32 - u32::from(LENGTH_BASE[slot]);
            let bits = literals[FIRST_LENGTH + slot];
            codes.length[length] = u32::from(literal_codes[FIRST_LENGTH + slot]) | extra << bits;
            codes.length_bits[length] = bits + LENGTH_EXTRA[slot];
        }
        codes
    }
}

/// What is kept of three literals.
const KEEP: [[u64; 3]; 4] = [[0; 3], [!0, 0, 0], [!0, !0, 0], [!0; 3]];

/// The bits of the sequences from position `at` on, and of the end of their block. Tells where they end.
///
/// Codes of literals have at most 14 bits: four of them and the seven bits that may be left over fit into 64, and so do three
/// and the flush that a match may need.
#[inline(never)]
pub(crate) fn write(
    sequences: &[Sequence],
    room: &Room,
    mut at: usize,
    codes: &Codes,
    out: &mut BitWriter,
) -> usize {
    // In registers while it runs.
    let (mut bits, mut count, mut end) = (out.bits, out.count, out.at);
    let bytes = &mut out.out[..];
    macro_rules! put {
        ($bits:expr, $count:expr) => {
            bits |= u64::from($bits) << (count & 63);
            count += u32::from($count);
        };
    }
    macro_rules! flush {
        () => {
            bytes[end..end + 8].copy_from_slice(&bits.to_le_bytes());
            end += (count >> 3) as usize;
            bits >>= count & 56;
            count &= 7;
        };
    }
    for sequence in sequences {
        let mut literals = sequence.literals;
        while literals >= 4 {
            for byte in (room.load(at) as u32).to_le_bytes() {
                let byte = usize::from(byte);
                put!(codes.literal[byte], codes.literal_bits[byte]);
            }
            flush!();
            at += 4;
            literals -= 4;
        }
        // None to three: a branch would be foreseen by no processor.
        let few = room.load(at).to_le_bytes();
        for (byte, keep) in few.iter().zip(&KEEP[literals as usize & 3]) {
            let byte = usize::from(*byte);
            put!(u64::from(codes.literal[byte]) & keep, codes.literal_bits[byte] & *keep as u8);
        }
        at += literals as usize;
        if sequence.copy == NO_COPY {
            flush!();
            continue;
        }
        let length = (sequence.copy & 255) as usize;
        let slot = (sequence.copy >> 8) as usize & 31;
        // Seldom more than fits.
        let match_bits = codes.length_bits[length] + codes.distance_bits[slot] + DISTANCE_EXTRA[slot];
        if count + u32::from(match_bits) > 63 {
            flush!();
        }
        put!(codes.length[length], codes.length_bits[length]);
        put!(codes.distance[slot], codes.distance_bits[slot]);
        put!(sequence.copy >> 13, DISTANCE_EXTRA[slot]);
        flush!();
        at += length + MIN_MATCH;
    }
    (out.bits, out.count, out.at) = (bits, count, end);
    out.put(u64::from(codes.end), u32::from(codes.end_bits));
    at
}
