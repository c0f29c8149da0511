//! Stores and removes logins, in the places where Docker stores them.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::CredentialError;
use super::docker_config::{File, key_of, normal, own_file};
use super::helper::Helpers;
use crate::progress::Progress;
use crate::redact::Secret;
use crate::store::{FileError, parent, read_small, temporary_beside};

/// The most links that lead to a file (as the kernel has it).
const MOST_LINKS: usize = 40;

/// Who keeps a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// The file itself: every user who can read it has the password.
    File(PathBuf),
    /// A credential helper, by its program's name.
    Helper(String),
}

/// Docker's `config.json`, to be changed.
pub struct Logins {
    file: PathBuf,
    helpers: Helpers,
}

impl Logins {
    /// Those in `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`; `None` for a user without a home.
    pub fn from_environment() -> Option<Self> {
        Some(Self { file: own_file()?, helpers: Helpers::default() })
    }

    /// The same, telling of helpers that take their time.
    pub fn with_progress(self, progress: Arc<dyn Progress>) -> Self {
        Self { helpers: Helpers { progress, ..self.helpers }, ..self }
    }

    /// Keeps a user's password for `host` (`host[:port]`): with the helper that the file names for it, else in
    /// the file, of which everything else stays.
    ///
    /// # Errors
    /// Where the file is not Docker's or cannot be written, or the helper fails; then nothing is changed.
    pub fn keep(&self, host: &str, username: &str, password: &Secret) -> Result<Keeper, CredentialError> {
        let mut document = self.read()?;
        let file = self.parsed(&document)?;
        let helper = file.helper(host, &[host.to_owned()]);
        let (entry, keeper) = match helper {
            Some((name, server)) => {
                self.helpers.store(name, server, username, password)?;
                // Marks, as Docker does, that the helper has it.
                (json!({}), Keeper::Helper(format!("docker-credential-{name}")))
            }
            None => {
                let auth = STANDARD.encode(format!("{username}:{}", password.expose()));
                (json!({ "auth": auth }), Keeper::File(self.file.clone()))
            }
        };
        forget(&mut document, host);
        let auths = document.entry("auths").or_insert_with(|| json!({}));
        if let Some(auths) = auths.as_object_mut() {
            auths.insert(key_of(host).to_owned(), entry);
        }
        self.write(&document)?;
        Ok(keeper)
    }

    /// Forgets what the helper and the file have for `host`; whether they had anything.
    ///
    /// # Errors
    /// As [`Logins::keep`].
    pub fn forget(&self, host: &str) -> Result<bool, CredentialError> {
        let mut document = self.read()?;
        let file = self.parsed(&document)?;
        let mut had = false;
        if let Some((name, server)) = file.helper(host, &[host.to_owned()])
            && self.helpers.get(name, server)?.is_some()
        {
            self.helpers.erase(name, server)?;
            had = true;
        }
        if forget(&mut document, host) {
            self.write(&document)?;
            had = true;
        }
        Ok(had)
    }

    fn failed(&self, why: impl ToString) -> CredentialError {
        CredentialError::File { path: self.file.display().to_string(), why: why.to_string() }
    }

    /// All that the file says, also what only others understand.
    fn read(&self) -> Result<Map<String, Value>, CredentialError> {
        match read_small(&self.file) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|cause| self.failed(format!("line {} is not what Docker writes", cause.line()))),
            Err(error) if error.source.kind() == io::ErrorKind::NotFound => Ok(Map::new()),
            Err(error) => Err(self.failed(error.source)),
        }
    }

    fn parsed(&self, document: &Map<String, Value>) -> Result<File, CredentialError> {
        // serde's own message may quote what it read.
        File::deserialize(Value::Object(document.clone()))
            .map_err(|_| self.failed("it is not what Docker writes"))
    }

    /// At once, readable by the user alone, and where a link leads to.
    fn write(&self, document: &Map<String, Value>) -> Result<(), CredentialError> {
        let written = || -> Result<(), FileError> {
            let target = target(&self.file).map_err(FileError::of("read", &self.file))?;
            let (dir, of) = (parent(&target), FileError::of("write", &target));
            // Whatever is missing above is made as it would be without us.
            if let Some(above) = dir.parent().filter(|_| !dir.exists()) {
                fs::create_dir_all(above).map_err(FileError::of("create directory", above))?;
                DirBuilder::new().mode(0o700).create(dir).map_err(FileError::of("create directory", dir))?;
            }
            let temporary = temporary_beside(&target)?;
            let new = temporary.path().join("new");
            let mut text = Vec::new();
            // As Docker indents it.
            let pretty = serde_json::ser::PrettyFormatter::with_indent(b"\t");
            let mut serializer = serde_json::Serializer::with_formatter(&mut text, pretty);
            let made = document.serialize(&mut serializer).map_err(io::Error::from).and_then(|()| {
                let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
                file.write_all(&text)?;
                file.sync_all()?;
                fs::rename(&new, &target)
            });
            made.map_err(of)
        };
        written().map_err(|error| self.failed(format!("{error}: {}", error.source)))
    }
}

/// The file that links lead to, which may be missing.
fn target(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => path = parent(&path).join(fs::read_link(&path)?),
            _ => return Ok(path),
        }
    }
    Err(io::Error::other("too many links lead to it"))
}

/// Removes the entries of a host, whatever they are called; whether there were any. Those of parts of its names
/// (`host/team`) are others.
fn forget(document: &mut Map<String, Value>, host: &str) -> bool {
    let Some(auths) = document.get_mut("auths").and_then(Value::as_object_mut) else { return false };
    let before = auths.len();
    auths.retain(|key, _| normal(key) != host);
    auths.len() != before
}
