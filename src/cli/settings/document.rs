//! Reads the tables of the file as values of keys. An error names its line.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::keys::{Key, Keys};
use super::kinds::ValueKind;
use super::precedence::{Origin, Value, Values};
use super::steps;
use super::text::{Text, plain};
use crate::cli::show::error::CliError;
use crate::cli::show::usage;

impl Text<'_> {
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
                return Err(usage::file::conflict(&self.at(&name.span()), name.get_ref(), other, *at));
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
        let wrong = || self.mistyped(field, value, &wanted(&key.kind), &example(key));
        let origin = |line| Origin::File { file: self.name.to_owned(), line, section: section.to_owned() };
        let word = |text: &str, span: &Range<usize>, field: &str| match key.refusal(text) {
            Some(why) => Err(usage::file::refused(&self.at(span), field, &why, &key.name, &key.option())),
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
            (ValueKind::Steps, DeValue::Array(array)) => array
                .iter()
                .map(|item| {
                    let step = steps::object(self, field, item)?;
                    word(&step, &item.span(), field)
                })
                .collect::<Result<_, _>>()?,
            (ValueKind::Pairs, DeValue::Table(table)) => {
                let pair = |(name, value): (&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)| {
                    let field = format!("{field}.{}", name.get_ref());
                    let text = value.get_ref().as_str().ok_or_else(|| {
                        let quoted = format!("{} = \"{}\"", name.get_ref(), plain(value.get_ref()));
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
        ValueKind::Steps => "an array of tables".to_owned(),
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
        ValueKind::Steps => format!("[[functions.NAME.{name}]] with `run` and `inputs` below it"),
    }
}
