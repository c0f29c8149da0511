//! `Text`: the text of a settings file, and errors about it by line.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::cli::show::error::CliError;
use crate::cli::show::usage::{self, file::At};

/// The text of a file, and what the file is called here.
pub struct Text<'a> {
    /// As the user would name it.
    pub name: &'a str,
    /// What stands before relative paths: `../`, or nothing.
    pub dir: &'a str,
    /// What it holds.
    pub text: &'a str,
    /// Where its line feeds are: each of thousands of values is asked for its line.
    ends: Vec<usize>,
}

impl<'a> Text<'a> {
    /// Of a file.
    pub fn new(name: &'a str, dir: &'a str, text: &'a str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
        Self { name, dir, text, ends }
    }
}

impl Text<'_> {
    /// The line of a span, from 1.
    pub fn line(&self, span: &Range<usize>) -> usize {
        self.ends.partition_point(|end| *end < span.start) + 1
    }

    /// The line of a span, for messages.
    pub fn at(&self, span: &Range<usize>) -> At<'_> {
        At { file: self.name, line: self.line(span) }
    }

    /// A key that is not one of `known`.
    pub fn unknown(&self, key: &Spanned<DeString<'_>>, table: &str, known: &[&str]) -> CliError {
        let near = nearest(key.get_ref(), known);
        usage::file::unknown_key(&self.at(&key.span()), table, key.get_ref(), near, &known.join(", "))
    }

    /// A value of another type than `wanted`.
    pub fn mistyped(
        &self,
        field: &str,
        value: &Spanned<DeValue<'_>>,
        wanted: &str,
        example: &str,
    ) -> CliError {
        usage::file::wrong_type(&self.at(&value.span()), field, &shown(value.get_ref()), wanted, example)
    }

    /// A table of tables or of values.
    pub fn table<'d, 'i>(
        &self,
        field: &str,
        value: &'d Spanned<DeValue<'i>>,
    ) -> Result<&'d DeTable<'i>, CliError> {
        value.get_ref().as_table().ok_or_else(|| {
            self.mistyped(field, value, "a table", &format!("it as `[{field}]`, with keys below it"))
        })
    }
}

/// The likeliest of `known`, where one is likely. Capitals, `_` and `-` make little difference to people.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |word: &str| word.to_ascii_lowercase().replace('_', "-");
    let word = plain(word);
    let near = known.iter().map(|known| (strsim::jaro_winkler(&word, &plain(known)), *known));
    near.filter(|(likeness, _)| *likeness >= 0.8).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known)
}

/// A value and its type, for messages.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::Table(_) => "a table".to_owned(),
        DeValue::Array(array) => {
            let items: Vec<_> = array.iter().map(|item| literal(item.get_ref())).collect();
            format!("an array, [{}]", items.join(", "))
        }
        DeValue::Integer(_) => format!("an integer, {}", literal(value)),
        value => format!("a {}, {}", value.type_str(), literal(value)),
    }
}

/// A value as TOML has it.
fn literal(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("{text:?}"),
        DeValue::Table(_) => "{ … }".to_owned(),
        DeValue::Array(_) => "[ … ]".to_owned(),
        value => plain(value),
    }
}

/// The same without quotes.
pub fn plain(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(on) => on.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(_) | DeValue::Table(_) => "…".to_owned(),
    }
}
