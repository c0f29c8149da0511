//! `Uncompared`: why an entry is not compared with what was made here.

/// An entry that was to be compared cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncompared {
    /// The repository.
    pub repository: String,
    /// Why not. A clause about the entry or the repository.
    pub why: String,
    /// What kind of reason that is.
    pub hindrance: Hindrance,
}

/// What keeps an entry from being compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// The repository has an entry that cannot be used.
    Damaged,
    /// The registry does not accept the credentials, or refuses the entry.
    Denied,
    /// The registry does not answer.
    Silent,
}
