//! The input files of functions, by what the host reports without reading them: size, times, inode.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What tells one state of a file from another. Not the ctime: a link from a cache would change it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct State {
    mode: u32,
    /// Size, mtime in seconds and nanoseconds, inode; nothing of a directory: whatever is put into it and
    /// left out again would change them.
    stamp: Option<(u64, i64, i64, u64)>,
    target: Option<PathBuf>,
}

/// All of them by their places.
pub type Files = BTreeMap<PathBuf, State>;

/// Where to look.
#[derive(Default)]
pub struct View {
    /// What functions are made of, whole.
    pub inputs: BTreeSet<PathBuf>,
    /// The files where `pre-build` commands run, except the caches of other tools.
    pub workplaces: BTreeSet<PathBuf>,
    /// What builds write.
    pub left_out: BTreeSet<PathBuf>,
}

/// Names a directory that some tool only keeps things in: <https://bford.info/cachedir/>.
const CACHE_TAG: &str = "CACHEDIR.TAG";

/// How the temporary directories of outputs begin.
const TEMPORARY: &str = ".lambda-img-";

impl View {
    /// Looks at everything. What cannot be read is not there: the build says why.
    pub fn look(&self) -> Files {
        let mut files = Files::new();
        for root in self.inputs.iter().chain(&self.workplaces) {
            if let Ok(metadata) = fs::metadata(root) {
                let works = !self.inputs.iter().any(|input| root.starts_with(input));
                self.take(root.clone(), &metadata, works, &mut files);
            }
        }
        files
    }

    fn take(&self, path: PathBuf, metadata: &Metadata, works: bool, files: &mut Files) {
        if metadata.is_dir() {
            for entry in fs::read_dir(&path).into_iter().flatten().flatten() {
                let (below, name) = (entry.path(), entry.file_name());
                let ours = name.as_encoded_bytes().starts_with(TEMPORARY.as_bytes()) || name == ".git";
                // Those are looked at by themselves.
                let apart = self.inputs.contains(&below) || self.workplaces.contains(&below);
                let Ok(metadata) = entry.metadata() else { continue };
                let cache = || works && metadata.is_dir() && below.join(CACHE_TAG).exists();
                if !ours && !apart && !self.left_out.contains(&below) && !cache() {
                    self.take(below, &metadata, works, files);
                }
            }
        }
        let stamp = (metadata.size(), metadata.mtime(), metadata.mtime_nsec(), metadata.ino());
        let state = State {
            mode: metadata.mode(),
            stamp: (!metadata.is_dir()).then_some(stamp),
            target: if metadata.is_symlink() { fs::read_link(&path).ok() } else { None },
        };
        // A directory made for an output is there because of it.
        let made = || self.left_out.iter().any(|output| output.starts_with(&path));
        if !metadata.is_dir() || self.inputs.contains(&path) || !made() {
            files.insert(path, state);
        }
    }
}

/// What is not in both as it is in the other.
pub fn changed(before: &Files, after: &Files) -> Vec<PathBuf> {
    let gone = before.keys().filter(|path| !after.contains_key(*path));
    let other = after.iter().filter(|(path, state)| before.get(*path) != Some(state)).map(|(path, _)| path);
    let mut paths: Vec<_> = gone.chain(other).cloned().collect();
    paths.sort();
    paths
}

/// A place as it would be typed here.
pub fn typed(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    here.and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use std::fs::{create_dir_all, rename, write};

    use super::*;

    #[test]
    fn what_builds_and_tools_write_is_not_seen() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for name in ["fn/.git", "fn/out", "fn/.lambda-img-1", "fn/cache", "work/cache", "work/src"] {
            create_dir_all(at(name)).unwrap();
        }
        write(at("fn/cache/CACHEDIR.TAG"), "").unwrap();
        write(at("work/cache/CACHEDIR.TAG"), "").unwrap();
        let view = View {
            inputs: [at("fn"), at("work/cache/made")].into(),
            workplaces: [at("work")].into(),
            left_out: [at("fn/out"), at("fn/outs/out")].into(),
        };
        let before = view.look();
        create_dir_all(at("fn/outs/out")).unwrap();
        for name in ["fn/.git/HEAD", "fn/out/index.json", "fn/.lambda-img-1/new", "work/cache/object"] {
            write(at(name), "1").unwrap();
        }
        assert_eq!(changed(&before, &view.look()), Vec::<PathBuf>::new());
        let seen = ["fn/cache/file", "fn/new", "work/cache/made", "work/src/file"].map(at);
        seen.iter().for_each(|path| write(path, "1").unwrap());
        let after = view.look();
        assert_eq!(changed(&before, &after), seen);
        // As editors save: another file takes the name.
        write(at("other"), "2").unwrap();
        rename(at("other"), at("fn/new")).unwrap();
        std::fs::remove_file(at("work/src/file")).unwrap();
        assert_eq!(changed(&after, &view.look()), [at("fn/new"), at("work/src/file")]);
        std::fs::remove_dir_all(at("fn")).unwrap();
        assert!(changed(&after, &view.look()).contains(&at("fn")));
    }
}
