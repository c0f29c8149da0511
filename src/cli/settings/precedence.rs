//! Values of keys: the layer of each, and how a stronger layer overrides a weaker one.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;

use super::keys::{Key, Keys};
use super::kinds::ValueKind;
use super::via_clap;
use crate::cli::options::old_names;

/// Where a value is from. The order is that of the layers, the lowest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// What holds where nothing is said.
    Default,
    /// The file.
    File {
        /// As the user would name it.
        file: String,
        /// From 1.
        line: usize,
        /// The table: `functions.api`.
        section: String,
    },
    /// An environment variable.
    Variable(String),
    /// The command line.
    CommandLine,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File { file, line, section } => write!(f, "{file}:{line} [{section}]"),
            Origin::Variable(name) => write!(f, "environment: {name}"),
            Origin::CommandLine => f.write_str("command line"),
        }
    }
}

/// What a key is set to: the words that its option would be given one by one, `true` or `false` for a
/// flag, a number for a count.
#[derive(Clone, Debug)]
pub struct Value {
    /// Each with where it is from: pairs come from several layers.
    pub words: Vec<(OsString, Origin)>,
    /// Where the whole is from, also where it has no words.
    pub origin: Origin,
}

impl Value {
    /// All from one place.
    pub fn new(words: impl IntoIterator<Item = OsString>, origin: Origin) -> Self {
        Self { words: words.into_iter().map(|word| (word, origin.clone())).collect(), origin }
    }

    /// Whether it leaves a key of this kind as if it were not set.
    pub fn is_off(&self, kind: &ValueKind) -> bool {
        matches!(kind, ValueKind::Flag | ValueKind::Count) && !self.is_on()
    }

    /// Whether it says anything but no.
    pub fn is_on(&self) -> bool {
        self.words.iter().any(|(word, _)| word != "false" && word != "0")
    }
}

/// Values by the names of their keys.
#[derive(Clone, Debug, Default)]
pub struct Values(BTreeMap<String, Value>);

impl Values {
    /// The value of a key.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The same to change.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.0.get_mut(name)
    }

    /// Whether a flag is set, and on.
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(Value::is_on)
    }

    /// Sets a key.
    pub fn set(&mut self, key: &Key, value: Value) {
        self.0.insert(key.name.clone(), value);
    }

    /// The key that a layer sets, and to what: the older form of a key has other words for it.
    pub fn current<'k>(keys: &'k Keys, key: &'k Key, mut value: Value) -> (&'k Key, Value) {
        let Some(now) = keys.get(old_names::SINGLE_LAYER).filter(|_| key.name == old_names::SPLIT) else {
            return (key, value);
        };
        for (word, _) in &mut value.words {
            *word = old_names::single_layer(&word.to_string_lossy()).into();
        }
        (now, value)
    }

    /// Sets a key to one word.
    pub fn set_word(&mut self, keys: &Keys, name: &str, word: OsString, origin: Origin) {
        keys.get(name).into_iter().for_each(|key| self.set(key, Value::new([word.clone()], origin.clone())));
    }

    /// Takes a key away.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// Covers these values with those of a higher layer: pairs are set one by one, everything else as a
    /// whole, and what does not go together with it goes.
    pub fn cover(&mut self, above: &Values, keys: &Keys) {
        for key in keys.iter() {
            let Some(value) = above.0.get(&key.name) else { continue };
            if value.is_on() {
                keys.iter().filter(|other| key.conflicts_with(other)).for_each(|other| {
                    // Of its own layer it was asked before.
                    if above.0.get(&other.name).is_none_or(|other| !other.is_on()) {
                        self.0.remove(&other.name);
                    }
                });
            }
            match self.0.get_mut(&key.name) {
                Some(below) if key.kind == ValueKind::Pairs => {
                    let name = |word: &OsStr| {
                        word.to_string_lossy().split('=').next().unwrap_or_default().to_owned()
                    };
                    let new: Vec<_> = value.words.iter().map(|(word, _)| name(word)).collect();
                    below.words.retain(|(word, _)| !new.contains(&name(word)));
                    below.words.extend(value.words.clone());
                    below.origin = value.origin.clone();
                }
                _ => self.set(key, value.clone()),
            }
        }
    }

    /// The command line that says the same.
    pub fn words(&self, keys: &Keys) -> Vec<OsString> {
        let (mut words, mut arguments) = (Vec::new(), Vec::new());
        for key in keys.iter() {
            let values = self.get(&key.name).into_iter().flat_map(|value| &value.words);
            let values = values.map(|(word, _)| word.as_os_str());
            match key.is_argument() {
                true => arguments.extend(values.map(OsStr::to_owned)),
                false => words.extend(via_clap::typed(key.arg(), values)),
            }
        }
        words.push("--".into());
        words.extend(arguments);
        words
    }
}
