//! Reads the tables of the file as values of keys. An error names its line.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::keys::{Key, Keys};
use super::kinds::ValueKind;
use super::precedence::{Origin, Value, Values};
use crate::cli::show::error::CliError;

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

    /// Something wrong, and what to do.
    pub fn error(&self, span: &Range<usize>, what: &str, hint: &str) -> CliError {
        CliError::usage(&format!("`{}`, line {}: {what}", self.name, self.line(span)), hint)
    }

    /// A key that is not one of `known`.
    pub fn unknown(&self, key: &Spanned<DeString<'_>>, table: &str, known: &[&str]) -> CliError {
        let what = format!("{table} has no key `{}`", key.get_ref());
        let hint = match nearest(key.get_ref(), known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it has {}", known.join(", ")),
        };
        self.error(&key.span(), &what, &hint)
    }

    /// A value of another type than `wanted`.
    pub fn mistyped(&self, field: &str, value: &Spanned<DeValue<'_>>, wanted: &str, hint: &str) -> CliError {
        let what = format!("`{field}` is {}, and must be {wanted}", shown(value.get_ref()));
        self.error(&value.span(), &what, hint)
    }

    /// A table of tables or of values.
    pub fn table<'d, 'i>(
        &self,
        field: &str,
        value: &'d Spanned<DeValue<'i>>,
    ) -> Result<&'d DeTable<'i>, CliError> {
        value.get_ref().as_table().ok_or_else(|| {
            self.mistyped(field, value, "a table", &format!("write it as `[{field}]` and keys below it"))
        })
    }

    /// The values of a table of settings: `[defaults]`, a function or a profile.
    pub fn settings(&self, section: &str, table: &DeTable<'_>, keys: &Keys) -> Result<Values, CliError> {
        let mut values = Values::default();
        let mut seen: Vec<(&Key, &str, usize)> = Vec::new();
        for (name, value) in table {
            let Some(key) = keys.get(name.get_ref()) else {
                return Err(self.unknown(name, &format!("`[{section}]`"), &keys.names()));
            };
            let line = self.line(&name.span());
            let value = self.value(&format!("{section}.{}", name.get_ref()), section, key, value, line)?;
            let (key, value) = Values::current(keys, key, value);
            // Two names of one key are one too many, unless one of them says no.
            let is_off = value.is_off(&key.kind);
            let conflicts = |other: &Key| other.conflicts_with(key) || other.name == key.name && !is_off;
            if let Some((_, other, at)) = seen.iter().find(|(other, ..)| conflicts(other)) {
                let what = format!("`{}` cannot be set beside `{other}` of line {at}", name.get_ref());
                return Err(self.error(&name.span(), &what, "leave one of them out"));
            }
            if !is_off {
                seen.push((key, name.get_ref(), line));
            }
            // Of two names the new one counts.
            if key.name == **name.get_ref() || values.get(&key.name).is_none() {
                values.set(key, value);
            }
        }
        Ok(values)
    }

    fn value(
        &self,
        field: &str,
        section: &str,
        key: &Key,
        value: &Spanned<DeValue<'_>>,
        line: usize,
    ) -> Result<Value, CliError> {
        let wrong = || self.mistyped(field, value, &wanted(&key.kind), &format!("write {}", example(key)));
        let origin = |line| Origin::File { file: self.name.to_owned(), line, section: section.to_owned() };
        let word = |text: &str, span: &Range<usize>, field: &str| match key.refusal(text) {
            Some(why) => Err(self.error(span, &format!("`{field}`: {why}"), &about(key))),
            None => Ok((key.path.resolved(text, self.dir).into(), origin(self.line(span)))),
        };
        let strings = |array: &toml::de::DeArray<'_>| -> Option<Vec<(String, Range<usize>)>> {
            array.iter().map(|item| Some((item.get_ref().as_str()?.to_owned(), item.span()))).collect()
        };
        let words = match (&key.kind, value.get_ref()) {
            (ValueKind::Flag, DeValue::Boolean(on)) => vec![(on.to_string().into(), origin(line))],
            (ValueKind::Count | ValueKind::Number(_), DeValue::Integer(number)) if number.radix() == 10 => {
                let text = number.as_str().replace('_', "");
                if key.kind == ValueKind::Count && text.parse::<u8>().is_err() {
                    return Err(wrong());
                }
                if key.kind == ValueKind::Count {
                    vec![(text.into(), origin(line))]
                } else {
                    vec![word(&text, &value.span(), field)?]
                }
            }
            (ValueKind::Text(_) | ValueKind::Program | ValueKind::List, DeValue::String(text)) => {
                vec![word(text, &value.span(), field)?]
            }
            (ValueKind::Program, DeValue::Array(array)) => {
                let items = strings(array).ok_or_else(wrong)?;
                let items: Vec<_> = items.into_iter().map(|(text, _)| text).collect();
                vec![word(&serde_json::Value::from(items).to_string(), &value.span(), field)?]
            }
            (ValueKind::List, DeValue::Array(array)) => {
                let items = strings(array).ok_or_else(wrong)?;
                items.iter().map(|(text, span)| word(text, span, field)).collect::<Result<_, _>>()?
            }
            (ValueKind::Pairs, DeValue::Table(table)) => {
                let pair = |(name, value): (&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)| {
                    let field = format!("{field}.{}", name.get_ref());
                    let text = value.get_ref().as_str().ok_or_else(|| {
                        let quoted = format!("write {} = \"{}\"", name.get_ref(), plain(value.get_ref()));
                        self.mistyped(&field, value, "a string", &quoted)
                    })?;
                    word(&format!("{}={text}", name.get_ref()), &name.span(), &field)
                };
                table.iter().map(pair).collect::<Result<_, _>>()?
            }
            _ => return Err(wrong()),
        };
        Ok(Value { words, origin: origin(line) })
    }
}

/// The likeliest of `known`, where one is likely. Capitals, `_` and `-` make little difference to people.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |word: &str| word.to_ascii_lowercase().replace('_', "-");
    let word = plain(word);
    let near = known.iter().map(|known| (strsim::jaro_winkler(&word, &plain(known)), *known));
    near.filter(|(likeness, _)| *likeness >= 0.8).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known)
}

/// The first of many names, for a message.
pub fn some<'n>(names: impl ExactSizeIterator<Item = &'n str>) -> String {
    const SHOWN: usize = 20;
    let more = names.len().saturating_sub(SHOWN);
    let shown: Vec<_> = names.take(SHOWN).map(|name| format!("`{name}`")).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    shown.join(", ") + &more
}

/// What a key of a kind takes.
pub fn wanted(kind: &ValueKind) -> String {
    match kind {
        ValueKind::Flag => "true or false".to_owned(),
        ValueKind::Count => "an integer from 0 to 255".to_owned(),
        ValueKind::Number(least) => format!("an integer, at least {least}"),
        ValueKind::Text(choices) if !choices.is_empty() => format!("one of {}", choices.join(", ")),
        ValueKind::Text(_) => "a string".to_owned(),
        ValueKind::Program => "a string or an array of strings".to_owned(),
        ValueKind::List => "an array of strings".to_owned(),
        ValueKind::Pairs => "a table of strings".to_owned(),
    }
}

fn example(key: &Key) -> String {
    let name = &key.name;
    match &key.kind {
        ValueKind::Flag => format!("{name} = true"),
        ValueKind::Count | ValueKind::Number(_) => format!("{name} = 1"),
        ValueKind::Text(choices) => format!("{name} = \"{}\"", choices.first().map_or("…", |choice| choice)),
        ValueKind::Program => format!("{name} = \"…\" or {name} = [\"…\", \"…\"]"),
        ValueKind::List => format!("{name} = [\"…\"]"),
        ValueKind::Pairs => format!("{name} = {{ KEY = \"…\" }}"),
    }
}

/// The help of an option as a hint.
fn about(key: &Key) -> String {
    format!("`{}` is the option `{}`: `lambda-img build --help` explains it", key.name, key.option())
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
fn plain(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(on) => on.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(_) | DeValue::Table(_) => "…".to_owned(),
    }
}
