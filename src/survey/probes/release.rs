//! Probe: small text files of a base that name versions. Checks do not need them.

use crate::survey::{Entry, Fact, Head, Look, Probe, split};

/// The most bytes that are kept of one: Ruby's and Node.js's headers have less.
const LIMIT: usize = 16 << 10;

/// Where operating systems say what they are (os-release(5)).
pub const OS_RELEASE: [&str; 2] = ["etc/os-release", "usr/lib/os-release"];

/// Where Corretto says its version: the file `release` of every JDK.
pub const JAVA_RELEASE: &str = "var/lang/release";

/// Where Node.js's distribution says its version, and that of its interface for addons.
pub const NODE_VERSION: &str = "var/lang/include/node/node_version.h";

/// Keeps those files, and `patchlevel.h` of Python's headers.
pub struct Releases;

impl Probe for Releases {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        let name = entry.name();
        let wanted = OS_RELEASE.contains(&name)
            || name == JAVA_RELEASE
            || name == NODE_VERSION
            || (name.starts_with("var/lang/include/python") && split(name).1 == "patchlevel.h");
        (wanted && entry.size <= LIMIT as u64).then(|| {
            Head::look(LIMIT, |bytes, _| {
                std::str::from_utf8(bytes).map(|text| Fact::Text(text.to_owned())).into_iter().collect()
            })
        })
    }
}
