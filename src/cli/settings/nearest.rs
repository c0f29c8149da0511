//! The settings that hold here: those of the nearest `lambda-img.toml` upward.

use std::env;
use std::path::{Path, PathBuf};

use super::file::{FILE_NAME, File};
use super::keys::Keys;
use super::precedence::{Origin, Values};
use super::text;
use crate::cli::show::error::CliError;

/// What can be set, and what is set for everything below a directory.
#[derive(Default)]
pub struct Settings {
    /// What can be set.
    pub keys: Keys,
    /// The file, where there is one.
    pub file: Option<File>,
}

impl Settings {
    /// The nearest file upward from the current directory, if there is one.
    pub fn find() -> Result<Self, CliError> {
        let keys = Keys::default();
        let here = env::current_dir().map_err(CliError::Here)?;
        let found = here.ancestors().enumerate().find(|(_, dir)| dir.join(FILE_NAME).is_file());
        let Some((up, _)) = found else { return Ok(Self { keys, file: None }) };
        // As the user would name it from here.
        let dir: PathBuf = std::iter::repeat_n("..", up).collect();
        let file = Some(File::read(dir, &keys)?);
        Ok(Self { keys, file })
    }

    /// The names of the functions, in order.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        self.file.iter().flat_map(|file| file.functions.keys().map(String::as_str))
    }

    /// The names of the profiles, in order.
    pub fn profiles(&self) -> impl Iterator<Item = &str> {
        self.file.iter().flat_map(|file| file.profiles.keys().map(String::as_str))
    }

    /// What the file is called from here.
    pub fn file_name(&self) -> Option<&str> {
        self.file.as_ref().map(|file| file.name.as_str())
    }

    /// Whether a word is the name of a function of the file, to the letter.
    pub fn has(&self, word: &str) -> bool {
        self.file.as_ref().is_some_and(|file| file.functions.contains_key(word))
    }

    /// The function of the file that a word was likely meant as.
    pub fn nearest(&self, word: &str) -> Option<&str> {
        text::nearest(word, &self.functions().collect::<Vec<_>>())
    }

    /// The functions of the file at a path; where the file itself is, all of them.
    pub fn at(&self, path: &Path) -> Vec<&str> {
        let (Some(file), Ok(real)) = (&self.file, path.canonicalize()) else { return Vec::new() };
        let is_there = |path: &Path| {
            let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
            path.canonicalize().is_ok_and(|other| other == real)
        };
        // Without a path, a function is where the file is.
        let path_of = |name: &str, values: &Values| {
            let set = values.get("path").or_else(|| file.defaults.get("path"))?.words.last();
            Some(PathBuf::from(set?.0.to_str()?.replace("{name}", name)))
        };
        let is_at = |(name, values): &(&String, &Values)| {
            is_there(&path_of(name, values).unwrap_or_else(|| file.dir.clone()))
        };
        let found: Vec<_> = file.functions.iter().filter(is_at).map(|(name, _)| name.as_str()).collect();
        if found.is_empty() && is_there(&file.dir) { self.functions().collect() } else { found }
    }

    /// Host, key, value and origin of what it says of registries.
    pub fn registries(&self) -> impl Iterator<Item = (&str, &str, &str, &Origin)> {
        self.file.iter().flat_map(|file| file.registries.iter())
    }
}
