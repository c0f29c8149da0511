//! The time of day, which functions are told.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::date::Date;

/// Milliseconds since 1970.
pub fn since_epoch() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()
}

/// A time in milliseconds since 1970, in UTC, as Lambda writes it: `2026-01-01T00:00:00.000Z`.
pub fn utc(milliseconds: u128) -> String {
    let seconds = i64::try_from(milliseconds / 1000).unwrap_or(i64::MAX);
    let (of_day, rest) = (seconds % 86_400, milliseconds % 1000);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{}T{hour:02}:{minute:02}:{second:02}.{rest:03}Z", Date::of_unix_seconds(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_utc() {
        assert_eq!(utc(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(utc(1_767_225_599_042), "2025-12-31T23:59:59.042Z");
    }
}
