//! Which functions git says have changed.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use lambda_img::base::BaseRef;
use lambda_img::base::lock;

use super::args::Build;
use super::failure::Failure;
use super::prepare::Prepare;
use super::settings::FILE_NAME;

/// What differs between a revision and the files as they are, those that git does not know included.
pub struct Changed {
    paths: BTreeSet<PathBuf>,
}

impl Changed {
    /// Asks git in a directory.
    pub fn since(revision: &str, dir: &Path) -> Result<Self, Failure> {
        let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
        let top = git(dir, &["rev-parse", "--show-toplevel"])?;
        let top = PathBuf::from(OsStr::from_bytes(top.trim_ascii_end()));
        let commit = format!("{revision}^{{commit}}");
        let commit = git(dir, &["rev-parse", "--verify", "--end-of-options", &commit])?;
        let commit = String::from_utf8_lossy(commit.trim_ascii_end()).into_owned();
        // A name that moved is two: the old place lost something.
        let differ = git(&top, &["diff", "--name-only", "--no-renames", "-z", &commit, "--"])?;
        let unknown = git(&top, &["ls-files", "--others", "--exclude-standard", "-z"])?;
        let names = differ.split(|byte| *byte == 0).chain(unknown.split(|byte| *byte == 0));
        let paths = names.filter(|name| !name.is_empty()).map(|name| top.join(OsStr::from_bytes(name)));
        Ok(Self { paths: paths.collect() })
    }

    /// Whether something is within the inputs of each function. What `prepare` reads nobody knows: a function
    /// that has one counts as changed with every file that is no function's input, too. So does everything
    /// with the settings and the lock file.
    pub fn functions(&self, builds: &[(&Prepare, &Build)]) -> Vec<bool> {
        let inputs: Vec<_> = builds.iter().map(|(_, build)| inputs(build)).collect();
        let within = |inputs: &[PathBuf], path: &Path| inputs.iter().any(|input| path.starts_with(input));
        let common = self
            .paths
            .iter()
            .any(|path| path.file_name().is_some_and(|name| name == FILE_NAME || name == lock::FILE_NAME));
        let nobodys = self.paths.iter().any(|path| !inputs.iter().any(|inputs| within(inputs, path)));
        let changed = |((prepare, _), inputs): (&(&Prepare, &Build), &Vec<PathBuf>)| {
            common
                || self.paths.iter().any(|path| within(inputs, path))
                || (**prepare != Prepare::Nothing && nobodys)
        };
        builds.iter().zip(&inputs).map(changed).collect()
    }
}

/// The files and directories that a build reads, as git names them: absolute, without links.
fn inputs(build: &Build) -> Vec<PathBuf> {
    let mut paths: Vec<&Path> = vec![&build.path];
    paths.extend(build.bootstrap.as_deref());
    paths.extend(build.lambda_layers.iter().chain(&build.extensions).map(PathBuf::as_path));
    paths.extend(build.adds.iter().map(|add| add.from.as_path()));
    if let Some(BaseRef::Layout(local) | BaseRef::OciArchive(local) | BaseRef::DockerArchive(local)) =
        &build.base
    {
        paths.push(&local.path);
    }
    paths.into_iter().map(real).collect()
}

/// `path` without links, as far as it is there.
fn real(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let found = absolute.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    match found {
        Some((above, real)) => match absolute.strip_prefix(above) {
            Ok(rest) if !rest.as_os_str().is_empty() => real.join(rest),
            _ => real,
        },
        None => absolute,
    }
}

fn git(dir: &Path, arguments: &[&str]) -> Result<Vec<u8>, Failure> {
    let ran = Command::new("git").arg("-C").arg(dir).args(arguments).output();
    let hint =
        "`--changed-since` takes a revision of the repository that the functions are in, as `origin/main`";
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
