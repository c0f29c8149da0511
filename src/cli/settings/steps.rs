//! `[[functions.NAME.step]]`: the tables of steps, as the JSON objects that `--step` takes.

use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::DeValue;

use super::text::Text;
use crate::cli::options::step::{Form, KEYS};
use crate::cli::show::error::CliError;
use crate::cli::show::usage;

/// The object of a table; its directory is that of the file.
pub fn object(text: &Text<'_>, field: &str, table: &Spanned<DeValue<'_>>) -> Result<String, CliError> {
    let hint = "`[[functions.NAME.step]]`, with `run` and `inputs` below it";
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
            (Form::Text, None) => return Err(wrong("a string", &format!("{key} = \"…\""))),
            (Form::List, None) => list()
                .map(Value::from)
                .ok_or_else(|| wrong("an array of strings", &format!("{key} = [\"…\"]")))?,
        };
        object.insert((*key).to_owned(), value);
    }
    if let Some(key) = ["run", "inputs"].into_iter().find(|key| !object.contains_key(*key)) {
        return Err(usage::file::step_lacks(&text.at(&table.span()), field, key));
    }
    object.insert("dir".to_owned(), text.dir.into());
    Ok(Value::from(object).to_string())
}
