//! The only clock of the program. It is used for messages and for ages, never for the bytes of an image.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use lambda_img::date::Date;

/// What time it is; of a clock that no calendar follows, the nearest that one does.
pub fn now() -> Timestamp {
    let time = SystemTime::now();
    let nearest = if time < UNIX_EPOCH { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::try_from(time).unwrap_or(nearest)
}

/// The day in UTC.
pub fn today() -> Date {
    Date::of_unix_seconds(now().as_second())
}

/// Nanoseconds since 1970.
pub fn nanoseconds(time: Timestamp) -> i64 {
    i64::try_from(time.as_nanosecond()).unwrap_or(i64::MIN)
}
