//! Finds the functions whose files changed since a commit of Git.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use lambda_img::store::resolve_path;

use super::git::Git;
use super::inputs;
use crate::cli::options::build::Build;
use crate::cli::options::pre_build::PreBuild;
use crate::cli::settings::Settings;
use crate::cli::show::error::CliError;

/// What differs between a revision and the files as they are, those that git does not know included.
pub struct Changed {
    paths: BTreeSet<PathBuf>,
    /// Whether files that affect every function are among them.
    all: bool,
    /// The repository, where there is a revision to compare with.
    repository: Option<Repository>,
}

struct Repository {
    git: Git,
    top: PathBuf,
    /// Repositories in it: git tells what changed in them by running what they configure.
    submodules: Vec<PathBuf>,
}

/// Whether a revision stands for none: what pipelines have as the commit before where there is none, as for a new
/// branch or a run by hand. (GitHub's `before` and GitLab's `CI_COMMIT_BEFORE_SHA`: zeros, of SHA-1 or SHA-256.)
pub fn is_none(revision: &str) -> bool {
    [0, 40, 64].contains(&revision.len()) && revision.bytes().all(|byte| byte == b'0')
}

impl Changed {
    /// Asks git, where the settings are. Everything changed since no commit.
    pub fn since(revision: &str, settings: &Settings) -> Result<Self, CliError> {
        if is_none(revision) {
            return Ok(Self { paths: BTreeSet::new(), all: true, repository: None });
        }
        let dir = settings.file_name().and_then(|name| Path::new(name).parent());
        let dir = dir.filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let git = Git::at(dir)?;
        let top = git.ask(&["rev-parse", "--show-toplevel"])?;
        let top = resolve_path(Path::new(OsStr::from_bytes(top.trim_ascii_end())));
        let git = Git::at(&top)?;
        let commit = format!("{revision}^{{commit}}");
        let Ok(commit) = git.ask(&["rev-parse", "--verify", "--end-of-options", &commit]) else {
            let error = format!("`{revision}` is no commit that git has in `{}`", dir.display());
            let hint = "a shallow clone has few: fetch the one to compare with, as `fetch-depth: 0` does";
            return Err(CliError::usage(&error, hint));
        };
        let commit = String::from_utf8_lossy(commit.trim_ascii_end()).into_owned();
        // A name that moved is two: the old place lost something.
        let how = ["diff", "--no-ext-diff", "--no-textconv", "--ignore-submodules=dirty"];
        let differ = git.ask(&[&how[..], &["--name-only", "--no-renames", "-z", &commit, "--"]].concat())?;
        let unknown = git.ask(&["ls-files", "--others", "--exclude-standard", "-z"])?;
        let paths: BTreeSet<_> = [differ, unknown].iter().flat_map(|names| paths_of(&top, names)).collect();
        let submodules = paths_of(&top, &git.submodules()?);
        let all = inputs::of_all(settings)?.iter().any(|path| paths.contains(path));
        Ok(Self { paths, all, repository: Some(Repository { git, top, submodules }) })
    }

    /// Whether something is within the inputs of each function. The files that `pre-build` reads are
    /// unknown: a function with `pre-build` also counts as changed with every file that is not an input of a function.
    /// Every function counts as changed with the settings and the lock file. A function without `pre-build` counts as
    /// changed if Git does not know one of its inputs.
    pub fn functions(&self, builds: &[(&PreBuild, &Build)]) -> Result<Vec<bool>, CliError> {
        let Some(repository) = self.repository.as_ref().filter(|_| !self.all) else {
            return Ok(vec![true; builds.len()]);
        };
        let inputs: Vec<Vec<_>> =
            builds.iter().map(|(_, build)| [inputs::of(build), inputs::links(build)].concat()).collect();
        let unknown = repository.unknown(inputs.iter().flatten())?;
        let all: BTreeSet<&Path> = inputs.iter().flatten().map(PathBuf::as_path).collect();
        let nobodys = self.paths.iter().any(|path| !path.ancestors().any(|above| all.contains(above)));
        // In the order of paths, what is below one comes next after it.
        let holds = |input: &PathBuf| {
            self.paths.range::<PathBuf, _>(input..).next().is_some_and(|path| path.starts_with(input))
        };
        let changed = |((pre_build, _), inputs): (&(&PreBuild, &Build), &Vec<PathBuf>)| {
            inputs.iter().any(holds)
                || match pre_build {
                    PreBuild::Nothing => inputs.iter().any(|input| unknown.contains(input)),
                    _ => nobodys,
                }
        };
        Ok(builds.iter().zip(&inputs).map(changed).collect())
    }
}

impl Repository {
    /// The paths that git ignores, or that are not in the repository, or not in it alone.
    fn unknown<'p>(&self, paths: impl Iterator<Item = &'p PathBuf>) -> Result<BTreeSet<PathBuf>, CliError> {
        let of_another = |path: &Path| {
            self.submodules.iter().any(|other| path.starts_with(other) || other.starts_with(path))
        };
        let is_known = |path: &&PathBuf| path.starts_with(&self.top) && !of_another(path);
        let (inside, outside): (BTreeSet<_>, BTreeSet<_>) = paths.partition(is_known);
        let mut unknown: BTreeSet<PathBuf> = outside.into_iter().cloned().collect();
        let asked: Vec<u8> =
            inside.iter().flat_map(|path| [path.as_os_str().as_bytes(), b"\0"].concat()).collect();
        let ignored = self.git.ask_about(&["check-ignore", "-z", "--stdin"], &asked)?;
        unknown.extend(paths_of(Path::new(""), &ignored));
        Ok(unknown)
    }
}

/// Names that git ends with a zero byte each, below `top`.
fn paths_of(top: &Path, names: &[u8]) -> Vec<PathBuf> {
    let names = names.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    names.map(|name| top.join(OsStr::from_bytes(name))).collect()
}
