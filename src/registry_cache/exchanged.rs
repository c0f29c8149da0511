//! `Exchanged`: how much a process took from the registry cache, and how much it wrote.

use std::iter::Sum;

use super::share::Share;

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
    /// Entries that were made here and not written, although nothing asked for them before: the repository had them.
    pub already_there: usize,
    /// What was compared with what was made here; none where nothing is compared.
    pub compared: Option<Compared>,
}

/// How many entries were compared with what was made here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Entries that are true.
    pub verified: usize,
    /// Entries that were found.
    pub found: usize,
    /// Steps and layers that the share chose, whether a repository has entries of them or not.
    pub chosen: usize,
    /// The share that was chosen.
    pub share: Share,
}

impl Sum for Exchanged {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            steps: sum.steps + one.steps,
            layers: sum.layers + one.layers,
            written: sum.written + one.written,
            made_twice: sum.made_twice + one.made_twice,
            already_there: sum.already_there + one.already_there,
            compared: match (sum.compared, one.compared) {
                (Some(sum), Some(one)) => Some(Compared {
                    verified: sum.verified + one.verified,
                    found: sum.found + one.found,
                    chosen: sum.chosen + one.chosen,
                    share: sum.share,
                }),
                (sum, one) => sum.or(one),
            },
        })
    }
}
