//! Parses the values of options.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;

use clap::ValueEnum;
use lambda_img::arch::{Arch, UnknownArch};
use lambda_img::build::{Add, values};
use lambda_img::media_type::Family;
use lambda_img::tree::ImagePath;

/// One architecture.
pub fn arch(text: &str) -> Result<Arch, String> {
    if text.contains(',') {
        return Err("is more than one architecture: give only one".to_owned());
    }
    text.parse().map_err(|error: UnknownArch| error.to_string())
}

/// Where to listen: a port of this machine alone, or an address with a port.
pub fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let local = text.strip_prefix("localhost:").unwrap_or(text);
    if let Ok(port) = local.parse::<u16>() {
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    text.parse().map_err(|_| {
        "is not an address: give PORT, localhost:PORT or IP:PORT; a function is named before this option"
            .to_owned()
    })
}

/// A list of words, as one argument.
#[derive(Clone)]
pub struct Words(pub Vec<String>);

#[derive(Clone, Copy, ValueEnum)]
pub enum MediaTypes {
    Oci,
    Docker,
}

impl From<MediaTypes> for Family {
    fn from(types: MediaTypes) -> Self {
        match types {
            MediaTypes::Oci => Family::Oci,
            MediaTypes::Docker => Family::Docker,
        }
    }
}

/// What the older option `--split` takes.
#[derive(Clone, Copy, ValueEnum)]
pub enum SplitArg {
    Auto,
    None,
}

/// `K=V`.
pub fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if values::pair(key, value).is_ok() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("is not of the form K=V".to_owned()),
    }
}

/// One word, or a JSON array of words.
pub fn words(text: &str) -> Result<Words, String> {
    if text.starts_with('[') {
        return serde_json::from_str(text)
            .map(Words)
            .map_err(|error| format!("is not a JSON array of strings: {error}"));
    }
    if text.is_empty() { Err("is empty".to_owned()) } else { Ok(Words(vec![text.to_owned()])) }
}

/// Words of which the first is a program.
pub fn program(text: &str) -> Result<Words, String> {
    let words = words(text)?;
    values::program(&words.0)?;
    Ok(words)
}

/// An absolute path of the image.
pub fn absolute(text: &str) -> Result<String, String> {
    values::absolute(text)?;
    Ok(text.to_owned())
}

/// Bytes, with a unit or without: `5000000`, `5GB` and `1.5 TB` in thousands, `500MiB` in 1024s.
pub fn size(text: &str) -> Result<u64, String> {
    const UNITS: [&str; 5] = ["", "K", "M", "G", "T"];
    let wrong = || format!("is not a size: write a number of bytes, or as in {}", "5GB, 500MiB");
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..digits].parse().map_err(|_| wrong())?;
    let unit = text[digits..].trim().to_ascii_uppercase();
    let (thousands, base) = match unit.strip_suffix("IB") {
        Some(unit) if !unit.is_empty() => (unit, 1024_f64),
        _ => (unit.strip_suffix('B').unwrap_or(&unit), 1000.0),
    };
    let power = UNITS.iter().position(|known| *known == thousands).ok_or_else(wrong)?;
    // `5G` is 5000 to some and 5120 to others.
    if power > 0 && !unit.ends_with('B') {
        return Err(format!("has an ambiguous unit: write {text}B or {text}iB"));
    }
    Ok((number * base.powi(power as i32)) as u64)
}

/// How many threads.
pub fn jobs(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "is not a number of threads: give 1 or more".to_owned())
}

/// `SRC:DEST`.
pub fn add(text: &str) -> Result<Add, String> {
    let (from, to) = text.rsplit_once(':').ok_or("is not of the form SRC:DEST")?;
    if from.is_empty() {
        return Err("does not name a file".to_owned());
    }
    let path = ImagePath::absolute(to).map_err(|error| error.to_string())?;
    Ok(Add { from: from.into(), to: path, into: to.ends_with('/') })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_clear_units() {
        for (text, bytes) in [
            ("0", 0),
            ("12345678901234", 12_345_678_901_234),
            ("10B", 10),
            ("5GB", 5_000_000_000),
            ("5gb", 5_000_000_000),
            ("500 MiB", 500 << 20),
            ("1.5kB", 1500),
            ("2TiB", 2 << 40),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        assert!(size("5G").unwrap_err().contains("write 5GB or 5GiB"));
        for text in ["", "GB", "-1", "5 parsecs", "1.2.3MB", "5iB", "1e9", "5GBB"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn values_parse_or_say_why_not() {
        assert_eq!(pair("A=b=c").unwrap(), ("A".to_owned(), "b=c".to_owned()));
        assert!(pair("A").is_err() && pair("=b").is_err());
        assert_eq!(words(r#"["a", "b"]"#).unwrap().0, ["a", "b"]);
        assert_eq!(words("a b").unwrap().0, ["a b"]);
        assert!(words("[1]").is_err() && words("").is_err());
        let added = add("C:/x:/opt/y/").unwrap();
        assert_eq!(
            (added.from.to_str(), added.to.unwrap().as_str(), added.into),
            (Some("C:/x"), "opt/y", true)
        );
        assert!(add("x").is_err() && add("x:y").is_err() && add(":/y").is_err() && add("x:/a/../b").is_err());
    }
}
