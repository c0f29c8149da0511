//! `Epoch`: the one time that files and documents of an image carry.

use std::str::FromStr;

/// Seconds since 1970-01-01 UTC that every entry of a layer and every date of an image gets.
///
/// Between 0 and 8,589,934,591, the largest an ustar header can hold (POSIX, 11 octal digits).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epoch(u64);

/// The text is not a time that an image can have.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a time in whole seconds since 1970 between 0 and 8589934591")]
pub struct InvalidEpoch(String);

impl Epoch {
    /// The greatest time, in seconds: 11 octal digits.
    pub const MAX: u64 = 0o77777777777;

    /// Seconds since 1970.
    pub fn seconds(self) -> u64 {
        self.0
    }

    /// The time as RFC 3339, in UTC: what `created` fields hold (OCI image specification, config).
    pub fn rfc3339(self) -> String {
        // In range by construction: jiff reaches the year 9999, the greatest epoch 2242.
        let seconds = i64::try_from(self.0).unwrap_or_default();
        jiff::Timestamp::from_second(seconds).unwrap_or_default().to_string()
    }
}

impl Default for Epoch {
    /// 1980-01-01, the least time a zip can hold: some tools refuse to zip older files.
    fn default() -> Self {
        Self(315_532_800)
    }
}

impl FromStr for Epoch {
    type Err = InvalidEpoch;

    /// Parses the value of `SOURCE_DATE_EPOCH` (reproducible-builds.org specification).
    fn from_str(text: &str) -> Result<Self, InvalidEpoch> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = text.parse().ok().filter(|seconds| digits && *seconds <= Self::MAX);
        seconds.map(Self).ok_or_else(|| InvalidEpoch(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_parse_and_print() {
        assert_eq!(Epoch::default().rfc3339(), "1980-01-01T00:00:00Z");
        assert_eq!("0".parse::<Epoch>().unwrap().rfc3339(), "1970-01-01T00:00:00Z");
        assert_eq!("8589934591".parse::<Epoch>().unwrap().rfc3339(), "2242-03-16T12:56:31Z");
        for wrong in ["", "-1", "+1", "1.5", "8589934592", "now"] {
            assert!(wrong.parse::<Epoch>().is_err(), "{wrong}");
        }
    }
}
