//! The forms that values of settings have.

use lambda_img::scheme::Scheme;
use lambda_img::sign;

/// The form of a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ValueKind {
    /// `true` or `false`.
    Flag,
    /// How many times the option stands there.
    Count,
    /// An integer, at least this.
    Number(u32),
    /// A string; where choices are listed, one of them.
    Text(Vec<String>),
    /// A string, or an array of strings that are one value.
    Program,
    /// An array of strings, or a string for an array of one.
    List,
    /// A table of strings.
    Pairs,
    /// An array of tables, each a step.
    Steps,
}

/// Which part of a value is a path, which is relative to the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PathPart {
    /// None.
    None,
    /// All of it.
    Whole,
    /// What is before the last colon.
    Source,
    /// What follows the scheme of a local image ([`Scheme`]).
    Image,
}

impl PathPart {
    /// A value of a file in a directory (`dir/`, or nothing for the current one), as you would type it here.
    pub fn resolved(self, value: &str, dir: &str) -> String {
        // A key of AWS KMS is not a file.
        let is_absolute = |path: &str| path.starts_with('/') || sign::is_kms_key(path);
        let from = |path: &str| if is_absolute(path) { path.to_owned() } else { format!("{dir}{path}") };
        match self {
            PathPart::Whole | PathPart::Source => from(value),
            PathPart::Image => match Scheme::split(value) {
                Some((scheme, path)) => format!("{scheme}:{}", from(path)),
                None => value.to_owned(),
            },
            PathPart::None => value.to_owned(),
        }
    }
}
