//! Credentials that `docker login` and `podman login` have stored.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::helper::Helpers;
use super::{Credential, CredentialError, Keychain, Resolved};
use crate::progress::Progress;
use crate::redact::Secret;
use crate::store::read_small;

/// Where Docker keeps the credentials of Docker Hub.
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";

/// The files with credentials, in the order in which they are asked: `$DOCKER_CONFIG/config.json` or
/// `~/.docker/config.json`, then `$REGISTRY_AUTH_FILE`, or `$XDG_RUNTIME_DIR/containers/auth.json`
/// and `$XDG_CONFIG_HOME/containers/auth.json` (containers-auth.json(5)).
pub struct DockerConfig {
    files: Vec<PathBuf>,
    helpers: Helpers,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct File {
    auths: BTreeMap<String, Auth>,
    creds_store: Option<String>,
    cred_helpers: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Auth {
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
    registrytoken: String,
}

impl DockerConfig {
    /// The files of this machine's user.
    pub fn from_environment() -> Self {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let folder = |name: &str| variable(name).map(PathBuf::from);
        let home = folder("HOME");
        let under_home = |path: &str| home.as_ref().map(|home| home.join(path));
        let containers = "containers/auth.json";
        let podman = match folder("REGISTRY_AUTH_FILE") {
            Some(file) => vec![Some(file)],
            None => vec![
                folder("XDG_RUNTIME_DIR").map(|folder| folder.join(containers)),
                folder("XDG_CONFIG_HOME")
                    .or_else(|| under_home(".config"))
                    .map(|folder| folder.join(containers)),
            ],
        };
        let files = std::iter::once(own_file()).chain(podman).flatten().collect();
        Self::new(files)
    }

    /// These files, asked in order; those that do not exist are passed over.
    pub fn new(files: Vec<PathBuf>) -> Self {
        Self { files, helpers: Helpers::default() }
    }

    /// The same with another time-out for helpers.
    pub fn with_helper_limit(self, helper_limit: Duration) -> Self {
        Self { helpers: Helpers { limit: helper_limit, ..self.helpers }, ..self }
    }

    /// The same with helpers looked for in this folder instead of `PATH`.
    pub fn with_helper_path(self, folder: PathBuf) -> Self {
        Self { helpers: Helpers { folder: Some(folder), ..self.helpers }, ..self }
    }

    /// The same, telling of helpers that take their time.
    pub fn with_progress(self, progress: Arc<dyn Progress>) -> Self {
        Self { helpers: Helpers { progress, ..self.helpers }, ..self }
    }

    fn ask(&self, path: &Path, host: &str, repository: &str) -> Result<Option<Resolved>, CredentialError> {
        let failed = |why: String| CredentialError::File { path: path.display().to_string(), why };
        let bytes = match read_small(path) {
            Ok(bytes) => bytes,
            Err(error) if error.source.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error.source.to_string())),
        };
        // Line and column only: serde's own message may quote what it read.
        let file: File = serde_json::from_slice(&bytes)
            .map_err(|cause| failed(format!("line {} is not what Docker writes", cause.line())))?;
        let found = |credential, provider| Resolved { credential, provider, ..Resolved::anonymous() };
        // A helper of its own for the host, then the store, then what the file itself holds.
        let keys = keys(host, repository);
        if let Some((name, server)) = file.helper(host, &keys)
            && let Some(credential) = self.helpers.get(name, server)?
        {
            return Ok(Some(found(credential, format!("docker-credential-{name}"))));
        }
        for key in &keys {
            for (name, auth) in file.auths.iter().filter(|(name, _)| normal(name) == *key) {
                // `{}` only marks that a store holds the credential.
                if let Some(credential) =
                    auth.credential().map_err(|why| failed(format!("`{name}`: {why}")))?
                {
                    return Ok(Some(found(credential, format!("`{}`", path.display()))));
                }
            }
        }
        Ok(None)
    }
}

impl File {
    /// The helper that is responsible for one of these keys of `host`, and the key to ask for.
    pub(super) fn helper<'f>(&'f self, host: &'f str, keys: &[String]) -> Option<(&'f str, &'f str)> {
        let own = keys.iter().find_map(|key| self.cred_helpers.iter().find(|(name, _)| normal(name) == *key));
        let (name, server) = match (own, &self.creds_store) {
            (Some((key, name)), _) => (name, key.as_str()),
            (None, Some(name)) => (name, key_of(host)),
            (None, None) => return None,
        };
        (!name.is_empty()).then_some((name, server))
    }
}

/// The file of Docker's own, whether or not it is there.
pub(super) fn own_file() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let docker = folder("DOCKER_CONFIG").or_else(|| folder("HOME").map(|home| home.join(".docker")));
    docker.map(|folder| folder.join("config.json"))
}

/// What Docker calls a host in its file and before its helpers.
pub(super) fn key_of(host: &str) -> &str {
    if host == "docker.io" { DOCKER_HUB_KEY } else { host }
}

impl Keychain for DockerConfig {
    fn resolve(&self, host: &str, repository: &str) -> Result<Option<Resolved>, CredentialError> {
        for path in &self.files {
            if let Some(found) = self.ask(path, host, repository)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

impl Auth {
    fn credential(&self) -> Result<Option<Credential>, &'static str> {
        if !self.registrytoken.is_empty() {
            return Ok(Some(Credential::Bearer(Secret::new(&*self.registrytoken))));
        }
        if !self.identitytoken.is_empty() {
            return Ok(Some(Credential::Identity(Secret::new(&*self.identitytoken))));
        }
        if !self.auth.is_empty() {
            let decoded = STANDARD.decode(self.auth.trim()).map_err(|_| "its `auth` is not base64")?;
            let decoded = String::from_utf8(decoded).map_err(|_| "its `auth` is not text")?;
            let (username, password) = decoded.split_once(':').ok_or("its `auth` is not user:password")?;
            // Docker pads old entries with NUL.
            let password = Secret::new(password.trim_matches('\0'));
            return Ok(Some(match username {
                "<token>" => Credential::Identity(password),
                _ => Credential::Basic { username: username.to_owned(), password },
            }));
        }
        Ok((!self.username.is_empty()).then(|| Credential::Basic {
            username: self.username.clone(),
            password: Secret::new(&*self.password),
        }))
    }
}

/// The keys under which a repository's credential may stand, most particular first:
/// `host/a/b`, `host/a`, `host`.
fn keys(host: &str, repository: &str) -> Vec<String> {
    let mut path = format!("{host}/{repository}");
    let mut keys = vec![path.clone()];
    while let Some(slash) = path.rfind('/') {
        path.truncate(slash);
        keys.push(path.clone());
    }
    keys
}

/// A key of the file without scheme, `/v1/`, `/v2/` and the aliases of Docker Hub.
pub(super) fn normal(key: &str) -> String {
    let bare = key.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/');
    let bare = bare.strip_suffix("/v1").or_else(|| bare.strip_suffix("/v2")).unwrap_or(bare);
    match bare {
        "index.docker.io" | "registry-1.docker.io" => "docker.io".to_owned(),
        _ => match bare.split_once('/') {
            Some((host, path)) => format!("{}/{path}", host.to_ascii_lowercase()),
            None => bare.to_ascii_lowercase(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(json: &str, host: &str, repository: &str) -> Result<Option<Credential>, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), json).unwrap();
        DockerConfig::new(vec!["/no/such/file".into(), file.path().into()])
            .resolve(host, repository)
            .map(|found| found.map(|found| found.credential))
            .map_err(|error| error.to_string())
    }

    fn basic(username: &str, password: &str) -> Option<Credential> {
        Some(Credential::Basic { username: username.into(), password: Secret::new(password) })
    }

    #[test]
    fn the_most_particular_key_wins() {
        let json = r#"{"auths": {
            "r.example": {"auth": "aG9zdDpwOnc="},
            "r.example/team": {"username": "team", "password": "t"},
            "https://index.docker.io/v1/": {"auth": "aHViOng="},
            "https://old.example/v2/": {"identitytoken": "i"},
            "token.example": {"auth": "PHRva2VuPjppZA=="},
            "bearer.example:5000": {"registrytoken": "b"},
            "marked.example": {}}}"#;
        assert_eq!(ask(json, "r.example", "a/b").unwrap(), basic("host", "p:w"));
        assert_eq!(ask(json, "r.example", "team/b/c").unwrap(), basic("team", "t"));
        assert_eq!(ask(json, "r.example", "teams").unwrap(), basic("host", "p:w"));
        assert_eq!(ask(json, "docker.io", "library/x").unwrap(), basic("hub", "x"));
        assert_eq!(ask(json, "old.example", "x").unwrap(), Some(Credential::Identity(Secret::new("i"))));
        assert_eq!(ask(json, "token.example", "x").unwrap(), Some(Credential::Identity(Secret::new("id"))));
        assert_eq!(
            ask(json, "bearer.example:5000", "x").unwrap(),
            Some(Credential::Bearer(Secret::new("b")))
        );
        for host in ["marked.example", "bearer.example", "r.example.evil", "evil.example"] {
            assert_eq!(ask(json, host, "x").unwrap(), None, "{host}");
        }
    }

    #[test]
    fn broken_files_are_named_and_their_secrets_are_not() {
        let error = ask("{\n\"auths\": {\"a.b\": {\"auth\": 7}}}", "a.b", "c").unwrap_err();
        assert!(error.ends_with("line 2 is not what Docker writes"), "{error}");
        let error = ask(r#"{"auths": {"a.b": {"auth": "s3cr3t!"}}}"#, "a.b", "c").unwrap_err();
        assert!(error.ends_with("`a.b`: its `auth` is not base64"), "{error}");
    }

    #[test]
    fn a_missing_helper_is_an_error_that_names_it() {
        let json = r#"{"credHelpers": {"a.b": "no-such-one"}, "credsStore": "neither"}"#;
        let error = ask(json, "a.b", "c").unwrap_err();
        assert!(error.contains("`docker-credential-no-such-one` for a.b: it is not installed"), "{error}");
        assert!(ask(json, "c.d", "c").unwrap_err().contains("docker-credential-neither"));
        assert!(ask(r#"{"credsStore": "../../evil"}"#, "a.b", "c").unwrap_err().contains("its name is not"));
    }
}
