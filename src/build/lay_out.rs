//! Where the files of Lambda layers, extensions and `--add` go. Pure: the inputs have been walked.

use super::error::FunctionError;
use super::spec::Add;
use crate::input::{Collected, InputKind};
use crate::tree::{Content, FileTree, ImagePath, Node};

/// Files at their paths in the image, and what was learned on the way.
#[derive(Clone, Default)]
pub struct LaidOut {
    /// The files.
    pub tree: FileTree,
    /// Those of them that the kernel will start.
    pub programs: Vec<Program>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// A file that the kernel will start.
#[derive(Clone)]
pub struct Program {
    /// Its path in the image.
    pub path: ImagePath,
    /// Where it comes from, for messages.
    pub origin: String,
    /// Its first bytes: all that the kernel looks at.
    pub head: Vec<u8>,
}

/// One file that the image executes.
pub struct Executable {
    /// Its own name.
    pub name: String,
    /// Its bytes.
    pub content: Content,
    /// Whether the host may execute it.
    pub executable: bool,
    /// Its first bytes.
    pub head: Vec<u8>,
}

/// A path in the image that the builder names.
pub fn image_path(text: &str) -> Result<ImagePath, FunctionError> {
    Ok(ImagePath::new(text)?)
}

/// Says that a file which will be started was not executable, if it was not.
pub fn note_executable(warnings: &mut Vec<String>, content: &Content, executable: bool) {
    if !executable {
        warnings.push(format!("`{}` was not executable; it is in the image", content.origin()));
    }
}

/// `/opt` as Lambda makes it: Lambda layers, later over earlier, and the extensions.
pub fn opt(layers: Vec<Collected>, extensions: Vec<Executable>) -> Result<LaidOut, FunctionError> {
    let (mut opt, mut programs, mut warnings) = (FileTree::new(), Vec::new(), Vec::new());
    for layer in layers {
        warnings.extend(layer.warnings);
        opt.overlay(layer.tree);
    }
    let root = image_path("opt")?;
    for Executable { name, content, executable, head } in extensions {
        note_executable(&mut warnings, &content, executable);
        let path = image_path(&format!("extensions/{name}"))?;
        programs.push(Program { path: root.join(&path), origin: content.origin(), head });
        let node = Node::File { content, executable: true };
        opt.insert(path, node).map_err(|clash| clash.below(&root))?;
    }
    Ok(LaidOut { tree: opt.below(&root)?, programs, warnings })
}

/// Added files and directories, each at the path that it was given.
pub fn added(all: Vec<(&Add, Collected)>) -> Result<LaidOut, FunctionError> {
    let mut laid = LaidOut::default();
    for (Add { to, into, .. }, collected) in all {
        laid.warnings.extend(collected.warnings);
        let (single, tree) = (collected.kind == InputKind::File, collected.tree);
        match (single, to) {
            (true, Some(to)) if !into => {
                for (_, node) in tree.iter() {
                    laid.tree.insert(to.clone(), node.clone())?;
                }
            }
            (_, Some(to)) => laid.tree.graft(tree.below(to)?)?,
            (_, None) => laid.tree.graft(tree)?,
        }
    }
    // A directory that a layer names gets the layer's mode, and every user may write to these.
    for path in ["tmp", "var/tmp"] {
        let path = image_path(path)?;
        if matches!(laid.tree.get(&path), Some(Node::Dir { .. })) {
            laid.tree.replace(&path, Node::Dir { sticky: true });
        }
    }
    Ok(laid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, bytes: &'static str) -> (ImagePath, Node) {
        let content = Content::bytes(name, bytes.as_bytes());
        (ImagePath::new(name).unwrap(), Node::File { content, executable: false })
    }

    fn collected(kind: InputKind, files: &[(&str, &'static str)]) -> Collected {
        let mut tree = FileTree::new();
        for (name, bytes) in files {
            let (path, node) = file(name, bytes);
            tree.insert(path, node).unwrap();
        }
        Collected { tree, warnings: vec!["seen".to_owned()], left_out: Vec::new(), kind }
    }

    fn add(to: Option<&str>, into: bool) -> Add {
        Add { from: "x".into(), to: to.map(|to| ImagePath::new(to).unwrap()), into }
    }

    fn files(laid: &LaidOut) -> Vec<String> {
        laid.tree.files().map(|(path, _)| path.to_string()).collect()
    }

    #[test]
    fn an_added_file_gets_the_path_that_it_was_given_or_goes_below_a_directory() {
        let one = || collected(InputKind::File, &[("a.txt", "1")]);
        let many = || collected(InputKind::Dir, &[("a.txt", "1"), ("d/b.txt", "2")]);
        for (add, what, expected) in [
            (add(Some("etc/app.conf"), false), one(), vec!["etc/app.conf"]),
            (add(Some("etc"), true), one(), vec!["etc/a.txt"]),
            (add(None, false), one(), vec!["a.txt"]),
            (add(Some("srv/x"), false), many(), vec!["srv/x/a.txt", "srv/x/d/b.txt"]),
            (add(None, true), many(), vec!["a.txt", "d/b.txt"]),
        ] {
            let laid = added(vec![(&add, what)]).unwrap();
            assert_eq!(
                (files(&laid), laid.warnings),
                (Vec::from_iter(expected.iter().map(ToString::to_string)), vec!["seen".to_owned()])
            );
        }
    }

    #[test]
    fn added_files_that_claim_one_path_with_different_bytes_clash() {
        let (first, second) = (add(Some("etc/a"), false), add(Some("etc/a"), false));
        let both = |other| {
            let one = collected(InputKind::File, &[("a", "1")]);
            added(vec![(&first, one), (&second, collected(InputKind::File, &[("b", other)]))])
        };
        assert_eq!(files(&both("1").unwrap()), ["etc/a"]);
        let error = both("2").map(|laid| files(&laid)).unwrap_err().to_string();
        assert_eq!(error, "`a` and `b` both claim `/etc/a` with different contents");
    }

    #[test]
    fn directories_for_temporary_files_stay_writable_by_all() {
        let add = add(None, false);
        let laid =
            added(vec![(&add, collected(InputKind::Dir, &[("tmp/x", "1"), ("var/tmp/y", "2")]))]).unwrap();
        for (path, sticky) in [("tmp", true), ("var/tmp", true), ("var", false)] {
            let node = laid.tree.get(&ImagePath::new(path).unwrap());
            assert!(matches!(node, Some(Node::Dir { sticky: found }) if *found == sticky), "{path}");
        }
    }

    #[test]
    fn later_lambda_layers_win_and_extensions_are_programs() {
        let layers = vec![
            collected(InputKind::Zip, &[("lib/a", "1"), ("lib/b", "1")]),
            collected(InputKind::Dir, &[("lib/a", "2")]),
        ];
        let content = Content::bytes("the agent", *b"#!/bin/sh\n");
        let agent = Executable {
            name: "agent".to_owned(),
            content,
            executable: false,
            head: b"#!/bin/sh\n".to_vec(),
        };
        let laid = opt(layers, vec![agent]).unwrap();
        assert_eq!(files(&laid), ["opt/extensions/agent", "opt/lib/a", "opt/lib/b"]);
        let Some(Node::File { content, .. }) = laid.tree.get(&ImagePath::new("opt/lib/a").unwrap()) else {
            panic!("no file");
        };
        assert_eq!(content.read().unwrap(), b"2");
        let [program] = &laid.programs[..] else { panic!("{} programs", laid.programs.len()) };
        assert_eq!((program.path.as_str(), &*program.origin), ("opt/extensions/agent", "the agent"));
        assert_eq!(laid.warnings.last().unwrap(), "`the agent` was not executable; it is in the image");
    }
}
