//! `Declared`: all that is declared of a step, as a key; and what of it is another thing than the last time.

use std::collections::{BTreeMap, BTreeSet};
use std::env::consts::{ARCH, OS};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::StepError;
use super::spec::{Expanded, Step};
use crate::epoch::Epoch;
use crate::input::{InputError, Selected, Selection};
use crate::key::{Key, KeyHasher};
use crate::pack::LAYER_FORMAT;
use crate::tree::file_facts::Facts;

/// The meaning of keys: what another version of the program remembers for other reasons is not found.
const FORM: &[u8] = b"lambda-img step 1";

/// The meaning of keys that machines share.
const SHARED_FORM: &[u8] = b"lambda-img shared step 1";

/// The part of what is declared that no other machine has.
const DIRECTORY: &str = "the directory";

/// All that decides what a step makes, as far as it is declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// In an order that does not change: what each part is called, and a key of it.
    parts: Vec<(String, [u8; 32])>,
}

/// Why a step ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It never ran to its end here.
    New,
    /// These parts of what is declared are other ones than the last time: `` `requirements.txt` ``, for example.
    Changed(Vec<String>),
    /// Its layer is remembered no more, or damaged.
    Forgotten,
    /// Another machine had made it, whose result cannot be had any more.
    NotTaken,
    /// What it makes is compared with what another machine made.
    Compared,
    /// It was asked to.
    Asked,
    /// Nothing is remembered.
    NoCache,
}

impl fmt::Display for Cause {
    /// A clause about the step.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::New => f.write_str("it never ran here"),
            Cause::Changed(parts) => {
                let first = parts.first().map(String::as_str).unwrap_or_default();
                match parts.len() {
                    0 | 1 => write!(f, "{first} changed"),
                    count => write!(f, "{first} and {} more changed", count - 1),
                }
            }
            Cause::Forgotten => f.write_str("what it made is no longer in the cache"),
            Cause::NotTaken => {
                f.write_str("the registry cache had its result before, and does not give it now")
            }
            Cause::Compared => f.write_str("its result is compared with the registry cache"),
            Cause::Asked => f.write_str("it was asked to"),
            Cause::NoCache => f.write_str("nothing is remembered"),
        }
    }
}

impl Declared {
    /// The key.
    pub fn key(&self) -> Key {
        let mut hasher = KeyHasher::default();
        hasher.field(FORM);
        for (name, key) in &self.parts {
            hasher.field(name.as_bytes());
            hasher.update(key);
        }
        hasher.finish()
    }

    /// The key of the same step on any machine of this kind: `place` is its directory as others have it, too.
    pub fn shared_key(&self, place: &Path) -> Key {
        let mut hasher = KeyHasher::default();
        for field in [SHARED_FORM, OS.as_bytes(), ARCH.as_bytes(), place.as_os_str().as_encoded_bytes()] {
            hasher.field(field);
        }
        for (name, key) in self.parts.iter().filter(|(name, _)| name != DIRECTORY) {
            hasher.field(name.as_bytes());
            hasher.update(key);
        }
        hasher.finish()
    }

    /// Why a step that was built so `before` runs now.
    pub fn cause(&self, before: Option<&LastTime>) -> Cause {
        let Some(before) = before else { return Cause::New };
        let of = |declared: &Self| declared.parts.iter().cloned().collect::<BTreeMap<_, _>>();
        let (old, new) = (of(&before.declared), of(self));
        let gone = old.keys().filter(|name| !new.contains_key(*name));
        let other = new.iter().filter(|(name, key)| old.get(*name) != Some(key)).map(|(name, _)| name);
        let changed: Vec<_> = other.chain(gone).cloned().collect();
        match (changed.is_empty(), before.is_taken) {
            (false, _) => Cause::Changed(changed),
            (true, false) => Cause::Forgotten,
            (true, true) => Cause::NotTaken,
        }
    }
}

/// A step as it was built last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastTime {
    /// What was declared of it.
    pub declared: Declared,
    /// Whether another machine had made it.
    pub is_taken: bool,
}

impl LastTime {
    /// As bytes; `None` where it has no form.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        postcard::to_stdvec(self).ok()
    }

    /// What these bytes say, if anything.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
}

/// What is declared of a step, for a runtime of this name, whose layer gets the time `epoch`. `said` gives the output of
/// a command of `versions`; `written` are paths that the build itself writes.
///
/// # Errors
/// [`StepError`]: an input that is missing or cannot be read, and those of `said`.
pub fn declare(
    step: &Step,
    expanded: &Expanded,
    (runtime, epoch): (&str, Epoch),
    (facts, written): (&Facts, &[PathBuf]),
    said: &dyn Fn(&str) -> Result<Vec<u8>, StepError>,
) -> Result<Declared, StepError> {
    let mut parts: Vec<(String, Key)> = Vec::new();
    let mut part = |name: &str, bytes: &[u8]| parts.push((name.to_owned(), Key::of(bytes)));
    // Two projects may say the same of commands that read more than is declared: neither gets what the other made.
    part(DIRECTORY, step.real_dir().as_os_str().as_encoded_bytes());
    part("the command", expanded.run.as_bytes());
    part("`to`", expanded.to.as_ref().map(|path| path.as_str()).unwrap_or_default().as_bytes());
    part("the runtime", runtime.as_bytes());
    part("the time of the image", &epoch.seconds().to_le_bytes());
    part("the layer format", &LAYER_FORMAT.to_le_bytes());
    for (name, value) in &step.env {
        part(&format!("variable `{name}`"), value.as_encoded_bytes());
    }
    for command in &expanded.versions {
        part(&format!("what `{command}` prints"), &said(command)?);
    }
    let unusable = |source| StepError::Input { step: step.name.clone(), source };
    for Reads { prefix, root, selection } in reads(step, expanded)? {
        let (files, missing) = selection.files(&root, written).map_err(unusable)?;
        if let Some(input) = missing {
            let (input, dir) = (format!("{prefix}{input}"), step.dir().display().to_string());
            return Err(StepError::MissingInput { step: step.name.clone(), input, dir });
        }
        for file in &files {
            let key = file_key(file, facts).map_err(unusable)?;
            parts.push((format!("`{prefix}{}`", file.path), key));
        }
    }
    Ok(Declared { parts: parts.into_iter().map(|(name, key)| (name, *key.as_bytes())).collect() })
}

/// The files that a step declares to read, free of links, of a step whose inputs are all there.
///
/// # Errors
/// [`StepError::Input`].
pub fn inputs(step: &Step, expanded: &Expanded, written: &[PathBuf]) -> Result<BTreeSet<PathBuf>, StepError> {
    let unusable = |source| StepError::Input { step: step.name.clone(), source };
    let mut all = BTreeSet::new();
    for Reads { root, selection, .. } in reads(step, expanded)? {
        let (files, _) = selection.files(&root, written).map_err(unusable)?;
        all.extend(files.iter().filter_map(|file| fs::canonicalize(root.join(&file.path)).ok()));
    }
    Ok(all)
}

/// What a step reads below one directory, by names alone.
pub struct Reads {
    /// How the inputs that are meant lead there: `../`, once for each directory above the step's own.
    pub prefix: String,
    /// The directory.
    pub root: PathBuf,
    /// What is meant there.
    pub selection: Selection,
}

/// What a step reads, whether or not it is there.
///
/// # Errors
/// [`StepError::Input`]: a malformed pattern.
pub fn reads(step: &Step, expanded: &Expanded) -> Result<Vec<Reads>, StepError> {
    let reads = |(prefix, root, patterns): (String, PathBuf, Vec<String>)| {
        let selection = Selection::new(patterns.iter().map(String::as_str)).map_err(InputError::from);
        let selection = selection.map_err(|source| StepError::Input { step: step.name.clone(), source })?;
        Ok(Reads { prefix, root, selection })
    };
    roots(step.dir(), &expanded.inputs).into_iter().map(reads).collect()
}

/// Inputs by the directory that they are relative to: those that begin with `../` are looked for above.
fn roots(dir: &Path, inputs: &[String]) -> Vec<(String, PathBuf, Vec<String>)> {
    let mut roots: Vec<(String, PathBuf, Vec<String>)> = Vec::new();
    for input in inputs {
        let (not, mut rest) = match input.strip_prefix('!') {
            Some(rest) => ("!", rest),
            None => ("", input.as_str()),
        };
        let mut prefix = String::new();
        while let Some(below) = rest.strip_prefix("../") {
            prefix += "../";
            rest = below;
        }
        let (root, pattern) = (dir.join(&prefix), format!("{not}{rest}"));
        match roots.iter_mut().find(|(other, ..)| *other == prefix) {
            Some((.., patterns)) => patterns.push(pattern),
            None => roots.push((prefix, root, vec![pattern])),
        }
    }
    roots
}

/// A key of a file that is read: its kind, whether it can be executed, where it leads to, its bytes.
fn file_key(file: &Selected, facts: &Facts) -> Result<Key, InputError> {
    let mut hasher = KeyHasher::default();
    hasher.update(&[
        u8::from(file.executable),
        u8::from(file.target.is_some()),
        u8::from(file.content.is_some()),
    ]);
    hasher.field(file.target.as_deref().unwrap_or_default().as_bytes());
    if let Some(content) = &file.content {
        let key = content
            .key(facts)
            .map_err(|source| InputError::Read { path: content.origin().into(), source })?;
        hasher.update(key.as_bytes());
    }
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(parts: &[(&str, u8)]) -> Declared {
        Declared { parts: parts.iter().map(|(name, key)| ((*name).to_owned(), [*key; 32])).collect() }
    }

    #[test]
    fn causes_name_what_changed() {
        let old = declared(&[("the command", 1), ("`a`", 1), ("`b`", 1)]);
        let new = declared(&[("the command", 1), ("`a`", 2), ("`c`", 1)]);
        assert_eq!(new.cause(None), Cause::New);
        let made = |is_taken| LastTime { declared: old.clone(), is_taken };
        let changed = Cause::Changed(["`a`", "`c`", "`b`"].map(str::to_owned).to_vec());
        assert_eq!(new.cause(Some(&made(false))), changed);
        assert_eq!(new.cause(Some(&made(true))), changed);
        assert_eq!(old.cause(Some(&made(false))), Cause::Forgotten);
        assert_eq!(old.cause(Some(&made(true))), Cause::NotTaken);
        assert_ne!(old.key(), new.key());
        assert_eq!(LastTime::from_bytes(&made(true).to_bytes().unwrap()), Some(made(true)));
    }

    #[test]
    fn inputs_above_have_roots_of_their_own() {
        let inputs = ["a", "../b/*", "!c", "../../d", "!../b/x"].map(str::to_owned);
        let roots = roots(Path::new("fn"), &inputs);
        let shown: Vec<_> = roots
            .iter()
            .map(|(_, root, inputs)| format!("{} {}", root.display(), inputs.join(" ")))
            .collect();
        assert_eq!(shown, ["fn/ a !c", "fn/../ b/* !b/x", "fn/../../ d"]);
    }
}
