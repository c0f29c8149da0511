//! `Step`: what is declared of a step; `Expanded`: the same for one runtime and architecture.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::error::StepError;
use super::placeholders::{OUT, Target, expand};
use crate::runtime::base_paths::{LINKS, MOUNTED};
use crate::tree::ImagePath;

/// A command that makes files of a function, and what it reads.
///
/// In `run`, `inputs`, `to` and `versions`, words in braces stand for what is built: [`PLACEHOLDERS`](super::PLACEHOLDERS).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// What it is called in messages, and to make it run again.
    pub name: String,
    /// The function that `{name}` stands for, where it has a name.
    pub function: Option<String>,
    /// The directory in which it runs, and to which `inputs` are relative.
    pub dir: PathBuf,
    /// A script for `sh -ec`.
    pub run: String,
    /// What it reads: files, directories and globs; with a `!` in front, what they leave out.
    pub inputs: Vec<String>,
    /// The directory of the image into which its files go.
    pub to: String,
    /// Variables that reach the command and are part of the key.
    pub env: BTreeMap<String, OsString>,
    /// Commands whose output is part of the key.
    pub versions: Vec<String>,
}

/// A step as it is for one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expanded {
    /// The script; `{out}` still stands for the directory of its files.
    pub run: String,
    /// What it reads.
    pub inputs: Vec<String>,
    /// Where its files go; `None` for the root of the image.
    pub to: Option<ImagePath>,
    /// Commands whose output is part of the key.
    pub versions: Vec<String>,
}

impl Step {
    /// The step for `target`.
    ///
    /// # Errors
    /// [`StepError`]: a placeholder that is unknown, a directory that no layer may have.
    pub fn expand(&self, target: &Target<'_>) -> Result<Expanded, StepError> {
        let expand = |text: &String| {
            expand(text, target, self.function.as_deref()).map_err(|error| error.of(&self.name))
        };
        let list = |texts: &[String]| texts.iter().map(expand).collect::<Result<Vec<_>, _>>();
        if self.run.trim().is_empty() {
            return Err(StepError::NoCommand { step: self.name.clone() });
        }
        let to = expand(&self.to)?;
        let wrong = |why: String| StepError::To { step: self.name.clone(), to: to.clone(), why };
        let path = ImagePath::absolute(&to).map_err(|error| wrong(error.to_string()))?;
        if let Some(path) = &path
            && let Some(refused) = LINKS.iter().chain(&MOUNTED).find(|refused| {
                path.as_str()
                    .strip_prefix(**refused)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        {
            return Err(wrong(format!("`/{refused}` is the base's or the kernel's")));
        }
        Ok(Expanded {
            run: expand(&self.run)?,
            inputs: list(&self.inputs)?,
            to: path,
            versions: list(&self.versions)?,
        })
    }

    /// Its name while it runs: other functions may have steps of the same name.
    pub fn label(&self) -> String {
        self.function
            .as_ref()
            .map_or_else(|| self.name.clone(), |function| format!("{function}: {}", self.name))
    }

    /// The directory in which it runs, as a path that can be opened.
    pub fn dir(&self) -> &Path {
        if self.dir.as_os_str().is_empty() { Path::new(".") } else { &self.dir }
    }

    /// The directory in which it runs, absolute and free of links where the host can tell; else as it is declared.
    pub fn real_dir(&self) -> PathBuf {
        fs::canonicalize(self.dir()).unwrap_or_else(|_| self.dir().to_owned())
    }

    /// The directory in which it runs as another checkout has it: relative to the nearest directory above with a `.git`,
    /// where there is one.
    pub fn place(&self) -> PathBuf {
        let dir = self.real_dir();
        let root = dir.ancestors().find(|above| above.join(".git").exists());
        root.and_then(|root| dir.strip_prefix(root).ok()).unwrap_or(&dir).to_owned()
    }

    /// Whether its files are part of the function's own directory.
    pub fn is_in_task(&self) -> bool {
        let below = self.to.trim_end_matches('/').strip_prefix("/var/task");
        below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl Expanded {
    /// The script with `out` as the directory of its files.
    pub fn script(&self, out: &str) -> String {
        self.run.replace(OUT, out)
    }
}

/// Refuses steps of one function that have one name.
///
/// # Errors
/// [`StepError::Twice`].
pub fn check_names(steps: &[Step]) -> Result<(), StepError> {
    let mut seen = BTreeSet::new();
    match steps.iter().find(|step| !seen.insert(&step.name)) {
        Some(step) => Err(StepError::Twice { step: step.name.clone() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::Arch;
    use crate::runtime;

    fn step(to: &str) -> Step {
        Step { name: "s".to_owned(), run: "x".to_owned(), to: to.to_owned(), ..Step::default() }
    }

    #[test]
    fn steps_write_only_where_layers_may() {
        let profile = runtime::profile("python3.13").unwrap();
        let target = Target { profile: &profile, arch: Arch::X86_64 };
        for good in ["/", "/var/task", "/opt/lib", "/library", "/var/runtime"] {
            step(good).expand(&target).unwrap();
        }
        for bad in ["", "var/task", "/proc", "/dev/x", "/lib64", "/var/run/x", "/a/../b"] {
            let error = step(bad).expand(&target).unwrap_err();
            assert!(matches!(error, StepError::To { .. }), "{bad}");
        }
        assert!(matches!(Step::default().expand(&target), Err(StepError::NoCommand { .. })));
        assert!(step("/var/task/lib").is_in_task() && !step("/var/tasks").is_in_task());
    }

    #[test]
    fn names_are_there_once() {
        let named = |name: &str| Step { name: name.to_owned(), ..Step::default() };
        check_names(&[named("a"), named("b")]).unwrap();
        assert!(check_names(&[named("a"), named("b"), named("a")]).is_err());
    }
}
