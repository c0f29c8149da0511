//! How often each symbol occurs.

use crate::log2::Entropy;
use crate::rfc1951::{DISTANCES, DISTANCE_EXTRA, END, FIRST_LENGTH, LENGTH_EXTRA, LENGTH_SLOT, LITERALS};

/// As they are found: lengths by themselves, which is quicker than by their slots.
pub(crate) struct Tally {
    /// Literals, and above them lengths less three.
    pub(crate) literals: [u32; 512],
    /// Distances by their slots; two of which do not exist.
    pub(crate) distances: [u32; 32],
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self { literals: [0; 512], distances: [0; 32] }
    }
}

/// By the symbols of deflate.
#[derive(Clone)]
pub(crate) struct Frequencies {
    pub(crate) literals: [u32; LITERALS],
    pub(crate) distances: [u32; DISTANCES],
}

impl Frequencies {
    pub(crate) fn of(tally: &Tally) -> Self {
        let mut sums = Self { literals: [0; LITERALS], distances: [0; DISTANCES] };
        sums.literals[..END].copy_from_slice(&tally.literals[..END]);
        for (slot, f) in LENGTH_SLOT.iter().zip(&tally.literals[END..]) {
            sums.literals[FIRST_LENGTH + usize::from(*slot)] += f;
        }
        sums.distances.copy_from_slice(&tally.distances[..DISTANCES]);
        sums
    }

    pub(crate) fn sum(&self, other: &Self) -> Self {
        let mut sum = self.clone();
        sum.literals.iter_mut().zip(&other.literals).for_each(|(sum, f)| *sum += f);
        sum.distances.iter_mut().zip(&other.distances).for_each(|(sum, f)| *sum += f);
        sum
    }

    /// In sixteenths of bits, without the extra bits: what the best codes for these frequencies would take.
    pub(crate) fn entropy(&self, entropy: &Entropy) -> u64 {
        entropy.of(&self.literals) + entropy.of(&self.distances)
    }

    /// How many bits symbols with codes of these lengths take, extra bits among them.
    pub(crate) fn size(&self, literals: &[u8], distances: &[u8]) -> u64 {
        let bits = |frequencies: &[u32], lengths: &[u8]| {
            let both = frequencies.iter().zip(lengths);
            both.map(|(&f, &length)| u64::from(f) * u64::from(length)).sum::<u64>()
        };
        bits(&self.literals, literals)
            + bits(&self.distances, distances)
            + bits(&self.literals[FIRST_LENGTH..], &LENGTH_EXTRA)
            + bits(&self.distances, &DISTANCE_EXTRA)
    }
}
