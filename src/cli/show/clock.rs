//! The only clock of the program. It is used for messages and for ages, never for the bytes of an image.

#[cfg(feature = "aws")]
use std::sync::atomic::{AtomicBool, Ordering};
#[cfg(feature = "aws")]
use std::thread;
#[cfg(feature = "aws")]
use std::time::{Duration, Instant};
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

/// Time since it was made; waits end when the user interrupts.
#[cfg(feature = "aws")]
pub struct Waiting {
    began: Instant,
    interrupted: &'static AtomicBool,
}

#[cfg(feature = "aws")]
impl Waiting {
    /// Begins now.
    pub fn new(interrupted: &'static AtomicBool) -> Self {
        Self { began: Instant::now(), interrupted }
    }
}

#[cfg(feature = "aws")]
impl lambda_img::deploy::Clock for Waiting {
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn sleep(&self, pause: Duration) -> bool {
        // How often it looks whether the user interrupted.
        const LOOK: Duration = Duration::from_millis(100);
        let end = Instant::now() + pause;
        while !self.interrupted.load(Ordering::Relaxed) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            thread::sleep(left.min(LOOK));
        }
        false
    }
}

/// Nanoseconds since 1970.
pub fn nanoseconds(time: Timestamp) -> i64 {
    i64::try_from(time.as_nanosecond()).unwrap_or(i64::MIN)
}
