//! When and how often to try again.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use reqwest::header::HeaderMap;

/// The bounds of trying again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries after the first one.
    pub retries: u32,
    /// The first pause; each further one is twice as long.
    pub first: Duration,
    /// The longest pause of our own making. A `Retry-After` may be longer, within `total`.
    pub longest: Duration,
    /// The most that all pauses of one piece of work take together. The tries themselves do not count:
    /// an upload that breaks after an hour deserves another, and the idle time-out bounds each.
    pub total: Duration,
}

impl Default for RetryPolicy {
    /// Five retries, 1 s doubling to 20 s (as `go-containerregistry` begins), 5 minutes in all.
    fn default() -> Self {
        Self {
            retries: 5,
            first: Duration::from_secs(1),
            longest: Duration::from_secs(20),
            total: Duration::from_secs(300),
        }
    }
}

impl RetryPolicy {
    /// One try and no more.
    pub fn never() -> Self {
        Self { retries: 0, ..Self::default() }
    }

    /// Begins counting.
    pub fn start(&self) -> Backoff {
        Backoff { policy: self.clone(), made: 0, paused: Duration::ZERO }
    }
}

/// The retries of one piece of work.
pub struct Backoff {
    policy: RetryPolicy,
    made: u32,
    paused: Duration,
}

impl Backoff {
    /// Waits before the next try: as long as the server asked, else a random part of a doubling
    /// pause. `false`, at once, where count or time is used up.
    pub fn wait(&mut self, asked: Option<Duration>) -> bool {
        match self.next(asked) {
            Some(pause) => {
                std::thread::sleep(pause);
                true
            }
            None => false,
        }
    }

    /// The pause before the next try, for callers that wait by themselves; none where count or time is used up.
    pub fn next(&mut self, asked: Option<Duration>) -> Option<Duration> {
        self.pause(asked, jitter())
    }

    /// Count and time begin again: something got through.
    pub fn progress(&mut self) {
        self.made = 0;
        self.paused = Duration::ZERO;
    }

    fn pause(&mut self, asked: Option<Duration>, jitter: f64) -> Option<Duration> {
        if self.made >= self.policy.retries {
            return None;
        }
        let doubled =
            self.policy.first.saturating_mul(2u32.saturating_pow(self.made)).min(self.policy.longest);
        // Between half and all of it: clients that failed together do not come back together.
        let pause = asked.unwrap_or_else(|| doubled.mul_f64(0.5 + jitter / 2.0));
        self.made += 1;
        self.paused = self.paused.saturating_add(pause);
        (self.paused <= self.policy.total).then_some(pause)
    }
}

/// A number from 0 to 1. `RandomState` is seeded by the system: enough to spread retries.
fn jitter() -> f64 {
    RandomState::new().hash_one(0u8) as f64 / u64::MAX as f64
}

/// Whether a status means "not now" (GGCR: 408, 429, 5xx); 501 and 505 mean "never".
pub(crate) fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502..=504 | 506..=599)
}

/// How long the server asks to wait: `Retry-After` in seconds, or as a date, which is measured
/// against the answer's own `Date` so that our clock does not matter (RFC 9110, 10.2.3).
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let asked = text("retry-after")?;
    if let Ok(seconds) = asked.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let date = |text: &str| jiff::fmt::rfc2822::parse(text).ok().map(|date| date.timestamp().as_second());
    let seconds = date(asked)? - date(text("date")?)?;
    Some(Duration::from_secs(seconds.max(0).unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> RetryPolicy {
        RetryPolicy {
            retries: 3,
            first: Duration::from_secs(1),
            longest: Duration::from_secs(3),
            total: Duration::from_secs(10),
        }
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_end() {
        let mut backoff = policy().start();
        let pauses: Vec<_> =
            (0..4).map(|_| backoff.pause(None, 1.0).map(|pause| pause.as_secs_f64().round())).collect();
        assert_eq!(pauses, [Some(1.0), Some(2.0), Some(3.0), None]);
        assert_eq!(policy().start().pause(None, 0.0), Some(Duration::from_millis(500)));
        assert!((0.0..=1.0).contains(&jitter()));
    }

    #[test]
    fn the_server_s_wish_counts_within_the_total() {
        let wish = |seconds| policy().start().pause(Some(Duration::from_secs(seconds)), 0.3);
        assert_eq!(wish(9), Some(Duration::from_secs(9)));
        assert_eq!(wish(11), None);
        let mut backoff = policy().start();
        let both = [6, 6].map(|seconds| backoff.pause(Some(Duration::from_secs(seconds)), 0.3));
        assert_eq!(both, [Some(Duration::from_secs(6)), None]);
        assert_eq!(RetryPolicy::never().start().pause(None, 0.0), None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", "7".parse().unwrap());
        assert_eq!(retry_after(&headers), Some(Duration::from_secs(7)));
        headers.insert("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap());
        assert_eq!(retry_after(&headers), None);
        headers.insert("date", "Sun, 06 Nov 1994 08:49:27 GMT".parse().unwrap());
        assert_eq!(retry_after(&headers), Some(Duration::from_secs(10)));
        headers.insert("retry-after", "soon".parse().unwrap());
        assert_eq!(retry_after(&headers), None);
    }
}
