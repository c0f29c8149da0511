//! `Exchanged`: how much a process took from the registry cache, and how much it wrote.

use std::iter::Sum;

/// What a process took from the registry cache, and what it wrote there. Each entry counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exchanged {
    /// Steps that did not run here, because another machine ran them.
    pub steps: usize,
    /// Trees of files that were not packed here, because another machine packed them.
    pub layers: usize,
    /// Entries that were written.
    pub written: usize,
    /// Entries that were made here and not written: another machine had written them meanwhile.
    pub made_twice: usize,
    /// How many entries were compared with what was made here, and were true, of how many that were found; none where
    /// none are compared.
    pub verified: Option<(usize, usize)>,
}

impl Sum for Exchanged {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            steps: sum.steps + one.steps,
            layers: sum.layers + one.layers,
            written: sum.written + one.written,
            made_twice: sum.made_twice + one.made_twice,
            verified: match (sum.verified, one.verified) {
                (Some((true_ones, all)), Some((more, of))) => Some((true_ones + more, all + of)),
                (sum, one) => sum.or(one),
            },
        })
    }
}
