//! Reads values of base-manifests that serde does not know: dates, architectures, environment.

use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer, Error};
use toml::value::Datetime;

use crate::arch::Arch;
use crate::date::Date;

/// A TOML local date, for a key that may be absent.
pub fn date<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Date>, D::Error> {
    day(source).map(Some)
}

/// A TOML local date.
pub fn day<'de, D: Deserializer<'de>>(source: D) -> Result<Date, D::Error> {
    let datetime = Datetime::deserialize(source)?;
    if datetime.time.is_some() || datetime.offset.is_some() {
        return Err(D::Error::custom(format!("`{datetime}` is more than a date")));
    }
    datetime.to_string().parse().map_err(D::Error::custom)
}

/// Lambda's names of architectures; not their other names, so that a file has one spelling.
pub fn archs<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<Arch>, D::Error> {
    Vec::<String>::deserialize(source)?.iter().map(|name| arch(name)).collect()
}

/// A table from architecture to tag.
pub fn tags<'de, D: Deserializer<'de>>(source: D) -> Result<BTreeMap<Arch, String>, D::Error> {
    let tags = BTreeMap::<String, String>::deserialize(source)?;
    tags.into_iter().map(|(name, tag)| Ok((arch(&name)?, tag))).collect()
}

/// `NAME=value` entries.
pub fn env<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<String>, D::Error> {
    let entries = Vec::<String>::deserialize(source)?;
    match entries.iter().find(|entry| entry.find('=').is_none_or(|at| at == 0)) {
        Some(entry) => Err(D::Error::custom(format!("`{entry}` is not of the form `NAME=value`"))),
        None => Ok(entries),
    }
}

fn arch<E: Error>(name: &str) -> Result<Arch, E> {
    let found = Arch::ALL.into_iter().find(|arch| arch.lambda() == name);
    found.ok_or_else(|| E::custom(format!("`{name}` is neither `x86_64` nor `arm64`")))
}

#[cfg(test)]
mod tests {
    use crate::runtime::RuntimeProfile;

    #[test]
    fn malformed_files_are_refused() {
        let good = include_str!("../../base-manifests/dotnet10.toml");
        assert!(toml::from_str::<RuntimeProfile>(good).is_ok());
        for (from, to) in [
            ("2028-11-14", "2028-11-14T00:00:00"),
            ("2028-11-14", "\"2028-11-14\""),
            ("\"arm64\"", "\"amd64\""),
            ("arm64 =", "aarch64 ="),
            ("LANG=", "LANG"),
            ("LANG=", "="),
            ("os = ", "operating_system = "),
            ("Amazon Linux 2023", "Amazon Linux 3"),
            ("workdir", "work_dir"),
        ] {
            assert!(good.contains(from));
            let text = good.replacen(from, to, 1);
            assert!(toml::from_str::<RuntimeProfile>(&text).is_err(), "{from} {to}");
        }
    }
}
