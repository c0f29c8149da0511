//! Days of the calendar.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A day of the calendar, without a time of day and a time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// The text is not a day of the calendar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a date of the form YYYY-MM-DD")]
pub struct InvalidDate(String);

impl Date {
    /// The day, where the calendar has it. Years end at 9999, months and days begin with 1.
    pub const fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let last = match month {
            2 if is_leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        if year <= 9999 && 1 <= day && day <= last { Some(Self { year, month, day }) } else { None }
    }

    /// The day in UTC of a time in seconds since 1970; of one that no calendar follows, the nearest that one does, and the
    /// first of 1970 before the year 0.
    pub fn of_unix_seconds(seconds: i64) -> Self {
        let nearest = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
        Self::of(TimeZone::UTC.to_datetime(Timestamp::from_second(seconds).unwrap_or(nearest)).date())
    }

    /// The same day; the first of 1970 for one before the year 0.
    pub(crate) fn of(date: jiff::civil::Date) -> Self {
        match (date.year().try_into(), date.month().try_into(), date.day().try_into()) {
            (Ok(year), Ok(month), Ok(day)) => Self { year, month, day },
            _ => Self::default(),
        }
    }

    /// How many days `other` is later than this one; negative where it is earlier.
    pub fn days_until(self, other: Self) -> i32 {
        other.number() - self.number()
    }

    /// Days since one day long ago: a year begins with March here, so that a leap day is its last.
    fn number(self) -> i32 {
        let (year, month) = match self.month {
            1 | 2 => (i32::from(self.year) - 1, i32::from(self.month) + 9),
            month => (i32::from(self.year), i32::from(month) - 3),
        };
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        // March to July and August to December have 31, 30, 31, 30 and 31 days: 153 in all.
        365 * year + leap_days + (153 * month + 2) / 5 + i32::from(self.day)
    }
}

impl Default for Date {
    /// The first day of 1970.
    fn default() -> Self {
        Self { year: 1970, month: 1, day: 1 }
    }
}

impl FromStr for Date {
    type Err = InvalidDate;

    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        let parse = || {
            let is_digits = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
            let mut parts = text.splitn(3, '-').filter(is_digits);
            let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
            let lengths = [year.len(), month.len(), day.len()] == [4, 2, 2];
            let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
            lengths.then_some(date)
        };
        parse().ok_or_else(|| InvalidDate(text.chars().take(40).collect()))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for text in ["2026-11-27", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"] {
            assert_eq!(text.parse::<Date>().unwrap().to_string(), text);
        }
        for text in [
            "2026-2-03",
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-04-31",
            "+026-04-01",
            "x",
        ] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
    }

    #[test]
    fn days_between_two_are_counted_as_jiff_counts_them() {
        let day = |date: jiff::civil::Date| {
            let part = |number: i8| u8::try_from(number).unwrap();
            Date::new(date.year().try_into().unwrap(), part(date.month()), part(date.day())).unwrap()
        };
        let (first, mut next) = (jiff::civil::date(1999, 12, 31), jiff::civil::date(1999, 12, 31));
        for count in 0..5000 {
            assert_eq!(day(first).days_until(day(next)), count);
            assert_eq!(day(next).days_until(day(first)), -count);
            next = next.tomorrow().unwrap();
        }
    }
}
