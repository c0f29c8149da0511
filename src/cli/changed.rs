//! Which functions git says have changed.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

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
    /// The repository.
    top: PathBuf,
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
        Ok(Self { paths, all, top })
    }

    /// Whether something is within the inputs of each function. What `prepare` reads nobody knows: a function
    /// that has one counts as changed with every file that is no function's input, too. So does everything
    /// with the settings and the lock file; and what has no `prepare`, and an input that git knows nothing of.
    pub fn functions(&self, builds: &[(&Prepare, &Build)]) -> Result<Vec<bool>, Failure> {
        let inputs: Vec<Vec<_>> =
            builds.iter().map(|(_, build)| [inputs::of(build), inputs::links(build)].concat()).collect();
        let unknown = self.unknown(inputs.iter().flatten())?;
        let within = |inputs: &[PathBuf], path: &Path| inputs.iter().any(|input| path.starts_with(input));
        let nobodys = self.paths.iter().any(|path| !inputs.iter().any(|inputs| within(inputs, path)));
        let changed = |((prepare, _), inputs): (&(&Prepare, &Build), &Vec<PathBuf>)| {
            self.all
                || self.paths.iter().any(|path| within(inputs, path))
                || match prepare {
                    Prepare::Nothing => inputs.iter().any(|input| unknown.contains(input)),
                    _ => nobodys,
                }
        };
        Ok(builds.iter().zip(&inputs).map(changed).collect())
    }

    /// The paths that git ignores, or that are not in its repository.
    fn unknown<'p>(&self, paths: impl Iterator<Item = &'p PathBuf>) -> Result<BTreeSet<PathBuf>, Failure> {
        let (inside, outside): (BTreeSet<_>, BTreeSet<_>) =
            paths.partition(|path| path.starts_with(&self.top));
        let mut unknown: BTreeSet<PathBuf> = outside.into_iter().cloned().collect();
        let asked: Vec<u8> =
            inside.iter().flat_map(|path| [path.as_os_str().as_bytes(), b"\0"].concat()).collect();
        let mut ask = Command::new("git");
        ask.arg("-C").arg(&self.top).args(["check-ignore", "-z", "--stdin"]);
        let mut asking = ask.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(no_git)?;
        let stdin = asking.stdin.take();
        let said = thread::scope(|scope| {
            // Git answers while it is asked. It says what went wrong by itself, and 1 where it ignores nothing.
            thread::Builder::new().spawn_scoped(scope, || stdin.map(|mut stdin| stdin.write_all(&asked)))?;
            asking.wait_with_output()
        });
        let said = said.map_err(no_git)?.stdout;
        let ignored = said.split(|byte| *byte == 0).filter(|path| !path.is_empty());
        unknown.extend(ignored.map(|path| PathBuf::from(OsStr::from_bytes(path))));
        Ok(unknown)
    }
}

const HINT: &str = "`--changed-since` takes a revision of the git repository that lambda-img.toml is in";

fn git(dir: &Path, arguments: &[&str]) -> Result<Vec<u8>, Failure> {
    let ran = Command::new("git").arg("-C").arg(dir).args(arguments).output().map_err(no_git)?;
    if ran.status.success() {
        return Ok(ran.stdout);
    }
    let said = String::from_utf8_lossy(&ran.stderr);
    let said = said.lines().next().unwrap_or("it says nothing").trim_start_matches("fatal: ");
    Err(Failure::usage(&format!("`git {}`: {said}", arguments[0]), HINT))
}

fn no_git(error: std::io::Error) -> Failure {
    Failure::usage(&format!("start `git`: {error}"), HINT)
}
