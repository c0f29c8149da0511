//! Why a template cannot be read.

/// A template that is there and cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", place(.file, *.line))]
pub struct NotRead {
    /// The file, relative to the directory that was looked into.
    pub file: String,
    /// The line, counted from 1, where one is to blame.
    pub line: Option<usize>,
    /// A clause.
    pub why: String,
}

fn place(file: &str, line: Option<usize>) -> String {
    line.map_or_else(|| format!("`{file}` is not read"), |line| format!("`{file}` is not read: line {line}"))
}
