//! Values of options: from text to types, or a reason why not.

use clap::ValueEnum;
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
        assert!(add("x").is_err() && add("x:y").is_err() && add(":/y").is_err() && add("x:/a/../b").is_err());
    }
}
