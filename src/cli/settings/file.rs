//! Reads `lambda-img.toml`, and checks all of it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::keys::Keys;
use super::kinds::ValueKind;
use super::precedence::Values;
use super::registries::Registries;
use super::text::Text;
use crate::cli::options::trust::{self, Decides};
use crate::cli::show::error::CliError;
use crate::cli::show::usage;

/// The name of the file.
pub const FILE_NAME: &str = "lambda-img.toml";

/// The tables that may stand at the top.
pub const TABLES: [&str; 4] = ["defaults", "functions", "profiles", "registries"];

/// What a file says.
pub struct File {
    /// What it is called from here.
    pub name: String,
    /// The directory that it is in, from here; empty for the current one.
    pub dir: PathBuf,
    /// What holds for every function.
    pub defaults: Values,
    /// The functions by name.
    pub functions: BTreeMap<String, Values>,
    /// The profiles by name.
    pub profiles: BTreeMap<String, Values>,
    /// How registries are reached.
    pub registries: Registries,
}

impl File {
    /// Reads the file of a directory. Functions that are not built must be valid too.
    pub fn read(dir: PathBuf, keys: &Keys) -> Result<Self, CliError> {
        let path = dir.join(FILE_NAME);
        let name = path.display().to_string();
        let bytes = trust::read(&path, Decides::Settings)?;
        let text = String::from_utf8(bytes).map_err(|_| usage::file::not_text(&name))?;
        let prefix = if dir.as_os_str().is_empty() { String::new() } else { format!("{}/", dir.display()) };
        let text = Text::new(&name, &prefix, &text);
        let document = DeTable::parse(text.text).map_err(|error| {
            usage::file::not_toml(&text.at(&error.span().unwrap_or_default()), error.message())
        })?;
        let (mut defaults, mut functions, mut profiles) =
            <(Values, BTreeMap<_, _>, BTreeMap<_, _>)>::default();
        let mut registries = Registries::default();
        for (key, value) in document.get_ref() {
            let name: &str = key.get_ref();
            match name {
                "defaults" => defaults = text.settings(name, text.table(name, value)?, keys)?,
                "functions" => functions = named(&text, name, value, keys)?,
                "profiles" => profiles = named(&text, name, value, keys)?,
                "registries" => registries = Registries::read(&text, text.table(name, value)?)?,
                // `[function.orders]` is meant as a table, and `function` is a key too.
                _ if keys
                    .get(name)
                    .is_some_and(|key| key.kind == ValueKind::Pairs || !value.get_ref().is_table()) =>
                {
                    return Err(usage::file::outside_of_tables(&text.at(&key.span()), name));
                }
                _ => return Err(text.unknown(key, "the file", &TABLES)),
            }
        }
        Ok(Self { name: text.name.to_owned(), dir, defaults, functions, profiles, registries })
    }
}

/// A table of tables of settings.
fn named(
    text: &Text<'_>,
    section: &str,
    value: &Spanned<DeValue<'_>>,
    keys: &Keys,
) -> Result<BTreeMap<String, Values>, CliError> {
    let one = |(name, value): (&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)| {
        if !is_name(name.get_ref()) {
            return Err(usage::file::bad_name(&text.at(&name.span()), name.get_ref(), section));
        }
        let field = format!("{section}.{}", name.get_ref());
        Ok((name.get_ref().to_string(), text.settings(&field, text.table(&field, value)?, keys)?))
    };
    text.table(section, value)?.iter().map(one).collect()
}

/// A tag of the OCI distribution specification.
pub fn is_name(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.len() <= 128 && name.starts_with(word) && name.chars().all(|c| word(c) || c == '-' || c == '.')
}
