//! Probe: the packages of an rpm database in SQLite's form, as Amazon Linux 2023 has it. Checks do not need it. The
//! databases of Amazon Linux 2 and 1 are Berkeley DB's, and are not read.

use crate::rpm::{self, Header, Tag};
use crate::survey::{Entry, Fact, HEAD_MAX, Head, Look, OsPackage, Probe};

/// Where Fedora's and Amazon Linux's bases have it.
pub const SQLITE: [&str; 2] = ["var/lib/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/rpmdb.sqlite"];

/// Where it is in Berkeley DB's form, which is not read.
pub const BERKELEY: [&str; 2] = ["var/lib/rpm/Packages", "usr/lib/sysimage/rpm/Packages"];

/// Reads the database of a base.
pub struct RpmDatabase;

impl Probe for RpmDatabase {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        let wanted = SQLITE.contains(&entry.name()) && entry.size <= HEAD_MAX as u64;
        wanted.then(|| {
            Head::look(HEAD_MAX, |bytes, _| packages(bytes).map(Fact::OsPackages).into_iter().collect())
        })
    }
}

/// The packages of a database, in byte order; `None` where it is not one, or is damaged.
fn packages(database: &[u8]) -> Option<Vec<OsPackage>> {
    let page = |offset: u64, buffer: &mut [u8]| {
        let page = usize::try_from(offset).ok().and_then(|from| database.get(from..)?.get(..buffer.len()));
        buffer.copy_from_slice(page.ok_or("it is cut short")?);
        Ok(())
    };
    let mut packages = Vec::new();
    rpm::headers(database.len() as u64, page, |header| packages.push(package(header))).ok()?;
    let mut packages = packages.into_iter().collect::<Option<Vec<_>>>()?;
    packages.sort();
    Some(packages)
}

/// The package of a header; `None` where it is damaged.
fn package(header: &[u8]) -> Option<OsPackage> {
    let header = Header::of(header)?;
    let epoch = header.number(Tag::EPOCH).map(|epoch| format!("{epoch}:")).unwrap_or_default();
    let (version, release) = (header.text(Tag::VERSION)?, header.text(Tag::RELEASE)?);
    Some(OsPackage { name: header.text(Tag::NAME)?, version: format!("{epoch}{version}-{release}") })
}

/// The packages of a file, where [`RpmDatabase`] read them.
pub fn of(entry: &Entry) -> Option<&[OsPackage]> {
    entry.facts.iter().find_map(|fact| match fact {
        Fact::OsPackages(packages) => Some(packages.as_slice()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    /// A database as rpm makes it, with as many packages, written by Python's SQLite.
    fn database(packages: usize) -> Vec<u8> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("rpmdb.sqlite");
        let program = r#"
import sqlite3, struct, sys
def header(name, version, release, epoch):
    data, index = b'', []
    for tag, text in ((1000, name), (1001, version), (1002, release)):
        index.append(struct.pack('>IIII', tag, 6, len(data), 1)); data += text.encode() + b'\0'
    data += b'\0' * (-len(data) % 4)
    if epoch is not None:
        index.append(struct.pack('>IIII', 1003, 4, len(data), 1)); data += struct.pack('>I', epoch)
    data += b'x' * 9000
    return struct.pack('>II', len(index), len(data)) + b''.join(index) + data
db = sqlite3.connect(sys.argv[1])
db.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
for at in range(int(sys.argv[2])):
    db.execute("INSERT INTO Packages (blob) VALUES (?)", (header(f'p{at:04}', '1.2', '3.amzn2023', 1 if at == 0 else None),))
db.commit()
"#;
        let mut python = Command::new("python3");
        let made = python.args(["-c", program]).arg(&file).arg(packages.to_string()).status().unwrap();
        assert!(made.success());
        std::fs::read(file).unwrap()
    }

    #[test]
    fn packages_of_a_database_that_sqlite_wrote() {
        for count in [1, 700] {
            let found = packages(&database(count)).unwrap();
            assert_eq!(found.len(), count);
            let first = OsPackage { name: "p0000".into(), version: "1:1.2-3.amzn2023".into() };
            assert_eq!(found[0], first);
            assert!(found.iter().skip(1).all(|package| package.version == "1.2-3.amzn2023"));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn damaged_databases_never_panic(changes in prop::collection::vec((0usize..40_000, any::<u8>()), 1..20)) {
            thread_local!(static SOUND: Vec<u8> = database(3));
            let mut bytes = SOUND.with(Clone::clone);
            for (at, byte) in changes {
                let at = at % bytes.len();
                bytes[at] = byte;
            }
            packages(&bytes);
        }
    }
}
