//! The database of RPM: a table of SQLite whose rows are the headers of packages. The older form, Berkeley DB, is named and
//! not read.

mod package;

use std::io::{Read, Seek, SeekFrom};

use tempfile::SpooledTempFile;

use super::spool::Spool;
use super::stated::{Found, not_listed};
use crate::rpm;
use crate::survey::{Entry, Fact, Head, Look, Probe, split};

/// Reads the packages of RPM's database.
pub struct Rpm;

impl Probe for Rpm {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        let (dir, base) = split(entry.name());
        if !rpm::DIRS.contains(&dir) {
            return None;
        }
        match base {
            "rpmdb.sqlite" => Some(Spool::look(b"", read)),
            "rpmdb.sqlite-wal" if entry.size > 0 => {
                Some(Head::look(0, |_, _| not_listed("it has changes of RPM's database, which are not read")))
            }
            "Packages" | "Packages.db" => Some(Head::look(0, |_, _| {
                not_listed("it is a database of RPM in an older form than SQLite, which is not read")
            })),
            _ => None,
        }
    }
}

fn read(mut file: SpooledTempFile) -> Vec<Fact> {
    let mut found = Found::default();
    let size = match file.seek(SeekFrom::End(0)) {
        Ok(size) => size,
        Err(error) => return not_listed(error.to_string()),
    };
    let page = |offset: u64, buffer: &mut [u8]| {
        file.seek(SeekFrom::Start(offset))
            .and_then(|_| file.read_exact(buffer))
            .map_err(|error| error.to_string())
    };
    let row = |blob: &[u8]| match package::package(blob) {
        Ok(Some(package)) => found.add(package),
        Ok(None) => {}
        Err(why) => found.fault(why),
    };
    if let Err(why) = rpm::headers(size, page, row) {
        found.fault(format!("its database cannot be read: {why}"));
    }
    found.facts()
}
