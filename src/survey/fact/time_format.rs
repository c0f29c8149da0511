//! `Clock`: formats of files that hold a time.

use serde::{Deserialize, Serialize};

/// A format that holds times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// Python bytecode with the time of its source (PEP 552).
    Bytecode,
    /// Gzip, bytes 4 to 7 (RFC 1952, `MTIME`).
    Gzip,
    /// Zip and what is one, such as jars: the time of each member (APPNOTE 4.4.6).
    Zip,
    /// Text with a date, or with seconds or milliseconds since 1970.
    Text,
}

impl Clock {
    /// Where the time is, in words.
    pub fn place(self) -> &'static str {
        match self {
            Clock::Bytecode => "the time of the source that bytecode records",
            Clock::Gzip => "the time in the header of gzip",
            Clock::Zip => "the times of the members of zip archives",
            Clock::Text => "a date or time in the text",
        }
    }
}
