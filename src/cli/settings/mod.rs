//! `lambda-img.toml` and `LAMBDA_IMG_…`: what completes a command line.
//!
//! clap's definitions of `build`'s options are the only list of keys there is. Whatever is set becomes
//! words of a command line again, which clap parses as if they had been typed; so a key means, takes
//! and refuses exactly what its option does.
//!
//! ```text
//! clap ─keys→ Keys          lambda-img.toml ─file→ ─────────┐
//!                           LAMBDA_IMG_… ─environment→ ─────┼─choice→ [Function] ─options→ Build
//!                           command line ─environment→ ─────┘
//! ```

pub mod document;
pub mod environment;
pub mod file;
pub mod function;
pub mod function_image;
pub mod keys;
pub mod precedence;
pub mod registries;
pub mod schema;
pub mod select;
pub mod sources;
pub mod trust;

use std::env;
use std::path::{Path, PathBuf};

pub use super::settings::precedence::Origin;
pub use super::settings::select::{all, chosen, meant};
pub use function::Function;
pub use keys::{Key, Keys, Kind};
pub use schema::schema;

use super::Outcome;
use super::options::registries::Network;
use super::settings::precedence::Values;
use super::show::error::CliError;
use file::File;

/// The name of the file.
pub const FILE_NAME: &str = "lambda-img.toml";

/// What is set for everything below a directory.
#[derive(Default)]
pub struct Settings {
    file: Option<File>,
}

impl Settings {
    /// The nearest file upward from the current directory, if there is one.
    pub fn find(keys: &Keys) -> Result<Self, CliError> {
        let here = env::current_dir().map_err(CliError::Here)?;
        let found = here.ancestors().enumerate().find(|(_, dir)| dir.join(FILE_NAME).is_file());
        let Some((up, _)) = found else { return Ok(Self::default()) };
        // As the user would name it from here.
        let dir: PathBuf = std::iter::repeat_n("..", up).collect();
        Ok(Self { file: Some(File::read(dir, keys)?) })
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
        let functions = self.file.iter().flat_map(|file| file.functions.keys().map(String::as_str));
        document::nearest(word, &functions.collect::<Vec<_>>())
    }

    /// The functions of the file at a path; where the file itself is, all of them.
    pub fn at(&self, path: &Path) -> Vec<&str> {
        let (Some(file), Ok(real)) = (&self.file, path.canonicalize()) else { return Vec::new() };
        let is_there = |path: &Path| {
            let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
            path.canonicalize().is_ok_and(|other| other == real)
        };
        // Without a path, a function is where the file is.
        let place = |name: &str, values: &Values| {
            let set = values.get("path").or_else(|| file.defaults.get("path"))?.words.last();
            Some(PathBuf::from(set?.0.to_str()?.replace("{name}", name)))
        };
        let is_at = |(name, values): &(&String, &Values)| {
            is_there(&place(name, values).unwrap_or_else(|| file.dir.clone()))
        };
        let found: Vec<_> = file.functions.iter().filter(is_at).map(|(name, _)| name.as_str()).collect();
        if found.is_empty() && is_there(&file.dir) { self.functions().collect() } else { found }
    }

    /// Host, key, value and origin of what it says of registries.
    pub fn registries(&self) -> impl Iterator<Item = (&str, &str, &str, &Origin)> {
        self.file.iter().flat_map(|file| file.registries.iter())
    }
}

/// Lets file and environment say how a command other than `build` reaches registries: `[registries]`, and
/// what the variables say of hosts where the command line says nothing.
pub fn reach(net: &mut Network) -> Outcome {
    let keys = Keys::new();
    let set = environment::reaching(&keys)?;
    if net.reach.insecure.is_empty() {
        net.reach.insecure = set.reach.insecure;
    }
    if net.mirrors.is_empty() {
        net.mirrors = set.mirrors;
    }
    if net.reach.ca_certs.is_empty() {
        net.reach.ca_certs = set.reach.ca_certs;
    }
    net.offline |= set.offline;
    let settings = Settings::find(&keys)?;
    settings.file.iter().for_each(|file| file.registries.extend(net));
    Ok(())
}
