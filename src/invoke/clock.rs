//! The time of day, which functions are told.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970.
pub fn since_epoch() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()
}
