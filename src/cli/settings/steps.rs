//! `[[functions.NAME.step]]`: the tables of steps, as the JSON objects that `--step` takes.

use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::DeValue;

use super::text::Text;
use crate::cli::options::step::{Form, KEYS};
use crate::cli::show::error::CliError;

/// The object of a table; its directory is that of the file.
pub fn object(text: &Text<'_>, field: &str, table: &Spanned<DeValue<'_>>) -> Result<String, CliError> {
    let hint = "write `[[functions.NAME.step]]`, and `run` and `inputs` below it";
    let Some(keys) = table.get_ref().as_table() else {
        return Err(text.mistyped(field, table, "an array of tables", hint));
    };
    let mut object = Map::new();
    for (name, value) in keys {
        let known = KEYS.iter().find(|(key, ..)| *key == name.get_ref().as_ref() && *key != "dir");
        let Some((key, form, _)) = known else {
            let known: Vec<_> = KEYS.iter().map(|(key, ..)| *key).filter(|key| *key != "dir").collect();
            return Err(text.unknown(name, &format!("`[[{field}]]`"), &known));
        };
        let list = || {
            let items = value.get_ref().as_array()?.iter();
            items.map(|item| Some(Value::from(item.get_ref().as_str()?))).collect::<Option<Vec<_>>>()
        };
        let wrong = |wanted: &str, hint: &str| text.mistyped(&format!("{field}.{key}"), value, wanted, hint);
        let value = match (form, value.get_ref().as_str()) {
            (_, Some(one)) => Value::from(one),
            (Form::Text, None) => return Err(wrong("a string", &format!("write {key} = \"…\""))),
            (Form::List, None) => list()
                .map(Value::from)
                .ok_or_else(|| wrong("an array of strings", &format!("write {key} = [\"…\"]")))?,
        };
        object.insert((*key).to_owned(), value);
    }
    for (key, why) in [
        ("run", "the command that makes its files"),
        (
            "inputs",
            "what the command reads, as `inputs = [\"requirements.txt\"]`; `[]` where it reads nothing",
        ),
    ] {
        if !object.contains_key(key) {
            let what = format!("`[[{field}]]` has no key `{key}`");
            return Err(text.error(&table.span(), &what, &format!("`{key}` is {why}")));
        }
    }
    object.insert("dir".to_owned(), text.dir.into());
    Ok(Value::from(object).to_string())
}
