//! Surveys: the contents of a layer, read from its stored bytes in one pass. Checks judge surveys, so that they find
//! faults of this tool's own layers too.
//!
//! ```text
//! stored bytes ─hash→ gunzip ─hash beside→ tar ─→ entries, each with the facts that probes saw in it
//! ```
//!
//! A [`Survey`] depends only on the bytes and on the code, so it can be cached by the digest of the bytes.

mod damage;
mod entry;
mod fact;
mod gunzip;
mod hash_beside;
mod packed;
mod path;
mod probe;
pub mod probes;
pub(crate) mod tar;
mod tree;

use std::collections::HashSet;
use std::io::{self, Read};
use std::sync::OnceLock;
use std::thread::{self, Scope};

use serde::{Deserialize, Serialize};

pub use damage::Damage;
pub use entry::{Entry, Kind, Whiteout};
pub use fact::{
    Algorithm, Bytecode, Checksum, Clock, Component, Ecosystem, Elf, Fact, Locked, Need, OsPackage, Script,
    Secret, SecretKind, Symbols, Validity, Version,
};
pub use gunzip::Stored;
pub(crate) use path::{ancestors, name, split};
pub use probe::{HEAD_MAX, Head, Look, Probe};
pub use tree::{LayerEntry, Resolved, Tree};

use crate::digest::Digest;
use crate::pack::Packed;
pub(crate) use gunzip::{Hashed, Unpack, unpacked};
use hash_beside::HashedBeside;

/// The most bytes that a layer may unpack to before reading it ends: more than six times what Lambda
/// takes of a whole image.
const TAR_MAX: u64 = 64 << 30;

/// The most missing parents of a layer that are told: one entry can lack hundreds.
const MISSING_MAX: usize = 10_000;

/// What a layer holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    /// Digest of the bytes as stored.
    pub digest: Digest,
    /// Their number.
    pub size: u64,
    /// How they are stored.
    pub stored: Stored,
    /// Digest of the uncompressed tar; of a damaged layer, that of what could be read.
    pub diff_id: Digest,
    /// Size of the uncompressed tar in bytes.
    pub tar_size: u64,
    /// Bytes other than zeros after the end of the tar.
    pub trailing_bytes: u64,
    /// Every entry in stored order, extended headers folded into the entries they describe.
    pub entries: Vec<Entry>,
    /// Why reading ended before the end, as a clause about the layer: `it ends inside a file`.
    pub damage: Option<String>,
    /// Found out once: a fleet asks of the same layer for each function.
    #[serde(skip)]
    well_ordered: OnceLock<bool>,
}

impl Survey {
    /// The survey of an empty layer.
    pub fn empty() -> Self {
        let digest = Digest::of(b"");
        let (entries, stored) = (Vec::new(), Stored::Tar);
        let (diff_id, well_ordered) = (digest, OnceLock::new());
        Self {
            digest,
            size: 0,
            stored,
            diff_id,
            tar_size: 0,
            trailing_bytes: 0,
            entries,
            damage: None,
            well_ordered,
        }
    }

    /// Reads a layer to its end: gzip of any number of members, or a bare tar. `probes` look into its
    /// files. What is malformed is told in the survey.
    ///
    /// # Errors
    /// Those of `stored` itself.
    pub fn read(stored: impl Read, probes: &[&dyn Probe]) -> io::Result<Self> {
        Self::read_at_most(TAR_MAX, stored, probes)
    }

    /// The same of a layer that unpacks to at most `most` bytes: reading ends there, and the survey is damaged.
    ///
    /// # Errors
    /// Those of `stored` itself.
    pub fn read_at_most(most: u64, stored: impl Read, probes: &[&dyn Probe]) -> io::Result<Self> {
        thread::scope(|scope| Self::read_within(scope, most, stored, probes))
    }

    fn read_within<'scope>(
        scope: &'scope Scope<'scope, '_>,
        most: u64,
        stored: impl Read,
        probes: &[&dyn Probe],
    ) -> io::Result<Self> {
        let mut unpack = Unpack::new(Hashed::new(stored))?;
        let zstd = matches!(unpack, Unpack::Zstd(_));
        let mut tar = HashedBeside::new(scope, (&mut unpack).take(most.saturating_add(1)));
        let (entries, mut read) = match zstd {
            true => (Vec::new(), Err("it is compressed with zstd".to_owned())),
            false => entries(&mut tar, probes, &|_| None, &|_| ()),
        };
        // A tar that ends without zeros still has its gzip trailer to be judged.
        if read.is_ok()
            && let Err(error) = io::copy(&mut tar, &mut io::sink())
        {
            read = Err(error.to_string());
        }
        if tar.size > most {
            read = Err(format!("it unpacks to more than {most} bytes"));
        }
        let (tar_size, diff_id) = (tar.size, tar.digest());
        let (stored, mut source) = unpack.finish().ok_or(io::ErrorKind::Other)?;
        if let Some(error) = source.failed.take() {
            return Err(error);
        }
        let (trailing_bytes, damage) = ended(read);
        let (size, digest) = (source.size, source.digest());
        let well_ordered = OnceLock::new();
        Ok(Self { digest, size, stored, diff_id, tar_size, trailing_bytes, entries, damage, well_ordered })
    }

    /// Reads the tar of a layer that is being packed, which `packed` then tells the digests of: what
    /// [`Survey::read`] finds in the stored bytes, without unpacking them. Files whose facts are `known`
    /// are passed over. `clear` hears, again and again, how many bytes of the tar no [`Secret`] is in.
    pub fn of_tar(
        mut tar: impl Read,
        probes: &[&dyn Probe],
        known: impl Fn(&Entry) -> Option<Vec<Fact>>,
        clear: impl Fn(u64),
    ) -> impl FnOnce(&Packed) -> Self {
        let (entries, read) = entries(&mut tar, probes, &known, &clear);
        let (trailing_bytes, damage) = ended(read);
        move |packed| Self { trailing_bytes, damage, ..Self::of_packed(packed, entries) }
    }

    /// As bytes, to be kept.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Only types that cannot be written fail, and a buffer that ends.
        postcard::to_stdvec(self).unwrap_or_default()
    }

    /// The survey that these bytes are, if the same code wrote them.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }

    /// Whether every path has one entry, after that of its directory: so it is in layers that are well made.
    pub fn is_well_ordered(&self) -> bool {
        *self.well_ordered.get_or_init(|| self.is_sorted() || self.has_directories_first())
    }

    /// The same, of entries in byte order, as this tool writes them: without a table of all names.
    fn is_sorted(&self) -> bool {
        let (mut before, mut last) = (None, "");
        self.entries.iter().map(Entry::name).enumerate().all(|(at, name)| {
            let ascends = before.is_none_or(|before| before < name);
            let (dir, _) = split(name);
            let follows = || {
                let dir_of = |entry: &Entry| entry.name().cmp(dir);
                dir == last || dir.is_empty() || self.entries[..at].binary_search_by(dir_of).is_ok()
            };
            let goes_on = ascends && follows();
            (before, last) = (Some(name), dir);
            goes_on
        })
    }

    /// The same, in any order.
    fn has_directories_first(&self) -> bool {
        let (mut seen, mut last) = (HashSet::new(), "");
        self.entries.iter().map(Entry::name).all(|name| {
            let (dir, _) = split(name);
            let follows = dir == last || dir.is_empty() || seen.contains(dir);
            last = dir;
            follows && (name.is_empty() || seen.insert(name))
        })
    }

    /// The ancestors that no entry before their first child names, each once: what Lambda calls
    /// `MissingParentDirectory` (issues of nix2container, apko and rules_aws). No more than the first
    /// 10,000.
    pub fn missing_parents(&self) -> Vec<&str> {
        let (mut seen, mut missing) = (HashSet::new(), Vec::new());
        if self.is_well_ordered() {
            return missing;
        }
        for entry in &self.entries {
            // Upwards to the first that was seen before: so were all above it.
            let (from, mut dir) = (missing.len(), split(entry.name()).0);
            while !dir.is_empty() && seen.insert(dir) {
                missing.push(dir);
                dir = split(dir).0;
            }
            missing[from..].reverse();
            seen.insert(entry.name());
            if missing.len() >= MISSING_MAX {
                missing.truncate(MISSING_MAX);
                break;
            }
        }
        missing
    }
}

/// The entries of a tar with what probes saw in them, and the bytes other than zeros after its end, or
/// why reading ended before.
fn entries(
    tar: &mut dyn Read,
    probes: &[&dyn Probe],
    known: &dyn Fn(&Entry) -> Option<Vec<Fact>>,
    clear: &dyn Fn(u64),
) -> (Vec<Entry>, Result<u64, String>) {
    let (mut entries, mut is_clear) = (Vec::new(), true);
    let mut buffer = vec![0; 64 << 10];
    let mut stream = tar::Stream(tar);
    let read = tar::read(&mut stream, |mut entry, at, content| {
        let end =
            at.saturating_add(entry.size.checked_next_multiple_of(tar::BLOCK as u64).unwrap_or(u64::MAX));
        // What nothing looks for secrets in may leave before it is read: it may be large.
        if is_clear && !probes::secrets::is_looked_into(&entry) {
            clear(end);
        }
        entry.facts = match known(&entry) {
            Some(facts) => facts,
            None => look(&entry, content, probes, &mut buffer)?,
        };
        is_clear &= !entry.facts.iter().any(|fact| matches!(fact, Fact::Secret(_)));
        if is_clear {
            clear(end);
        }
        entries.push(entry);
        Ok(())
    });
    let read = read.and_then(|zeros| if zeros { tar::trailing_bytes(&mut stream) } else { Ok(0) });
    (entries, read)
}

/// How reading ended: bytes after the end, and why it ended before.
fn ended(read: Result<u64, String>) -> (u64, Option<String>) {
    match read {
        Ok(trailing_bytes) => (trailing_bytes, None),
        Err(damage) => (0, Some(damage)),
    }
}

/// Shows the content of a file to all probes that want it.
fn look(
    entry: &Entry,
    content: &mut dyn Read,
    probes: &[&dyn Probe],
    buffer: &mut [u8],
) -> Result<Vec<Fact>, String> {
    if entry.kind != Kind::File {
        return Ok(Vec::new());
    }
    let mut looks: Vec<_> = probes.iter().filter_map(|probe| probe.begin(entry)).collect();
    while !looks.is_empty() {
        let count = content.read(buffer).map_err(|error| error.to_string())?;
        if count == 0 {
            break;
        }
        looks.iter_mut().for_each(|look| look.feed(&buffer[..count]));
    }
    Ok(looks.into_iter().flat_map(Look::end).collect())
}
