//! Probe: the words of source files in which a handler may be defined.
//!
//! A name that is not in a file is not defined there, unless the file imports names with a wildcard. Nothing is
//! reported for such files.

use std::collections::BTreeSet;

use crate::survey::{Entry, Fact, Head, Look, Probe};

/// The largest file that is read, in bytes: handlers are small, bundles and generated code are not.
const LIMIT: usize = 64 << 10;

/// Directories that functions stand in.
const ROOTS: [&str; 4] = ["var/task/", "function/", "app/", "usr/src/app/"];

/// Reads the sources of Python, Node.js and Ruby at the top of a function and one directory deeper.
pub struct HandlerWords;

impl Probe for HandlerWords {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        let path = ROOTS.iter().find_map(|root| entry.name().strip_prefix(root))?;
        let shallow = path.matches('/').count() <= 1 && !path.starts_with("node_modules/");
        let open = takes_unnamed(path.rsplit('.').next()?)?;
        (shallow && entry.size <= LIMIT as u64).then(|| {
            Head::look(LIMIT, move |bytes, _| {
                let text = String::from_utf8_lossy(bytes);
                if open.iter().any(|sign| text.contains(sign)) {
                    return Vec::new();
                }
                let words = text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$');
                let words: BTreeSet<_> = words.filter(|word| !word.is_empty()).map(str::to_owned).collect();
                vec![Fact::Words(words.into_iter().collect())]
            })
        })
    }
}

/// How sources of a language take names without naming them; `None` for other files.
fn takes_unnamed(extension: &str) -> Option<&'static [&'static str]> {
    Some(match extension {
        "py" => &["import *", "exec(", "globals(", "vars(", "setattr(", "__getattr__", "sys.modules"],
        "js" | "mjs" | "cjs" => &[
            "export *",
            "__exportStar",
            "...",
            "Object.assign",
            "exports[",
            "defineProperty",
            "module.exports",
            "import(",
        ],
        "rb" => &[
            "require_relative",
            "require \"./",
            "require './",
            "load",
            "define_method",
            "eval",
            "method_missing",
        ],
        _ => return None,
    })
}
