//! `Function`: an unpacked image with what Lambda is told of the function.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::error::InvokeError;
use super::identifier::identifier;
use super::root::{Ownership, RootCopy, RootLayer, Unpacking, root_of};
use super::sandbox::{GID, Means, Mode, Plan, Program, UID};
use super::variables::{self, Identity};
use crate::arch::Arch;
use crate::image::{BlobSource, ImageConfig};
use crate::store::cache::{Cache, CachedRoot};
use crate::work::Run;

/// The descriptors, and the processes with threads, that a function may have (AWS Lambda Developer Guide, "Lambda
/// quotas").
const DESCRIPTORS: u64 = 1_024;
const PROCESSES: u64 = 1_024;
/// The variables that name directories of the image.
const DIRECTORIES: [&str; 2] = ["LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT"];

/// What Lambda is told of a function when it is configured.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// Name, version, account, Region and memory.
    pub identity: Identity,
    /// The environment variables that the owner sets.
    pub variables: Vec<(String, String)>,
    /// Key id, secret and session token that the function gets; without them, it gets none.
    pub credentials: Option<[String; 3]>,
    /// The most time for an event.
    pub timeout: Duration,
    /// Bytes of `/tmp`.
    pub tmp_size: u64,
    /// Whether the function is kept from all networks.
    pub isolated: bool,
}

/// An image that is ready to run.
pub struct Function {
    cache: Cache,
    root: CachedRoot,
    config: ImageConfig,
    means: Means,
    variables: Vec<(String, String)>,
    credentials: Option<[String; 3]>,
    tmp_size: u64,
    isolated: bool,
    /// What Lambda knows of it.
    pub identity: Identity,
    /// The most time for an event.
    pub timeout: Duration,
}

impl Function {
    /// Unpacks the image of `config` and `layers` (lowest first) into `cache`, to be run by `means`. `shared` says, in
    /// ascending order, how many of the lowest layers other images have, too: those are unpacked once for all.
    ///
    /// # Errors
    /// [`InvokeError`]: the image cannot be unpacked, or Lambda refuses the configuration.
    pub fn new(
        config: ImageConfig,
        layers: &[Arc<dyn BlobSource>],
        shared: &[usize],
        configuration: Configuration,
        means: Means,
        cache: &Cache,
        run: Run<'_>,
    ) -> Result<Self, InvokeError> {
        variables::check(&configuration.variables)?;
        if configuration.isolated && !means.mode.has_namespaces() {
            return Err(InvokeError::Network { mode: means.mode });
        }
        check_architecture(&config)?;
        let diff_ids = config.diff_ids()?;
        if diff_ids.len() != layers.len() {
            return Err(InvokeError::Layers { layers: layers.len(), diff_ids: diff_ids.len() });
        }
        if config.entrypoint().unwrap_or_default().is_empty() && config.cmd().unwrap_or_default().is_empty() {
            return Err(InvokeError::NoStart);
        }
        let opens: Vec<_> = layers.iter().map(|layer| move || layer.open()).collect();
        let mut root_layers = Vec::new();
        for (diff_id, open) in diff_ids.into_iter().zip(&opens) {
            root_layers.push(RootLayer { diff_id, open });
        }
        let ownership = match means.mode {
            Mode::Root | Mode::Chroot => Ownership::AsStored,
            Mode::UserNamespaces | Mode::Off => Ownership::Mapped,
        };
        let root = root_of(&root_layers, shared, Unpacking { ownership, cache, run })?;
        let Configuration { identity, variables, credentials, timeout, tmp_size, isolated } = configuration;
        Ok(Self {
            cache: cache.clone(),
            root,
            config,
            means,
            variables,
            credentials,
            tmp_size,
            isolated,
            identity,
            timeout,
        })
    }

    /// How it is shut in.
    pub fn means(&self) -> Means {
        self.means
    }

    /// What the sandbox must be like.
    pub(super) fn plan(&self, copy: Option<&RootCopy>) -> Plan {
        let root = copy.map_or_else(|| self.root.path().to_owned(), RootCopy::path);
        Plan {
            mode: self.means.mode,
            own_users: self.means.mode == Mode::Root && self.means.own_users,
            own_processes: self.means.own_processes,
            own_network: self.isolated,
            root: root.to_string_lossy().into_owned(),
            tmp_size: self.tmp_size,
            files: self.files(),
            descriptors: DESCRIPTORS,
            processes: PROCESSES,
        }
    }

    /// The files that Lambda lays over those of the image.
    fn files(&self) -> Vec<(String, String)> {
        vec![
            ("etc/passwd".to_owned(), self.passwd()),
            ("etc/hosts".to_owned(), hosts()),
            ("etc/resolv.conf".to_owned(), fs::read_to_string("/etc/resolv.conf").unwrap_or_default()),
        ]
    }

    /// The directory of one environment, where it must be its own.
    pub(super) fn root_copy(&self) -> Result<Option<RootCopy>, InvokeError> {
        if self.means.mode != Mode::Chroot {
            return Ok(None);
        }
        let id = identifier().map_err(InvokeError::Identifier)?;
        let copy = RootCopy::make(self.root.path(), &id, &self.files(), (UID, GID), &self.cache)?;
        Ok(Some(copy))
    }

    /// The program that Lambda starts: entry point and command of the image's configuration.
    pub(super) fn runtime(&self, api: &str) -> Program {
        let entrypoint = self.config.entrypoint().unwrap_or_default();
        let command = self.config.cmd().unwrap_or_default();
        let directory = self.config.working_dir().filter(|dir| !dir.is_empty()).unwrap_or("/");
        Program {
            arguments: entrypoint.into_iter().chain(command).map(|word| self.here(word)).collect(),
            variables: self.all_variables(api),
            directory: self.here(directory.to_owned()),
            machine: self.machine(),
        }
    }

    /// An extension.
    pub(super) fn extension(&self, name: &str, api: &str) -> Program {
        Program {
            arguments: vec![self.here(format!("/opt/extensions/{name}"))],
            variables: variables::of_extension(&self.all_variables(api)),
            directory: self.here("/".to_owned()),
            machine: self.machine(),
        }
    }

    /// Whether the image has the program that it starts; a link is one.
    pub fn has_program(&self) -> bool {
        let [entrypoint, command] =
            [self.config.entrypoint(), self.config.cmd()].map(Option::unwrap_or_default);
        let program = entrypoint.into_iter().chain(command).next().unwrap_or_default();
        let file = self.root.path().join(program.trim_start_matches('/'));
        program.starts_with('/') && file.symlink_metadata().is_ok()
    }

    /// What extensions are told of the handler: the command of the image.
    pub(super) fn handler(&self) -> String {
        self.config.cmd().and_then(|command| command.first().cloned()).unwrap_or_default()
    }

    /// The files directly in `/opt/extensions`, sorted: the programs that are started as extensions.
    pub(super) fn extensions(&self) -> Result<Vec<String>, InvokeError> {
        let dir = self.root.path().join("opt/extensions");
        let mut names = Vec::new();
        for entry in fs::read_dir(dir).into_iter().flatten() {
            let entry = entry.map_err(InvokeError::Extensions)?;
            if entry.file_type().map_err(InvokeError::Extensions)?.is_file() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// A path of the image as the function's programs have to call it: without a sandbox, where it is on this machine.
    fn here(&self, word: String) -> String {
        let path = self.root.path().join(word.trim_start_matches('/'));
        let is_path = self.means.mode == Mode::Off && word.starts_with('/') && path.exists();
        if is_path { path.to_string_lossy().into_owned() } else { word }
    }

    /// Whether its log is in Lambda's format JSON.
    pub(super) fn logs_json(&self) -> bool {
        self.all_variables("").iter().any(|(name, value)| name == "AWS_LAMBDA_LOG_FORMAT" && value == "JSON")
    }

    fn machine(&self) -> u16 {
        Arch::from_oci(self.config.platform().1).map_or(0, Arch::elf_machine)
    }

    fn all_variables(&self, api: &str) -> Vec<(String, String)> {
        let mut all = variables::of_runtime(
            &self.config,
            &self.identity,
            &self.variables,
            self.credentials.as_ref(),
            api,
        );
        for (_, value) in all.iter_mut().filter(|(name, _)| DIRECTORIES.contains(&&**name)) {
            *value = self.here(std::mem::take(value));
        }
        all
    }

    /// The image's users and the one that Lambda adds.
    fn passwd(&self) -> String {
        let mut text = String::new();
        let mut read = |path: &Path| File::open(path)?.take(1 << 20).read_to_string(&mut text);
        // Without rights to read it, the function has none either.
        let _: io::Result<usize> = read(&self.root.path().join("etc/passwd"));
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text + &format!("sbx_user1051:x:{UID}:{GID}::/home/sbx_user1051:/sbin/nologin\n")
    }
}

/// Names that resolve without a network. Extensions and telemetry use `sandbox.localdomain`.
fn hosts() -> String {
    "127.0.0.1 localhost localhost.localdomain sandbox sandbox.localdomain\n".to_owned()
}

/// Refuses an image that this machine cannot run.
fn check_architecture(config: &ImageConfig) -> Result<(), InvokeError> {
    let (os, architecture) = config.platform();
    let found = format!("{os}/{architecture}");
    let host = match std::env::consts::ARCH {
        "aarch64" => Arch::Arm64,
        _ => Arch::X86_64,
    };
    let emulator = match architecture {
        "arm64" => "qemu-aarch64",
        "amd64" => "qemu-x86_64",
        _ => "",
    };
    let is_emulated = || {
        let registered = Path::new("/proc/sys/fs/binfmt_misc").join(emulator);
        // `F`: the interpreter is opened when it is registered, so that it is found from every root directory.
        fs::read_to_string(registered).is_ok_and(|text| {
            text.starts_with("enabled")
                && text.lines().any(|line| line.starts_with("flags:") && line.contains('F'))
        })
    };
    match os == "linux" && (architecture == host.oci() || (!emulator.is_empty() && is_emulated())) {
        true => Ok(()),
        false => Err(InvokeError::Architecture { found, host: format!("linux/{}", host.oci()) }),
    }
}
