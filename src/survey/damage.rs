//! What is wrong with a layer.

/// Why a layer cannot be read from some point on, as a clause about it: `it ends inside a file`.
pub type Damage = String;
