//! Values of options: from text to types, or a reason why not.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use lambda_img::base::{BaseRef, InvalidBase};
use lambda_img::media_type::Family;
use lambda_img::pipeline::{Add, Split};
use lambda_img::tree::ImagePath;

/// A list of words, as one argument.
#[derive(Clone)]
pub struct Words(pub Vec<String>);

#[derive(Clone, Copy, ValueEnum)]
pub enum Format {
    Oci,
    Docker,
}

impl From<Format> for Family {
    fn from(format: Format) -> Self {
        match format {
            Format::Oci => Family::Oci,
            Format::Docker => Family::Docker,
        }
    }
}

#[derive(Clone, Copy, Default, ValueEnum)]
pub enum SplitArg {
    #[default]
    Auto,
    None,
}

impl From<SplitArg> for Split {
    fn from(split: SplitArg) -> Self {
        match split {
            SplitArg::Auto => Split::Auto,
            SplitArg::None => Split::None,
        }
    }
}

/// `K=V`.
pub fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() && !text.contains('\0') => {
            Ok((key.to_owned(), value.to_owned()))
        }
        _ => Err("is not of the form K=V".to_owned()),
    }
}

/// What is checked.
#[derive(Clone)]
pub enum Source {
    Image(BaseRef),
    Function(PathBuf),
}

/// An image, or the path of a function: what is there in the file system, or looks like a path.
pub fn source(text: &str) -> Result<Source, String> {
    let kinds = ["oci:", "oci-archive:", "docker-archive:"];
    let is_path = text.starts_with(['.', '/']) || Path::new(text).exists();
    if is_path && !kinds.iter().any(|kind| text.starts_with(kind)) {
        return Ok(Source::Function(text.into()));
    }
    text.parse().map(Source::Image).map_err(|error: InvalidBase| error.to_string())
}

/// A number of bytes, with a unit or without.
pub fn size(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 7] = [
        ("kB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("B", 1),
    ];
    let (number, unit) =
        UNITS.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit))).unwrap_or((text, 1));
    let bytes = number.trim().parse().ok().and_then(|number: u64| number.checked_mul(unit));
    bytes.ok_or_else(|| "is no number of bytes, such as 250MB or 2GiB".to_owned())
}

/// One word, or a JSON array of words.
pub fn words(text: &str) -> Result<Words, String> {
    if text.starts_with('[') {
        return serde_json::from_str(text)
            .map(Words)
            .map_err(|error| format!("is no JSON array of strings: {error}"));
    }
    if text.is_empty() { Err("is empty".to_owned()) } else { Ok(Words(vec![text.to_owned()])) }
}

/// Words of which the first is a program.
pub fn program(text: &str) -> Result<Words, String> {
    let words = words(text)?;
    if words.0.first().is_none_or(String::is_empty) { Err("names no program".to_owned()) } else { Ok(words) }
}

/// An absolute path of the image.
pub fn absolute(text: &str) -> Result<String, String> {
    if text.starts_with('/') { Ok(text.to_owned()) } else { Err("is not an absolute path".to_owned()) }
}

/// `SRC:DEST`.
pub fn add(text: &str) -> Result<Add, String> {
    let (from, to) = text.rsplit_once(':').ok_or("is not of the form SRC:DEST")?;
    if from.is_empty() {
        return Err("names no file".to_owned());
    }
    let path = ImagePath::absolute(to).map_err(|error| error.to_string())?;
    Ok(Add { from: from.into(), to: path, into: to.ends_with('/') })
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!([size("12"), size("2kB"), size("1 GiB")], [Ok(12), Ok(2000), Ok(1 << 30)]);
        assert!(size("").is_err() && size("1.5GB").is_err() && size("99999999999GiB").is_err());
        assert!(
            matches!(source("./x"), Ok(Source::Function(_)))
                && matches!(source("oci:x"), Ok(Source::Image(_)))
        );
        assert!(add("x").is_err() && add("x:y").is_err() && add(":/y").is_err() && add("x:/a/../b").is_err());
    }
}
