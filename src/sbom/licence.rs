//! Licences as packages state them: expressions of SPDX, or names.

use spdx::{Expression, LicenseItem, ParseMode};

/// A licence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Licence {
    /// An expression of SPDX, with the references in it that SPDX does not define.
    Expression(String, Vec<String>),
    /// Anything else.
    Name(String),
}

/// Identifiers that SPDX has replaced, such as `GPL-2.0`, are in many packages.
const MODE: ParseMode = ParseMode { allow_deprecated: true, ..ParseMode::STRICT };

impl Licence {
    /// What a text states. Names that are nearly those of SPDX, such as `BSD`, are not guessed.
    pub fn of(stated: &str) -> Self {
        match Expression::parse_mode(stated, MODE) {
            Ok(expression) => {
                let references = expression.requirements().filter_map(|one| match &one.req.license {
                    LicenseItem::Other(_) => Some(one.req.license.to_string()),
                    LicenseItem::Spdx { .. } => None,
                });
                Self::Expression(stated.to_owned(), references.collect())
            }
            Err(_) => Self::Name(stated.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_told_from_names() {
        for text in ["MIT", "GPL-2.0", "Apache-2.0 WITH LLVM-exception OR (MIT AND ISC)"] {
            assert_eq!(Licence::of(text), Licence::Expression(text.to_owned(), Vec::new()));
        }
        for text in ["BSD", "Apache 2.0", "SEE LICENSE IN x", "MIT OR", "(((", "🦀"] {
            assert_eq!(Licence::of(text), Licence::Name(text.to_owned()));
        }
        let own = "LicenseRef-x AND MIT";
        assert_eq!(Licence::of(own), Licence::Expression(own.to_owned(), vec!["LicenseRef-x".to_owned()]));
    }
}
