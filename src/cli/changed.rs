//! Which functions git says have changed.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use lambda_img::publish::place;

use super::args::Build;
use super::failure::Failure;
use super::inputs;
use super::prepare::Prepare;
use super::settings::Settings;

/// What differs between a revision and the files as they are, those that git does not know included.
pub struct Changed {
    paths: BTreeSet<PathBuf>,
    /// Whether everybody's files are among them.
    all: bool,
}

impl Changed {
    /// Asks git, where the settings are.
    pub fn since(revision: &str, settings: &Settings) -> Result<Self, Failure> {
        let dir = settings.file_name().and_then(|name| Path::new(name).parent());
        let dir = dir.filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let top = git(dir, &["rev-parse", "--show-toplevel"])?;
        let top = place(Path::new(OsStr::from_bytes(top.trim_ascii_end())));
        let commit = format!("{revision}^{{commit}}");
        let Ok(commit) = git(dir, &["rev-parse", "--verify", "--end-of-options", &commit]) else {
            let error = format!("`{revision}` is no commit that git has in `{}`", dir.display());
            let hint = "a shallow clone has few: fetch the one to compare with, as `fetch-depth: 0` does";
            return Err(Failure::usage(&error, hint));
        };
        let commit = String::from_utf8_lossy(commit.trim_ascii_end()).into_owned();
        // A name that moved is two: the old place lost something.
        let differ = git(&top, &["diff", "--name-only", "--no-renames", "-z", &commit, "--"])?;
        let unknown = git(&top, &["ls-files", "--others", "--exclude-standard", "-z"])?;
        let names = differ.split(|byte| *byte == 0).chain(unknown.split(|byte| *byte == 0));
        let names = names.filter(|name| !name.is_empty());
        let paths: BTreeSet<_> = names.map(|name| top.join(OsStr::from_bytes(name))).collect();
        let all = inputs::of_all(settings)?.iter().any(|path| paths.contains(path));
        Ok(Self { paths, all })
    }

    /// Whether something is within the inputs of each function. What `prepare` reads nobody knows: a function
    /// that has one counts as changed with every file that is no function's input, too. So does everything
    /// with the settings and the lock file.
    pub fn functions(&self, builds: &[(&Prepare, &Build)]) -> Vec<bool> {
        let inputs: Vec<_> = builds.iter().map(|(_, build)| inputs::of(build)).collect();
        let within = |inputs: &[PathBuf], path: &Path| inputs.iter().any(|input| path.starts_with(input));
        let nobodys = self.paths.iter().any(|path| !inputs.iter().any(|inputs| within(inputs, path)));
        let changed = |((prepare, _), inputs): (&(&Prepare, &Build), &Vec<PathBuf>)| {
            self.all
                || self.paths.iter().any(|path| within(inputs, path))
                || (**prepare != Prepare::Nothing && nobodys)
        };
        builds.iter().zip(&inputs).map(changed).collect()
    }
}

fn git(dir: &Path, arguments: &[&str]) -> Result<Vec<u8>, Failure> {
    let ran = Command::new("git").arg("-C").arg(dir).args(arguments).output();
    let hint = "`--changed-since` takes a revision of the git repository that lambda-img.toml is in";
    match ran {
        Ok(ran) if ran.status.success() => Ok(ran.stdout),
        Ok(ran) => {
            let said = String::from_utf8_lossy(&ran.stderr);
            let said = said.lines().next().unwrap_or("it says nothing").trim_start_matches("fatal: ");
            Err(Failure::usage(&format!("`git {}`: {said}", arguments[0]), hint))
        }
        Err(error) => Err(Failure::usage(&format!("start `git`: {error}"), hint)),
    }
}
