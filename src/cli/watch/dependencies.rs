//! Finds the functions that a change affects, and the changes that `pre-build` commands make themselves.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::files::Files;
use crate::cli::options::pre_build::PreBuild;

/// A function, and what it is made of.
pub struct WatchedFunction {
    /// Its name.
    pub name: String,
    /// What its build reads.
    pub inputs: Vec<PathBuf>,
    /// What makes it, and where that runs.
    pub pre_build: Option<(PreBuild, PathBuf)>,
}

/// Everything that a change can be about.
pub struct Dependencies {
    /// The functions that are watched.
    pub functions: Vec<WatchedFunction>,
    /// What every function depends on.
    pub of_all: Vec<PathBuf>,
}

impl Dependencies {
    /// The names of the functions that changes of `paths` are about. What `pre-build` reads is unknown: what is
    /// where it runs and no function's input is about all that have one there, as for `--changed-since`. A
    /// command that several have in common makes them all when it runs.
    pub fn concerned<'p>(&self, paths: impl IntoIterator<Item = &'p PathBuf>) -> BTreeSet<String> {
        let mut found = vec![false; self.functions.len()];
        for path in paths {
            self.about(path).into_iter().for_each(|at| found[at] = true);
        }
        let concerned = || self.functions.iter().zip(&found).filter(|(_, found)| **found);
        let commands: Vec<_> = concerned().filter_map(|(made, _)| made.pre_build.as_ref()).collect();
        let same =
            |made: &WatchedFunction| made.pre_build.as_ref().is_some_and(|one| commands.contains(&one));
        let all = self.functions.iter().zip(&found).filter(|(made, found)| **found || same(made));
        all.map(|(made, _)| made.name.clone()).collect()
    }

    /// Whether a path is one that every function depends on.
    pub fn is_of_all(&self, path: &Path) -> bool {
        self.of_all.iter().any(|one| one == path)
    }

    /// The functions that a change of `path` is about, by their number.
    fn about(&self, path: &Path) -> Vec<usize> {
        let all = self.functions.iter().enumerate();
        if self.is_of_all(path) {
            return all.map(|(at, _)| at).collect();
        }
        let owns = |made: &WatchedFunction| made.inputs.iter().any(|input| path.starts_with(input));
        let owners: Vec<_> = all.clone().filter(|(_, made)| owns(made)).map(|(at, _)| at).collect();
        if !owners.is_empty() {
            return owners;
        }
        let runs_there =
            |made: &WatchedFunction| made.pre_build.as_ref().is_some_and(|(_, dir)| path.starts_with(dir));
        all.filter(|(_, made)| runs_there(made)).map(|(at, _)| at).collect()
    }
}

/// Functions to build.
pub struct Round {
    /// Their names.
    pub names: BTreeSet<String>,
    /// Whether they were not built before, with these settings.
    pub anew: bool,
    /// Whether it only makes up for what changed during the round before.
    pub follows: bool,
}

/// What the commands that make functions are known to write.
///
/// The tool cannot know whether a file that changed while a command ran was written by it, or saved by the user
/// meanwhile. The first must be ignored, or builds would follow each other for ever; the second must not. So what
/// changes in the first round is the commands' own. Later, a file that was there and is not known as theirs gets a
/// round more, and is theirs when it changes again in what follows: each at most once, so that it ends.
#[derive(Default)]
pub struct Generated {
    known: BTreeSet<PathBuf>,
    /// Doubtful changes since another process changed something.
    doubted: BTreeSet<PathBuf>,
}

impl Generated {
    /// What of that which changed while the commands of `round` ran needs another one; `before` is what there was.
    pub fn doubts(
        &mut self,
        changed: Vec<PathBuf>,
        before: &Files,
        dependencies: &Dependencies,
        round: &Round,
    ) -> Vec<PathBuf> {
        if !round.follows {
            self.doubted.clear();
        }
        let mut doubts = Vec::new();
        for path in changed {
            // Whether all that are made of it are of this round; another one may now be stale.
            let built = |at: usize| round.names.contains(&dependencies.functions[at].name);
            let theirs = dependencies.about(&path).into_iter().all(built);
            let new = !before.contains_key(&path) && (theirs || round.follows);
            let doubtful = if dependencies.is_of_all(&path) {
                !self.doubted.contains(&path)
            } else if self.known.contains(&path) {
                !theirs && !round.follows
            } else {
                let doubtful = !round.anew && !new && !self.doubted.contains(&path);
                if !doubtful {
                    self.known.insert(path.clone());
                }
                doubtful
            };
            if doubtful {
                doubts.push(path);
            }
        }
        self.doubted.extend(doubts.iter().cloned());
        doubts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a` and `b`, which commands make where the settings are, and `c`, which none makes.
    fn dependencies(command: [&str; 2]) -> Dependencies {
        let made = |name: &str, pre_build: Option<&str>| WatchedFunction {
            name: name.to_owned(),
            inputs: vec![format!("/w/{name}").into()],
            pre_build: pre_build.map(|command| (PreBuild::Shell(command.to_owned()), "/w".into())),
        };
        let functions = vec![made("a", Some(command[0])), made("b", Some(command[1])), made("c", None)];
        Dependencies { functions, of_all: vec!["/w/lambda-img.toml".into()] }
    }

    fn paths(paths: &[&str]) -> Vec<PathBuf> {
        paths.iter().map(PathBuf::from).collect()
    }

    fn concerned(dependencies: &Dependencies, path: &str) -> String {
        Vec::from_iter(dependencies.concerned(&paths(&[path]))).concat()
    }

    #[test]
    fn changes_are_about_who_is_made_of_them() {
        let two = dependencies(["make a", "make b"]);
        let found = ["/w/a/x", "/w/c", "/w/src/x", "/w/lambda-img.toml", "/w/cc", "/x"];
        assert_eq!(found.map(|path| concerned(&two, path)), ["a", "c", "ab", "abc", "ab", ""]);
        let one = dependencies(["make", "make"]);
        assert_eq!([concerned(&one, "/w/a/x"), concerned(&one, "/w/c/x")], ["ab", "c"]);
    }

    fn round(names: &[&str], anew: bool, follows: bool) -> Round {
        Round { names: names.iter().map(|name| (*name).to_owned()).collect(), anew, follows }
    }

    fn there(names: &[&str]) -> Files {
        let dir = tempfile::tempdir().unwrap();
        let view =
            crate::cli::watch::files::View { inputs: [dir.path().to_owned()].into(), ..Default::default() };
        let (_, state) = view.look().into_iter().next().unwrap();
        paths(names).into_iter().map(|path| (path, state.clone())).collect()
    }

    #[test]
    fn what_commands_write_is_known_and_what_users_save_is_not_lost() {
        let dependencies = dependencies(["make a", "make b"]);
        let mut products = Generated::default();
        let before = there(&["/w/a/made", "/w/a/source", "/w/b/source", "/w/late"]);
        let mut ask =
            |round: &Round, changed: &[&str]| products.doubts(paths(changed), &before, &dependencies, round);
        let (first, a, more) =
            (round(&["a", "b", "c"], true, false), round(&["a"], false, false), round(&["a"], false, true));
        assert_eq!(ask(&first, &["/w/a/made"]), paths(&[]));
        assert_eq!(ask(&a, &["/w/a/made", "/w/a/fresh"]), paths(&[]));
        assert_eq!(ask(&a, &["/w/a/made", "/w/a/source"]), paths(&["/w/a/source"]), "saved meanwhile");
        assert_eq!(ask(&more, &["/w/a/made"]), paths(&[]));
        assert_eq!(ask(&a, &["/w/a/source"]), paths(&["/w/a/source"]), "and again");
        assert_eq!(ask(&more, &["/w/a/source"]), paths(&[]), "so it is the command's");
        assert_eq!(ask(&a, &["/w/b/source"]), paths(&["/w/b/source"]), "of a function that was not built");
        assert_eq!(ask(&a, &["/w/b/new"]), paths(&["/w/b/new"]));
        assert_eq!(ask(&a, &["/w/lambda-img.toml"]), paths(&["/w/lambda-img.toml"]));
        assert_eq!(ask(&round(&["a", "b", "c"], true, true), &["/w/lambda-img.toml"]), paths(&[]));
    }

    #[test]
    fn commands_that_write_each_others_files_come_to_an_end() {
        let dependencies = dependencies(["make a", "make b"]);
        for known in [true, false] {
            let mut products = Generated::default();
            let before = there(&["/w/a/x", "/w/b/x"]);
            if known {
                let first = round(&["a", "b", "c"], true, false);
                products.doubts(paths(&["/w/a/x", "/w/b/x"]), &before, &dependencies, &first);
            }
            let mut next = round(&["a"], false, false);
            let mut turns = 0;
            while !next.names.is_empty() {
                turns += 1;
                assert!(turns < 9);
                let fresh = format!("/w/fresh{turns}");
                let written = if next.names.contains("a") { ["/w/b/x", &fresh] } else { ["/w/a/x", &fresh] };
                let doubts = products.doubts(paths(&written), &before, &dependencies, &next);
                next = Round { names: dependencies.concerned(&doubts), anew: false, follows: true };
            }
            assert!(turns > 1, "the other one was stale");
        }
    }
}
