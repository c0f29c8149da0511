//! The files below a directory that a list of names and patterns means: what a step reads.

use std::fs;
use std::path::{Path, PathBuf};

use super::default_excludes;
use super::error::{InputError, not_utf8};
use super::exclusions::is_hidden;
use super::ignore_error::IgnoreError;
use super::pattern::Pattern;
use crate::tree::{Content, ImagePath};

/// Directories that commands fill: never taken unless a pattern names them.
const MADE: [&str; 2] = ["node_modules", "__pycache__"];

/// A file or link that is meant.
#[derive(Clone, Debug)]
pub struct Selected {
    /// Its path, relative to the directory.
    pub path: String,
    /// The bytes of the file, or of the one that a link leads to; `None` where that is a directory.
    pub content: Option<Content>,
    /// Whether the file has a permission to execute it.
    pub executable: bool,
    /// What a link points to.
    pub target: Option<String>,
}

/// Files and directories by `.dockerignore`'s patterns, relative to one directory; those with a `!` in front are left
/// out of what the others take.
pub struct Selection {
    taken: Vec<(String, Pattern)>,
    left_out: Vec<Pattern>,
}

impl Selection {
    /// Of patterns.
    ///
    /// # Errors
    /// [`IgnoreError`]: a malformed pattern.
    pub fn new<'p>(patterns: impl IntoIterator<Item = &'p str>) -> Result<Self, IgnoreError> {
        let (mut taken, mut left_out) = (Vec::new(), Vec::new());
        for text in patterns {
            let (list_out, line) = match text.strip_prefix('!') {
                Some(rest) => (true, rest.trim()),
                None => (false, text.trim()),
            };
            // The directory itself is all that it holds.
            let line = if matches!(line, "." | "./") { "**" } else { line };
            let wrong = |reason| IgnoreError::new("input", text, reason);
            if line.is_empty() || line.starts_with(['!', '/']) {
                return Err(wrong("is not a path relative to the directory"));
            }
            let pattern = Pattern::new(line).map_err(wrong)?;
            if list_out { left_out.push(pattern) } else { taken.push((text.to_owned(), pattern)) }
        }
        Ok(Self { taken, left_out })
    }

    /// The paths at or below which everything is that is meant; an empty one is the directory itself.
    pub fn starts(&self) -> impl Iterator<Item = &str> {
        self.taken.iter().map(|(_, pattern)| pattern.start())
    }

    /// Whether a path is meant, by its name alone.
    pub fn names(&self, path: &str) -> bool {
        let above = path.match_indices('/').map(|(at, _)| &path[..at]).chain([path]);
        let matched = |pattern: &Pattern| above.clone().any(|path| pattern.matches(path));
        let made = path.split('/').any(|part| part == ".git" || MADE.contains(&part) && !self.by_name(part));
        self.taken.iter().any(|(_, pattern)| matched(pattern)) && !self.left_out.iter().any(matched) && !made
    }

    /// Whether a pattern has this name as one of its parts, to the letter.
    fn by_name(&self, name: &str) -> bool {
        self.taken.iter().any(|(text, _)| text.split('/').any(|part| part == name))
    }

    /// What is below `root`, in the order of paths, without what tools keep there and what is at the paths `written`;
    /// and the first pattern that nothing matches.
    ///
    /// # Errors
    /// [`InputError`]: a name that is not UTF-8, and what the host says.
    pub fn files(
        &self,
        root: &Path,
        written: &[PathBuf],
    ) -> Result<(Vec<Selected>, Option<&str>), InputError> {
        let mut walk =
            Walk { selection: self, written, met: vec![false; self.taken.len()], found: Vec::new() };
        walk.directory(root, None, false)?;
        let Walk { met, mut found, .. } = walk;
        found.sort_by(|a, b| a.path.cmp(&b.path));
        let missing = self.taken.iter().zip(met).find(|(_, met)| !met).map(|((text, _), _)| text.as_str());
        Ok((found, missing))
    }
}

struct Walk<'a> {
    selection: &'a Selection,
    written: &'a [PathBuf],
    /// Which patterns matched something that is taken.
    met: Vec<bool>,
    found: Vec<Selected>,
}

impl Walk<'_> {
    /// Looks at the entries of a directory, all of which are meant where it is `taken`.
    fn directory(&mut self, host: &Path, at: Option<&ImagePath>, taken: bool) -> Result<(), InputError> {
        let read = |path: &Path| {
            let path = path.to_owned();
            move |source| InputError::Read { path, source }
        };
        for entry in fs::read_dir(host).map_err(read(host))? {
            let entry = entry.map_err(read(host))?;
            let (host, name) = (entry.path(), entry.file_name());
            let Some(name) = name.to_str() else {
                if taken {
                    return Err(not_utf8("the name", &host));
                }
                continue;
            };
            let Ok(path) = ImagePath::child(at, name) else { continue };
            let file_type = entry.file_type().map_err(read(&host))?;
            let named = self.selection.taken.iter().map(|(_, pattern)| pattern.matches(path.as_str()));
            let named: Vec<bool> = named.collect();
            let is_named = named.contains(&true);
            let enters = file_type.is_dir()
                && (taken
                    || is_named
                    || self.selection.taken.iter().any(|(_, one)| one.may_match_below(path.as_str())));
            if !is_named && !taken && !enters {
                continue;
            }
            let is_made = file_type.is_dir() && MADE.contains(&name);
            let of_tools = || {
                is_hidden(&path)
                    || default_excludes::works_in(&path, file_type)
                    || default_excludes::kept(&path, file_type, &host)
                    || file_type.is_dir() && default_excludes::built(file_type, None, &host)
            };
            if self.selection.left_out.iter().any(|pattern| pattern.matches(path.as_str()))
                || self.written.contains(&host)
                || (is_made || of_tools()) && !self.selection.by_name(name)
            {
                continue;
            }
            if enters {
                let before = self.found.len();
                self.directory(&host, Some(&path), taken || is_named)?;
                // A directory is met by what it holds.
                if self.found.len() > before {
                    self.meet(&named);
                }
            } else if (is_named || taken) && !file_type.is_dir() {
                self.meet(&named);
                self.found.extend(selected(&host, &path, file_type)?);
            }
        }
        Ok(())
    }

    fn meet(&mut self, named: &[bool]) {
        self.met.iter_mut().zip(named).for_each(|(met, named)| *met |= named);
    }
}

/// A file, or a link with what it leads to; nothing of other kinds, which no command reads as an input.
fn selected(host: &Path, path: &ImagePath, file_type: fs::FileType) -> Result<Option<Selected>, InputError> {
    let read = |source| InputError::Read { path: host.to_owned(), source };
    let path = path.to_string();
    let file = |own: PathBuf| {
        let metadata = fs::symlink_metadata(&own).map_err(read)?;
        Ok::<_, InputError>((super::dir::is_executable(&metadata), Content::host(own, &metadata)))
    };
    if file_type.is_file() {
        let (executable, content) = file(host.to_owned())?;
        return Ok(Some(Selected { path, content: Some(content), executable, target: None }));
    }
    if !file_type.is_symlink() {
        return Ok(None);
    }
    let target = fs::read_link(host).map_err(read)?.to_string_lossy().into_owned();
    let leads_to = fs::canonicalize(host).ok().filter(|own| own.is_file());
    let (executable, content) = match leads_to.map(file).transpose()? {
        Some((executable, content)) => (executable, Some(content)),
        None => (false, None),
    };
    Ok(Some(Selected { path, content, executable, target: Some(target) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dir(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for name in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        dir
    }

    fn chosen(root: &Path, patterns: &[&str]) -> (Vec<String>, Option<String>) {
        let selection = Selection::new(patterns.iter().copied()).unwrap();
        let (found, missing) = selection.files(root, &[root.join("written")]).unwrap();
        (found.into_iter().map(|one| one.path).collect(), missing.map(str::to_owned))
    }

    #[test]
    fn files_directories_and_globs_are_taken_and_what_tools_keep_is_not() {
        let dir = dir(&[
            "go.mod",
            "main.go",
            "pkg/a.go",
            "pkg/a.txt",
            "pkg/gen/b.go",
            "written",
            ".git/x.go",
            ".venv/pyvenv.cfg",
            ".idea/x.go",
            "node_modules/y/z.go",
            "pkg/__pycache__/c.go",
        ]);
        let go = ["go.mod", "main.go", "pkg/a.go", "pkg/gen/b.go"].map(str::to_owned).to_vec();
        for (patterns, wanted) in [
            (&["go.mod", "**/*.go"][..], &go[..]),
            (&["go.mod", "main.go", "pkg", "!**/*.txt"], &go),
            (&[".", "!pkg/*.txt"], &go),
            (&["./pkg/", "!pkg/gen", "!pkg/a.txt"], &go[2..3]),
            (&["*.go"], &go[1..2]),
        ] {
            assert_eq!(chosen(dir.path(), patterns), (wanted.to_vec(), None), "{patterns:?}");
        }
        assert_eq!(chosen(dir.path(), &["node_modules/y"]).0, ["node_modules/y/z.go"]);
        let selection = Selection::new(["pkg", "*.go", "!pkg/gen"]).unwrap();
        let paths = ["pkg/a.txt", "x.go", "pkg/gen/b.go", "y/x.go", "pkg/node_modules/x"];
        assert_eq!(paths.map(|path| selection.names(path)), [true, true, false, false, false]);
        assert_eq!(selection.starts().collect::<Vec<_>>(), ["pkg", ""]);
    }

    #[test]
    fn what_matches_nothing_is_told() {
        let dir = dir(&["a", "d/b"]);
        fs::create_dir(dir.path().join("empty")).unwrap();
        for missing in ["gone", "*.py", "empty", "d/c", "a/x"] {
            assert_eq!(chosen(dir.path(), &["a", missing]).1.as_deref(), Some(missing));
        }
        assert_eq!(chosen(dir.path(), &["d", "!d/b"]).1.as_deref(), Some("d"));
        for wrong in ["", "/a", "!", "!/a", "[a"] {
            assert!(Selection::new([wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_link_is_what_it_leads_to() {
        let dir = dir(&["real", "d/x"]);
        std::os::unix::fs::symlink("real", dir.path().join("link")).unwrap();
        std::os::unix::fs::symlink("gone", dir.path().join("dangling")).unwrap();
        let selection = Selection::new(["link", "dangling"]).unwrap();
        let (found, missing) = selection.files(dir.path(), &[]).unwrap();
        assert_eq!((found.len(), missing), (2, None));
        assert!(found[0].content.is_none() && found[0].target.as_deref() == Some("gone"));
        assert_eq!(found[1].content.as_ref().unwrap().read().unwrap(), b"real");
    }
}
