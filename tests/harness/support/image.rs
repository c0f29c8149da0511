//! What an image in a layout holds, read without the library under test.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use flate2::read::GzDecoder;
use serde_json::Value;

/// One path of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A directory.
    Dir {
        /// Its permission bits.
        mode: u32,
    },
    /// A file.
    File {
        /// Its permission bits.
        mode: u32,
        /// All of it.
        bytes: Vec<u8>,
    },
    /// A symbolic link.
    Link {
        /// Where it leads.
        to: String,
    },
}

/// Paths without a leading slash, and what is there.
pub type Tree = BTreeMap<String, Entry>;

/// The manifest of the only image of a layout.
pub fn manifest(layout: &Path) -> Value {
    let index: Value = read_json(&layout.join("index.json"));
    blob_json(layout, &index["manifests"][0]["digest"])
}

/// The configuration of the only image of a layout.
pub fn config(layout: &Path) -> Value {
    blob_json(layout, &manifest(layout)["config"]["digest"])
}

/// Everything in the image, and for each path the layer that brought it last, counted from 0.
pub fn files(layout: &Path) -> (Tree, BTreeMap<String, usize>) {
    let (mut tree, mut from) = (Tree::new(), BTreeMap::new());
    for (at, layer) in manifest(layout)["layers"].as_array().expect("layers").iter().enumerate() {
        let file = fs::File::open(blob(layout, &layer["digest"])).expect("a layer");
        let mut archive = tar::Archive::new(GzDecoder::new(file));
        for entry in archive.entries().expect("a tar") {
            let mut entry = entry.expect("an entry");
            let path = entry.path().expect("a path").to_string_lossy().into_owned();
            let path = path.trim_start_matches("./").trim_end_matches('/').to_owned();
            let mode = entry.header().mode().expect("a mode") & 0o7777;
            let kind = entry.header().entry_type();
            let found = if kind.is_dir() {
                Entry::Dir { mode }
            } else if kind.is_symlink() {
                let to = entry.link_name().expect("a target").expect("a target");
                Entry::Link { to: to.to_string_lossy().into_owned() }
            } else {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).expect("a file's bytes");
                Entry::File { mode, bytes }
            };
            from.insert(path.clone(), at);
            tree.insert(path, found);
        }
    }
    (tree, from)
}

/// What is below a directory of this host.
pub fn on_disk(root: &Path) -> Tree {
    let (mut tree, mut todo) = (Tree::new(), vec![root.to_owned()]);
    while let Some(dir) = todo.pop() {
        for entry in fs::read_dir(&dir).unwrap_or_else(|error| panic!("read `{}`: {error}", dir.display())) {
            let path = entry.expect("an entry").path();
            let meta = fs::symlink_metadata(&path).expect("metadata");
            let mode = meta.permissions().mode() & 0o7777;
            let name = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
            let found = if meta.is_symlink() {
                Entry::Link { to: fs::read_link(&path).expect("a target").to_string_lossy().into_owned() }
            } else if meta.is_dir() {
                todo.push(path);
                Entry::Dir { mode }
            } else {
                Entry::File { mode, bytes: fs::read(&path).expect("a file's bytes") }
            };
            tree.insert(name, found);
        }
    }
    tree
}

fn blob(layout: &Path, digest: &Value) -> std::path::PathBuf {
    let digest = digest.as_str().and_then(|digest| digest.strip_prefix("sha256:")).expect("a digest");
    layout.join("blobs/sha256").join(digest)
}

fn blob_json(layout: &Path, digest: &Value) -> Value {
    read_json(&blob(layout, digest))
}

fn read_json(path: &Path) -> Value {
    let text = fs::read(path).unwrap_or_else(|error| panic!("read `{}`: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{error} in `{}`", path.display()))
}
