//! Huffman codes of limited length (RFC 1951, 3.2.2).

/// The most symbols of an alphabet.
pub(crate) const SYMBOLS: usize = 288;

/// Symbols that are rarer are sorted by counting.
const COUNTED: usize = 256;

/// Bits of a key below its frequency: those of a symbol.
const SYMBOL_BITS: u32 = 9;

/// Sets the length of each symbol's code: at most `limit` bits, zero where the symbol does not occur. At least two symbols
/// get a code, as some readers refuse fewer. Frequencies are less than 2^23 together.
pub(crate) fn lengths(frequencies: &[u32], limit: usize, lengths: &mut [u8]) {
    lengths.fill(0);
    let mut keys = [0; SYMBOLS];
    let count = sort(frequencies, &mut keys);
    let keys = &keys[..count];
    if count < 2 {
        let only = frequencies.iter().position(|&f| f != 0).unwrap_or(0);
        lengths[only] = 1;
        lengths[usize::from(only == 0)] = 1;
        return;
    }
    let counts = shorten(depths(keys), limit);
    // The rarest get the longest.
    let mut rest = keys.iter();
    for length in (1..=limit).rev() {
        for key in rest.by_ref().take(counts[length] as usize) {
            lengths[(key & ((1 << SYMBOL_BITS) - 1)) as usize] = length as u8;
        }
    }
}

/// Symbols that occur by frequency, then by symbol: keys have the frequency above the symbol. Tells how many there are.
fn sort(frequencies: &[u32], keys: &mut [u32; SYMBOLS]) -> usize {
    let class = |f: u32| (f as usize).min(COUNTED - 1);
    let mut places = [0; COUNTED];
    for &f in frequencies {
        places[class(f)] += 1;
    }
    let mut count = 0;
    for place in &mut places[1..] {
        let here = *place;
        *place = count;
        count += here;
    }
    let frequent = places[COUNTED - 1];
    for (symbol, &f) in frequencies.iter().enumerate().filter(|(_, &f)| f != 0) {
        let place = &mut places[class(f)];
        keys[*place] = f << SYMBOL_BITS | symbol as u32;
        *place += 1;
    }
    // No two keys are equal: every way of sorting gives the same.
    keys[frequent..count].sort_unstable();
    count
}

/// How many symbols have codes of each length, without a limit. By Moffat and Katajainen, in place: weights become the
/// parents of inner nodes, and these depths.
fn depths(keys: &[u32]) -> [u32; 64] {
    let count = keys.len();
    let mut nodes = [0; SYMBOLS];
    for (node, key) in nodes.iter_mut().zip(keys) {
        *node = key >> SYMBOL_BITS;
    }
    let (mut root, mut leaf) = (0, 0);
    for next in 0..count - 1 {
        let mut weight = 0;
        for _ in 0..2 {
            if leaf >= count || (root < next && nodes[root] < nodes[leaf]) {
                weight += nodes[root];
                nodes[root] = next as u32;
                root += 1;
            } else {
                weight += nodes[leaf];
                leaf += 1;
            }
        }
        nodes[next] = weight;
    }
    nodes[count - 2] = 0;
    for node in (0..count - 2).rev() {
        nodes[node] = nodes[nodes[node] as usize] + 1;
    }
    // Of the nodes at a depth, those that are no inner ones are leaves. Frequencies of less than 2^23 together make no
    // tree that is deeper than 34.
    let mut counts = [0; 64];
    let (mut nodes_here, mut depth) = (1, 0);
    let mut inner = nodes[..count - 1].iter().rev().peekable();
    while nodes_here > 0 {
        let mut inner_here = 0;
        while inner.next_if_eq(&&(depth as u32)).is_some() {
            inner_here += 1;
        }
        counts[depth] = nodes_here - inner_here;
        nodes_here = 2 * inner_here;
        depth += 1;
    }
    counts
}

/// Moves codes that are too long to the limit, and makes the code complete again: each time one of the longest goes, and
/// one of the next shorter ones becomes two.
fn shorten(mut counts: [u32; 64], limit: usize) -> [u32; 64] {
    let over: u32 = counts[limit + 1..].iter().sum();
    counts[limit] += over;
    let space =
        |counts: &[u32; 64]| (1..=limit).map(|length| counts[length] << (limit - length)).sum::<u32>();
    for _ in 1 << limit..space(&counts) {
        counts[limit] -= 1;
        let shorter = (1..limit).rev().find(|&length| counts[length] > 0).unwrap_or(1);
        counts[shorter] -= 1;
        counts[shorter + 1] += 2;
    }
    counts
}

/// The codes of symbols with these lengths, their bits as they are written: the first bit of the code is the lowest.
pub(crate) fn codes(lengths: &[u8], codes: &mut [u16]) {
    let mut counts = [0; 16];
    for &length in lengths {
        counts[usize::from(length)] += 1;
    }
    counts[0] = 0;
    let mut next = [0u16; 16];
    for length in 1..16 {
        next[length] = (next[length - 1] + counts[length - 1]) << 1;
    }
    for (code, &length) in codes.iter_mut().zip(lengths) {
        let next = &mut next[usize::from(length)];
        *code = if length == 0 { 0 } else { next.reverse_bits() >> (16 - length) };
        // The last code of sixteen ones is never followed by another.
        *next = next.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rfc1951::{FIXED_DISTANCES, FIXED_LITERALS};

    fn lengths_of(frequencies: &[u32], limit: usize) -> Vec<u8> {
        let mut made = vec![0; frequencies.len()];
        lengths(frequencies, limit, &mut made);
        made
    }

    /// Of 2^`limit`.
    fn space(lengths: &[u8], limit: usize) -> u32 {
        lengths.iter().filter(|&&length| length > 0).map(|&length| 1 << (limit - usize::from(length))).sum()
    }

    #[test]
    fn every_code_is_complete_and_within_its_limit() {
        // Fibonacci's numbers make the deepest tree.
        let mut fibonacci = vec![1, 1];
        while fibonacci.len() < 30 {
            fibonacci.push(fibonacci[fibonacci.len() - 1] + fibonacci[fibonacci.len() - 2]);
        }
        let even = vec![7; 286];
        let steps: Vec<u32> = (0..286).map(|i| i * i % 1009).collect();
        for frequencies in [&fibonacci, &even, &steps, &vec![0, 3, 0, 5]] {
            for limit in [9, 14, 15] {
                let made = lengths_of(frequencies, limit);
                assert_eq!(space(&made, limit), 1 << limit, "{made:?}");
                assert!(made.iter().zip(frequencies).all(|(length, f)| (*length == 0) == (*f == 0)));
            }
        }
        assert_eq!(lengths_of(&[8, 4, 2, 1, 1], 15), [1, 2, 3, 4, 4]);
        assert_eq!(lengths_of(&[8, 4, 2, 1, 1], 3), [1, 3, 3, 3, 3]);
    }

    #[test]
    fn two_symbols_have_a_code_at_least() {
        assert_eq!(lengths_of(&[0, 0, 0], 15), [1, 1, 0]);
        assert_eq!(lengths_of(&[0, 0, 9], 15), [1, 0, 1]);
        assert_eq!(lengths_of(&[9, 0, 0], 15), [1, 1, 0]);
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        // 3.2.2, ABCDEFGH: 010 011 100 101 110 00 1110 1111.
        let mut made = [0; 8];
        codes(&[3, 3, 3, 3, 3, 2, 4, 4], &mut made);
        assert_eq!(made, [0b010, 0b110, 0b001, 0b101, 0b011, 0b00, 0b0111, 0b1111]);
        // 3.2.6.
        let mut fixed = [0; 288];
        codes(&FIXED_LITERALS, &mut fixed);
        assert_eq!(
            [0, 144, 256, 280].map(|symbol| fixed[symbol].reverse_bits() >> 7),
            [0b001100000, 0b110010000, 0, 0b110000000]
        );
        let mut distances = [0; 32];
        codes(&FIXED_DISTANCES, &mut distances);
        assert_eq!(distances[1].reverse_bits() >> 11, 1);
    }
}
