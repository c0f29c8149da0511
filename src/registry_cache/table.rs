//! The files of a layer as an entry lists them, and what is known of a layer by them: layer format 2 leaves nothing open
//! but the bytes of files.

use std::io::{self, Read};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::bad_entry_error::BadEntry;
use crate::epoch::Epoch;
use crate::pack::Packed;
use crate::survey::{Entry, Fact, Kind, Survey};
use crate::tree::{Content, FileTree, ImagePath, Member, Node};

/// A file, directory or link of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The path in the image.
    pub path: String,
    /// The bytes of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Whether a file can be executed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub executable: bool,
    /// Whether all users can write to a directory.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sticky: bool,
    /// What a link points to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// What probes saw: the number of a row, and the facts about its file.
pub type SeenFacts = Vec<(u32, Vec<Fact>)>;

/// The rows of a tree, in its order.
pub fn rows(tree: &FileTree) -> Vec<Row> {
    let row = |(path, node): (&ImagePath, &Node)| {
        let (size, executable, sticky, target) = match node {
            Node::Dir { sticky } => (None, false, *sticky, None),
            Node::File { content, executable } => (Some(content.size()), *executable, false, None),
            Node::Symlink { target, .. } => (None, false, false, Some(target.clone())),
        };
        Row { path: path.to_string(), size, executable, sticky, target }
    };
    tree.iter().map(row).collect()
}

/// The tree of these rows, whose files have no bytes.
///
/// # Errors
/// [`BadEntry`]: rows that no tree of a layer has.
pub fn tree(table: &[Row]) -> Result<FileTree, BadEntry> {
    let mut entries = Vec::with_capacity(table.len());
    let nothing: Arc<dyn Member> = Arc::new(Nothing);
    for row in table {
        let path = ImagePath::new(&row.path).map_err(|error| BadEntry::Form(error.to_string()))?;
        if path.name().starts_with(".wh.") {
            return Err(BadEntry::Contradiction("its table has a whiteout"));
        }
        let node = match (row.size, &row.target, row.executable, row.sticky) {
            (None, None, false, sticky) => Node::Dir { sticky },
            (Some(size), None, executable, false) => {
                Node::File { content: Content::member(Arc::clone(&nothing), size, None), executable }
            }
            (None, Some(target), false, false) => {
                Node::Symlink { target: target.clone(), origin: row.path.clone() }
            }
            _ => return Err(BadEntry::Contradiction("its table has a row of two kinds")),
        };
        entries.push((path, node));
    }
    let tree = FileTree::of(entries);
    let in_order =
        tree.len() == table.len() && tree.iter().zip(table).all(|((path, _), row)| path.as_str() == row.path);
    let is_dir = |path: ImagePath| matches!(tree.get(&path), Some(Node::Dir { .. }));
    if !in_order || !tree.iter().all(|(path, _)| path.ancestors().all(is_dir)) {
        return Err(BadEntry::Contradiction("its table is not the table of a layer"));
    }
    Ok(tree)
}

/// What checks need of a layer with these rows and facts, as if it had been read.
pub fn survey(packed: &Packed, table: &[Row], facts: &SeenFacts, epoch: Epoch) -> Survey {
    let mut entries: Vec<_> = table.iter().map(|row| entry(row, epoch)).collect();
    for (at, facts) in facts {
        if let Some(entry) = entries.get_mut(*at as usize) {
            entry.facts.clone_from(facts);
        }
    }
    Survey::of_packed(packed, entries)
}

/// The facts of a survey that are not those of every layer with these rows; `None` where the survey is not one of them.
pub fn facts(survey: &Survey, packed: &Packed, table: &[Row], epoch: Epoch) -> Option<SeenFacts> {
    let numbered = (0..).zip(&survey.entries).filter(|(_, entry)| !entry.facts.is_empty());
    let facts = numbered.map(|(at, entry)| (at, entry.facts.clone())).collect();
    let said = self::survey(packed, table, &facts, epoch);
    let is_whole = survey.damage.is_none() && survey.trailing_bytes == 0 && survey.stored == said.stored;
    (is_whole && survey.digest == said.digest && survey.entries == said.entries).then_some(facts)
}

fn entry(row: &Row, epoch: Epoch) -> Entry {
    let (kind, mode) = match (row.size, &row.target) {
        (_, Some(_)) => (Kind::Symlink, 0o777),
        (Some(_), _) => (Kind::File, if row.executable { 0o755 } else { 0o644 }),
        (None, _) => (Kind::Dir, if row.sticky { 0o1777 } else { 0o755 }),
    };
    Entry {
        path: if kind == Kind::Dir { format!("{}/", row.path) } else { row.path.clone() },
        kind,
        size: row.size.unwrap_or_default(),
        mode,
        owner: (0, 0),
        mtime: epoch.seconds().cast_signed(),
        link: row.target.clone(),
        pax: Vec::new(),
        facts: Vec::new(),
    }
}

/// Of rows, only the sizes are asked.
struct Nothing;

impl Member for Nothing {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Err(io::Error::other(self.origin()))
    }

    fn origin(&self) -> String {
        "a file of a table".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::pack::{pack, tar_size};
    use crate::survey::probes;
    use crate::work::Run;

    #[test]
    fn a_layer_is_known_by_its_table_and_facts() {
        let long = format!("var/task/{}/ü", "d".repeat(120));
        let mut tree = FileTree::new();
        let bytes = |text: &str| Content::bytes("test", text.as_bytes().to_vec());
        let file = |text: &str, executable| Node::File { content: bytes(text), executable };
        let link = |target: &str| Node::Symlink { target: target.to_owned(), origin: String::new() };
        for (path, node) in [
            ("var/task/app.py", file("def handler(event, context): pass\n", false)),
            ("var/task/run", file("#!/bin/sh\n", true)),
            ("var/task/package.json", file(r#"{"name":"x"}"#, false)),
            ("var/task/link", link("app.py")),
            ("var/task/far", link(&"ö/".repeat(80))),
            (long.as_str(), file("x", false)),
            ("tmp", Node::Dir { sticky: true }),
        ] {
            tree.insert(ImagePath::new(path).unwrap(), node).unwrap();
        }
        let (never, epoch) = (AtomicBool::new(false), Epoch::default());
        let (run, mut layer) = (Run::new(NonZeroUsize::MIN, &never), Vec::new());
        let packed = pack(&tree, epoch, run, None, None, &mut layer).unwrap().packed;
        let read = Survey::read(&*layer, probes::ALL).unwrap();
        let table = rows(&tree);
        let seen = facts(&read, &packed, &table, epoch).expect("the survey is the one of the table");
        assert!(seen.len() >= 2, "{seen:?}");
        assert_eq!(survey(&packed, &table, &seen, epoch), read);
        assert_eq!(tar_size(&super::tree(&table).unwrap()), packed.tar_size);
        let text = serde_json::to_string(&(&table, &seen)).unwrap();
        assert_eq!(serde_json::from_str::<(Vec<Row>, SeenFacts)>(&text).unwrap(), (table, seen));
    }

    #[test]
    fn tables_of_no_layer_are_refused() {
        let row = |path: &str, size| Row {
            path: path.to_owned(),
            size,
            executable: false,
            sticky: false,
            target: None,
        };
        let (dir, file) = (row("a", None), row("a/b", Some(1)));
        tree(&[dir.clone(), file.clone()]).unwrap();
        for bad in [
            vec![file.clone()],
            vec![file.clone(), dir.clone()],
            vec![dir.clone(), dir.clone()],
            vec![row("a", Some(1)), file.clone()],
            vec![dir.clone(), row("a/.wh.b", Some(1))],
            vec![row("../a", Some(1))],
            vec![dir.clone(), row("a/../b", Some(1))],
            vec![row("/a", Some(1))],
            vec![row("/", None)],
            vec![row("", None)],
            vec![row("./a", Some(1))],
            vec![dir.clone(), row("a//b", Some(1))],
            vec![dir.clone(), row("a/b/", Some(1))],
            vec![row("a\0", Some(1))],
            vec![dir.clone(), row("a/.wh..wh..opq", Some(1))],
            vec![dir.clone(), Row { target: Some("x".to_owned()), ..file.clone() }],
            vec![dir.clone(), Row { sticky: true, ..file.clone() }],
            vec![Row { executable: true, ..dir.clone() }],
        ] {
            assert!(tree(&bad).is_err(), "{bad:?}");
        }
    }
}
