//! Which version of the checks found something: what an older one found is not used.

use crate::key::KeyHasher;

/// The beginning of a key under which something can be kept that this code found: other code finds nothing
/// there. What else it depends on has to follow.
pub fn checks_version() -> KeyHasher {
    let mut hasher = KeyHasher::default();
    hasher.field(env!("LAMBDA_IMG_JUDGES").as_bytes());
    hasher
}
