//! `Share`: how many of the layers that a registry remembers are made again, to compare.

use std::fmt;
use std::str::FromStr;

use super::share_error::InvalidShare;
use crate::key::{Key, KeyHasher};

/// A share of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Share {
    /// Hundredths of a percent.
    parts: u32,
}

/// All of them.
const ALL: u32 = 10_000;

impl Share {
    /// Whether no key belongs to it.
    pub fn is_empty(self) -> bool {
        self.parts == 0
    }

    /// Whether a key belongs to it; another `seed` chooses other keys.
    pub fn has(self, key: Key, seed: i64) -> bool {
        let mut hasher = KeyHasher::default();
        hasher.update(&seed.to_le_bytes());
        hasher.update(key.as_bytes());
        let [a, b, c, d, ..] = *hasher.finish().as_bytes();
        u32::from_le_bytes([a, b, c, d]) % ALL < self.parts
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts {
            ALL => f.write_str("all"),
            parts => write!(f, "{}%", f64::from(parts) / 100.0),
        }
    }
}

impl FromStr for Share {
    type Err = InvalidShare;

    fn from_str(text: &str) -> Result<Self, InvalidShare> {
        let invalid = || InvalidShare(text.to_owned());
        if text == "all" {
            return Ok(Self { parts: ALL });
        }
        let percent = text.strip_suffix('%').ok_or_else(invalid)?;
        let percent: f64 = percent.parse().map_err(|_| invalid())?;
        if !(0.0..=100.0).contains(&percent) {
            return Err(invalid());
        }
        // Between 0 and 10,000.
        Ok(Self { parts: (percent * 100.0).round() as u32 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_choose_so_many_keys() {
        let chosen = |share: &str, seed| {
            let share: Share = share.parse().unwrap();
            (0..2000u32).filter(|at| share.has(Key::of(&at.to_le_bytes()), seed)).collect::<Vec<_>>()
        };
        assert_eq!((chosen("all", 1).len(), chosen("100%", 1).len(), chosen("0%", 1).len()), (2000, 2000, 0));
        let some = chosen("5%", 1);
        assert!((60..140).contains(&some.len()), "{}", some.len());
        assert_ne!(some, chosen("5%", 2));
        let shown = ["all", "100%", "5%", "0.25%"].map(|share| share.parse::<Share>().unwrap().to_string());
        assert_eq!(shown, ["all", "all", "5%", "0.25%"]);
        for bad in ["", "5", "%", "-1%", "101%", "x%", "NaN%"] {
            assert!(bad.parse::<Share>().is_err(), "{bad}");
        }
    }
}
