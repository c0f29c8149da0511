//! The constants of deflate: RFC 1951, 3.2.5 to 3.2.7.

/// The symbol that ends a block.
pub(crate) const END: usize = 256;

/// The symbol of the first length slot.
pub(crate) const FIRST_LENGTH: usize = 257;

/// Symbols for literals, the end and lengths; symbols for distances.
pub(crate) const LITERALS: usize = 286;
pub(crate) const DISTANCES: usize = 30;

/// Symbols for the lengths of codes.
pub(crate) const CODE_LENGTHS: usize = 19;

pub(crate) const MIN_MATCH: usize = 3;
pub(crate) const MAX_MATCH: usize = 258;

/// The most bytes of a stored block.
pub(crate) const MAX_STORED: usize = 0xffff;

/// Extra bits of each length slot.
pub(crate) const LENGTH_EXTRA: [u8; 29] =
    [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];

/// The least length of each slot, less three.
pub(crate) const LENGTH_BASE: [u8; 29] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192,
    224, 255,
];

/// The slot of a length less three.
pub(crate) const LENGTH_SLOT: [u8; 256] = {
    let mut slots = [0; 256];
    let mut slot = 0;
    let mut length = 0;
    while length < 256 {
        if slot < 28 && length >= LENGTH_BASE[slot + 1] as usize {
            slot += 1;
        }
        slots[length] = slot as u8;
        length += 1;
    }
    slots
};

/// Extra bits of each distance slot. Two of the 32 do not exist: a slot of five bits indexes it without a check.
pub(crate) const DISTANCE_EXTRA: [u8; 32] =
    [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 0, 0];

/// Slot and extra bits of a distance less one.
#[inline(always)]
pub(crate) fn distance_slot(less_one: u32) -> (u32, u32) {
    // The place of the highest bit, at least one; the bit below it tells two slots apart.
    let high = 31 - (less_one | 2).leading_zeros();
    let extra = high - 1;
    let slot = 2 * high + ((less_one >> extra) & 1) - 2 * u32::from(less_one < 2);
    (slot, less_one & ((1 << extra) - 1))
}

/// Lengths of the fixed codes. Symbols 286 and 287 take part in making them.
pub(crate) const FIXED_LITERALS: [u8; 288] = {
    let mut lengths = [8; 288];
    let mut symbol = 144;
    while symbol < 280 {
        lengths[symbol] = if symbol < 256 { 9 } else { 7 };
        symbol += 1;
    }
    lengths
};
pub(crate) const FIXED_DISTANCES: [u8; 32] = [5; 32];

/// In which order the lengths of the codes for code lengths are written.
pub(crate) const CODE_LENGTH_ORDER: [usize; CODE_LENGTHS] =
    [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// Their extra bits: of runs.
pub(crate) const CODE_LENGTH_EXTRA: [u8; CODE_LENGTHS] =
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 3, 7];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_and_their_extra_bits_are_the_tables_of_the_rfc() {
        for length in 0..256 {
            let slot = LENGTH_SLOT[length] as usize;
            let extra = length - LENGTH_BASE[slot] as usize;
            assert!(extra < 1 << LENGTH_EXTRA[slot], "{length}");
        }
        // 3.2.5: 258 has a code of its own, 1 to 4 have one each, 24577 begins the last.
        assert_eq!((LENGTH_SLOT[254], LENGTH_SLOT[255]), (27, 28));
        assert_eq!(
            [0, 1, 2, 3, 4, 24575, 24576, 32767].map(|d| distance_slot(d).0),
            [0, 1, 2, 3, 4, 28, 29, 29]
        );
        let mut base = [0; 30];
        for slot in 1..30 {
            base[slot] = base[slot - 1] + (1 << DISTANCE_EXTRA[slot - 1]);
        }
        for distance in 0..32768 {
            let (slot, extra) = distance_slot(distance);
            assert_eq!(base[slot as usize] + extra, distance);
            assert!(extra < 1 << DISTANCE_EXTRA[slot as usize]);
        }
    }
}
