//! Runs Git in a checkout that may be hostile: no program that its configuration names is run.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use crate::cli::show::error::CliError;
use crate::cli::show::usage;

/// What says where a repository is (`git rev-parse --local-env-vars`), and is set in git's hooks. The repository that
/// is meant is the one that the settings are in.
const ELSEWHERE: [&str; 12] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
];

/// The git of one checkout.
pub struct Git {
    dir: PathBuf,
    /// `NAME=VALUE`, over what the repository sets.
    settings: Vec<OsString>,
}

impl Git {
    /// Of the checkout that `dir` is in.
    ///
    /// # Errors
    /// Where git cannot be started, and where a filter cannot be switched off.
    pub fn at(dir: &Path) -> Result<Self, CliError> {
        let off = [
            "core.fsmonitor=false",
            "core.hooksPath=/dev/null",
            "core.sshCommand=false",
            "credential.helper=",
        ];
        let mut git = Self { dir: dir.to_owned(), settings: off.map(OsString::from).to_vec() };
        for name in git.filters()? {
            // `-c` takes all before the first `=` as the name.
            if name.contains(&b'=') || name.contains(&b'\n') {
                let shown = String::from_utf8_lossy(&name);
                return Err(usage::fleet::git_filter(&shown));
            }
            // To the byte: a name that is not UTF-8 would otherwise be another's.
            let off = [&b"clean="[..], b"smudge=", b"process=", b"required=false"];
            let setting = |key: &[u8]| OsString::from_vec([b"filter.", &name[..], b".", key].concat());
            git.settings.extend(off.map(setting));
        }
        Ok(git)
    }

    /// The filters that the repository itself defines: those of the user, such as git-lfs, stay.
    fn filters(&self) -> Result<Vec<Vec<u8>>, CliError> {
        let mut names = Vec::new();
        for scope in ["--local", "--worktree"] {
            let asked = ["config", scope, "--includes", "-z", "--name-only", "--get-regexp", r"^filter\."];
            // It says 1 where there is none, and why there is no repository is said by the next that is asked.
            let said = self.command().args(asked).output().map_err(no_git)?.stdout;
            names.extend(said.split(|byte| *byte == 0).filter_map(filter_of).map(<[u8]>::to_owned));
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn command(&self) -> Command {
        let mut command = Command::new("git");
        for variable in ELSEWHERE {
            command.env_remove(variable);
        }
        // Of a partial clone nothing is fetched; no index is written, which hooks would hear of.
        command.env("GIT_ALLOW_PROTOCOL", "").env("GIT_NO_LAZY_FETCH", "1").env("GIT_OPTIONAL_LOCKS", "0");
        command.arg("--no-pager").arg("-C").arg(&self.dir);
        for setting in &self.settings {
            command.arg("-c").arg(setting);
        }
        command
    }

    /// What git says to `arguments`.
    ///
    /// # Errors
    /// Its first line of stderr, where it says no.
    pub fn ask(&self, arguments: &[&str]) -> Result<Vec<u8>, CliError> {
        let ran = self.command().args(arguments).output().map_err(no_git)?;
        if ran.status.success() { Ok(ran.stdout) } else { Err(refused(arguments[0], &ran)) }
    }

    /// The same of what is asked by standard input; saying 1, git finds nothing.
    ///
    /// # Errors
    /// As [`Git::ask`].
    pub fn ask_about(&self, arguments: &[&str], about: &[u8]) -> Result<Vec<u8>, CliError> {
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut asking = command.spawn().map_err(no_git)?;
        let stdin = asking.stdin.take();
        let ran = thread::scope(|scope| {
            // Git answers while it is asked, and says what went wrong by itself.
            thread::Builder::new().spawn_scoped(scope, || stdin.map(|mut stdin| stdin.write_all(about)))?;
            asking.wait_with_output()
        });
        let ran = ran.map_err(no_git)?;
        if matches!(ran.status.code(), Some(0 | 1)) {
            Ok(ran.stdout)
        } else {
            Err(refused(arguments[0], &ran))
        }
    }

    /// A clone at `to`, which borrows the objects of this repository, and has no files yet. This repository is not
    /// written to.
    ///
    /// # Errors
    /// As [`Git::ask`].
    pub fn borrowed(&self, to: &Path) -> Result<Self, CliError> {
        let top = self.ask(&["rev-parse", "--show-toplevel"])?;
        let top = OsString::from_vec(top.trim_ascii_end().to_vec());
        let mut command = self.command();
        command.env("GIT_ALLOW_PROTOCOL", "file").args([
            "clone",
            "--quiet",
            "--shared",
            "--no-checkout",
            "--",
        ]);
        let ran = command.arg(top).arg(to).output().map_err(no_git)?;
        if ran.status.success() { Git::at(to) } else { Err(refused("clone", &ran)) }
    }

    /// The directories of other repositories in this one, by their paths from its top. What is in them git tells by
    /// asking them, with their own configuration.
    ///
    /// # Errors
    /// As [`Git::ask`].
    pub fn submodules(&self) -> Result<Vec<u8>, CliError> {
        let listed = self.ask(&["ls-files", "--stage", "-z"])?;
        let entries = listed.split(|byte| *byte == 0).filter(|entry| entry.starts_with(b"160000 "));
        let path = |entry: &[u8]| entry.splitn(2, |byte| *byte == b'\t').nth(1).map(<[u8]>::to_owned);
        Ok(entries.filter_map(path).flat_map(|path| [path, vec![0]].concat()).collect())
    }
}

/// The name of the filter that `filter.NAME.KEY` is about: a name may have dots.
fn filter_of(key: &[u8]) -> Option<&[u8]> {
    let key = key.strip_prefix(b"filter.")?;
    key.iter().rposition(|byte| *byte == b'.').map(|dot| &key[..dot])
}

fn refused(what: &str, ran: &Output) -> CliError {
    let said = String::from_utf8_lossy(&ran.stderr);
    let said = said.lines().next().unwrap_or("no message").trim_start_matches("fatal: ");
    usage::fleet::git_failed(what, said)
}

fn no_git(error: std::io::Error) -> CliError {
    usage::fleet::no_git(error)
}
