//! The version of the checks. Results of an older version are not reused.

use std::sync::LazyLock;

use crate::key::KeyHasher;
use crate::runtime;

/// Raise it by one whenever probes see something else, checks find something else, or either is stored in
/// another form. Caches keep what was seen and found from one run to the next under this number. The test of
/// this file fails where that was forgotten.
pub const CHECKS_VERSION: u32 = 1;

/// The beginning of a key under which something can be kept that probes saw or checks found: another version,
/// or one that knows other runtimes, finds nothing there. What else it depends on has to follow.
pub fn checks_version() -> KeyHasher {
    static BEGINNING: LazyLock<KeyHasher> = LazyLock::new(|| {
        let mut hasher = KeyHasher::default();
        hasher.field(b"checks");
        hasher.update(&CHECKS_VERSION.to_le_bytes());
        for (id, text) in runtime::files() {
            hasher.field(id.as_bytes());
            hasher.field(text.as_bytes());
        }
        hasher
    });
    BEGINNING.clone()
}

#[cfg(test)]
mod tests;
