//! Python bytecode that stays valid when times are fixed.
//!
//! A `.pyc` records the mtime of its source. In the image every mtime is replaced, so the `.pyc` would be stale.
//! `/var/task` is read-only, so Python would compile the source again at each cold start. PEP 552 has a form of
//! `.pyc` that is never compared with its source.

use std::hash::Hasher as _;
use std::io;

use siphasher::sip::{SipHasher13, SipHasher24};

use super::FamilyError;
use crate::epoch::Epoch;
use crate::survey::probes::bytecode;
use crate::survey::{Bytecode, Validity};
use crate::tree::file_facts::{Answer, Facts, Question};
use crate::tree::{Content, FileTree, ImagePath, Node};

/// The first magic number of Python 3.7 (PEP 552), and of 3.11, whose source hash is SipHash-1-3 where
/// it was SipHash-2-4.
const PYTHON_3_7: u16 = 3392;
const PYTHON_3_11: u16 = 3450;

/// Bit 0 of PEP 552's flags: hash-based. Bit 1, check the source, stays clear.
const UNCHECKED_HASH: u32 = 1;

/// [`bytecode::source_of`] of a path in a tree.
pub fn source_of(path: &ImagePath) -> Option<ImagePath> {
    ImagePath::new(&bytecode::source_of(path.as_str())?).ok()
}

/// Rewrites the header of every `.pyc` that matches its source: from Python 3.7 on to the unchecked
/// form with the source's hash, for older ones to the mtime that the source will have. Others stay
/// as they are, and are told of.
pub fn normalise(tree: &mut FileTree, epoch: Epoch, facts: &Facts) -> Result<Vec<String>, FamilyError> {
    let mut stale = Vec::new();
    let mut changes = Vec::new();
    for (path, content) in tree.files() {
        let Some(source) = source_of(path).and_then(|source| tree.get(&source)) else { continue };
        let Node::File { content: source, .. } = source else { continue };
        let head = content.start(facts).map_err(FamilyError::reading(content))?;
        match judge(&head, source, epoch, facts).map_err(FamilyError::reading(source))? {
            Verdict::Keep => {}
            Verdict::Stale => stale.push(path.to_string()),
            Verdict::Rewrite(head) => changes.push((path.clone(), content.clone().with_head(head))),
        }
    }
    for (path, content) in changes {
        let executable = matches!(tree.get(&path), Some(Node::File { executable: true, .. }));
        tree.replace(&path, Node::File { content, executable });
    }
    Ok(match stale.first() {
        None => Vec::new(),
        Some(first) => vec![format!(
            "{} bytecode files do not match their sources and are left as they are; Lambda will compile these \
             anew at every cold start (`{first}`, …)",
            stale.len()
        )],
    })
}

enum Verdict {
    /// Already independent of times, or of a form that is not known here.
    Keep,
    /// Its source is another one by now.
    Stale,
    /// The same with these first bytes.
    Rewrite(Vec<u8>),
}

fn judge(head: &[u8], source: &Content, epoch: Epoch, facts: &Facts) -> io::Result<Verdict> {
    let Some(bytecode) = Bytecode::of_bytes(head) else { return Ok(Verdict::Keep) };
    let Validity::Time { mtime, size } = bytecode.validity else { return Ok(Verdict::Keep) };
    // The format holds the lower 32 bits of both, as Python compares them.
    let modified = source.modified().map(|seconds| seconds as u32);
    if Some(mtime) != modified || size.is_some_and(|size| size != source.size() as u32) {
        return Ok(Verdict::Stale);
    }
    let mut new = head.to_vec();
    if size.is_some() && bytecode.magic >= PYTHON_3_7 {
        new[4..8].copy_from_slice(&UNCHECKED_HASH.to_le_bytes());
        new[8..16].copy_from_slice(&known_source_hash(bytecode.magic, source, facts)?);
    } else {
        new[4..8].copy_from_slice(&(epoch.seconds() as u32).to_le_bytes());
    }
    Ok(Verdict::Rewrite(new))
}

/// The source hash, remembered for files of the host.
fn known_source_hash(magic: u16, source: &Content, facts: &Facts) -> io::Result<[u8; 8]> {
    let find = || Ok::<_, io::Error>(source_hash(magic, source)?.to_le_bytes());
    let Some((stamp, _)) = source.file() else { return find() };
    let fact = facts.get_or(stamp, Question::SourceHash(magic), || {
        let mut fact = Answer::default();
        fact[..8].copy_from_slice(&find()?);
        Ok::<_, io::Error>(fact)
    })?;
    Ok(fact.first_chunk().copied().unwrap_or_default())
}

/// `_imp.source_hash`: SipHash of the source, keyed with the four bytes of the magic number.
fn source_hash(magic: u16, source: &Content) -> io::Result<u64> {
    let [low, high] = magic.to_le_bytes();
    let key = u64::from(u32::from_le_bytes([low, high, b'\r', b'\n']));
    let bytes = source.read()?;
    Ok(if magic >= PYTHON_3_11 {
        let mut hasher = SipHasher13::new_with_keys(key, 0);
        hasher.write(&bytes);
        hasher.finish()
    } else {
        let mut hasher = SipHasher24::new_with_keys(key, 0);
        hasher.write(&bytes);
        hasher.finish()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_pythons_own() {
        // importlib.util.source_hash of CPython 3.11.7, magic a70d0d0a.
        let hash =
            |bytes: &'static [u8]| source_hash(3495, &Content::bytes("", bytes)).unwrap().to_le_bytes();
        assert_eq!(hash(b"x = 1\n"), [0x4c, 0x03, 0x72, 0xaa, 0x93, 0xf7, 0x52, 0x52]);
        assert_eq!(hash(b""), [0x73, 0x8d, 0x9c, 0xd5, 0xd5, 0xe8, 0x7f, 0x73]);
    }

    #[test]
    fn every_header_form_is_normalised_or_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("m.py");
        std::fs::write(&path, b"x = 1\n").unwrap();
        let metadata = std::fs::metadata(&path).unwrap();
        let source = Content::host(path, &metadata);
        let time = (source.modified().unwrap() as u32).to_le_bytes();
        let fixed = (Epoch::default().seconds() as u32).to_le_bytes();
        let size = 6u32.to_le_bytes();
        let magic = |number: u16| [number.to_le_bytes(), *b"\r\n"].concat();
        let rewritten =
            |head: &[&[u8]]| match judge(&head.concat(), &source, Epoch::default(), &Facts::default())
                .unwrap()
            {
                Verdict::Rewrite(head) => head,
                Verdict::Keep => b"keep".to_vec(),
                Verdict::Stale => b"stale".to_vec(),
            };
        let (py2, py36, py311) = (magic(62211), magic(3379), magic(3495));
        assert_eq!(rewritten(&[&py2, &time, b"code"]), [&py2[..], &fixed, b"code"].concat());
        assert_eq!(rewritten(&[&py36, &time, &size]), [&py36[..], &fixed, &size].concat());
        let unchecked =
            [&py311[..], &[1, 0, 0, 0], &[0x4c, 0x03, 0x72, 0xaa, 0x93, 0xf7, 0x52, 0x52]].concat();
        assert_eq!(rewritten(&[&py311, &[0; 4], &time, &size]), unchecked);
        assert_eq!(rewritten(&[&py311, &[0; 4], &[9; 4], &size]), b"stale");
        assert_eq!(rewritten(&[&py311, &[0; 4], &time, &[9; 4]]), b"stale");
        assert_eq!(rewritten(&[&unchecked]), b"keep");
        assert_eq!(rewritten(&[b"no bytecode at all"]), b"keep");
        assert_eq!(rewritten(&[&py311]), b"keep");
    }
}
