//! A zip as input: a deployment package, a Lambda layer or a `.jar`, read without unpacking it.
//!
//! The whole zip is checked before anything is returned, including the bytes of each member. They are decoded once
//! here, in constant memory, and again when they are packed.
//!
//! The name of a member shows a directory (by `/` at the end); its mode, if the zip was made on Unix, shows all other
//! kinds. Names come from the central directory. Two members with the same name are an error, even if their bytes are
//! the same: the format does not say which of them counts, and readers differ.

mod directory;
mod member;
mod name;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use ::zip::extra_fields::ExtraField;
use ::zip::{CompressionMethod, System, ZipArchive};

pub use self::member::Corrupt;
use self::member::{Package, Shared, ZipMember};
use super::collected::{Collected, InputKind};
use super::error::InputError;
use super::exclusions::{Exclusions, is_hidden};
use super::ignore::{Descent, IgnoreRules};
use super::zip_fault::{MAX_RATIO, MAX_UNPACKED, RATIO_FREE_ARCHIVE, RATIO_FREE_MEMBER, ZipFault};
use super::{ignore_file, symlink};
use crate::tree::{Clash, Content, FileStamp, FileTree, ImagePath, Node};

/// Longest target of a symbolic link, in bytes (`PATH_MAX` of Linux).
const MAX_TARGET: u64 = 4096;

/// A member as the central directory has it, its name accepted.
struct ZipEntry {
    raw: Box<[u8]>,
    kind: MemberKind,
    executable: bool,
    encrypted: bool,
    method: CompressionMethod,
    modified: Option<i64>,
    member: Arc<ZipMember>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum MemberKind {
    Dir,
    File,
    Symlink,
    Special(&'static str),
}

/// Collects the zip at `path`.
///
/// # Errors
/// [`InputError`] around a [`ZipFault`], and what the ignore file and links may be refused for.
pub(super) fn collect(path: &Path, exclusions: &Exclusions) -> Result<Collected, InputError> {
    let fault = |source: ZipFault| InputError::Zip { archive: path.to_owned(), source };
    let read = |source| InputError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(read)?;
    let metadata = file.metadata().map_err(read)?;
    let package = Arc::new(Package { path: path.to_owned(), file, stamp: FileStamp::of(&metadata) });
    let entries = entries(&package).map_err(fault)?;
    nested(&entries).map_err(fault)?;

    let top = |name: &str| entries.iter().find(|(path, _)| path.as_str() == name);
    let in_force = ignore_file::NAMES.into_iter().find_map(top).filter(|_| exclusions.ignore_file);
    let rules = exclusions.rules(match in_force {
        None => None,
        Some((name, entry)) => {
            let origin = format!("{}: {name}", path.display());
            readable(name, entry).map_err(fault)?;
            let is_file = entry.kind == MemberKind::File;
            let text = ignore_file::read(is_file, &origin, || entry.member.reader())?;
            Some((text, origin))
        }
    })?;

    name::implied(entries.keys()).map_err(fault)?;
    let (mut tree, taken) = chosen(&entries, &rules)?;
    limits(&taken, metadata.len()).map_err(fault)?;
    for (path, entry) in &taken {
        tree.insert((*path).clone(), node(path, entry).map_err(fault)?)?;
    }
    package.unchanged().map_err(|error| fault(error.into()))?;
    same_but_for_case(&tree).map_err(fault)?;
    let warnings = symlink::check(&tree, &[])?;
    Ok(Collected { tree, warnings, left_out: Vec::new(), kind: InputKind::Zip })
}

type Member<'a> = (&'a ImagePath, &'a ZipEntry);

/// The members that the rules leave, and a tree of the directories above members: a zip need not name them,
/// and the directory that it was made of has them all the same.
fn chosen<'a>(
    entries: &'a BTreeMap<ImagePath, ZipEntry>,
    rules: &IgnoreRules,
) -> Result<(FileTree, Vec<Member<'a>>), Clash> {
    let (mut tree, mut taken, mut descent) = (FileTree::new(), Vec::new(), Descent::new(rules));
    for (path, entry) in entries {
        let (directories, excluded) = descent.verdict(path);
        for directory in directories.into_iter().filter(|directory| !is_hidden(directory)) {
            tree.insert(directory, Node::DIR)?;
        }
        if !excluded && !is_hidden(path) {
            taken.push((path, entry));
        }
    }
    Ok((tree, taken))
}

/// All members by path.
fn entries(package: &Arc<Package>) -> Result<BTreeMap<ImagePath, ZipEntry>, ZipFault> {
    let mut archive = ZipArchive::new(BufReader::new(package.file.try_clone()?))?;
    let directory = directory::walk(package, archive.central_directory_start())?;
    if let Some(name) = directory.twice {
        return Err(ZipFault::Duplicate(name));
    }
    if archive.len() as u64 != directory.members {
        return Err(ZipFault::Count { recorded: archive.len() as u64, found: directory.members });
    }
    let mut entries: BTreeMap<ImagePath, ZipEntry> = BTreeMap::new();
    for index in 0..archive.len() {
        let raw: Box<[u8]> = archive.by_index_data(index)?.name_raw().into();
        let Some((path, is_dir)) = name::path(&raw)? else { continue };
        let file = archive.by_index_raw(index)?;
        let mode = match file.system() {
            System::Unix | System::OsDarwin => file.external_attributes() >> 16,
            _ => 0,
        };
        let extended = file.extra_data_fields().find_map(|field| match field {
            ExtraField::ExtendedTimestamp(times) => times.mod_time(),
            _ => None,
        });
        let member = ZipMember {
            package: Arc::clone(package),
            name: path.as_str().into(),
            deflated: file.compression() == CompressionMethod::Deflated,
            start: file.data_start().unwrap_or_default(),
            packed: file.compressed_size(),
            size: file.size(),
            crc: file.crc32(),
        };
        let entry = ZipEntry {
            raw,
            kind: kind(mode, is_dir),
            executable: mode & 0o111 != 0,
            encrypted: file.encrypted(),
            method: file.compression(),
            // Info-ZIP's field is a signed 32-bit count of seconds.
            modified: extended.map(|seconds| i64::from(seconds.cast_signed())).or_else(|| dos_time(&file)),
            member: Arc::new(member),
        };
        if let Some(first) = entries.get(&path) {
            let (first, second) = (name::escaped(&first.raw), name::escaped(&entry.raw));
            return Err(ZipFault::SamePath { first, second });
        }
        entries.insert(path, entry);
    }
    if archive.has_overlapping_entries()? {
        return Err(ZipFault::Overlap);
    }
    Ok(entries)
}

fn kind(mode: u32, is_dir: bool) -> MemberKind {
    match (mode & 0o170_000, is_dir) {
        (0o120_000, false) => MemberKind::Symlink,
        (0o040_000, false) => MemberKind::Special("a directory by its mode, and by its name none"),
        (0o010_000, _) => MemberKind::Special("a fifo"),
        (0o020_000, _) => MemberKind::Special("a character device"),
        (0o060_000, _) => MemberKind::Special("a block device"),
        (0o140_000, _) => MemberKind::Special("a socket"),
        (0o120_000, true) => MemberKind::Special("a symlink by its mode, and a directory by its name"),
        (_, true) => MemberKind::Dir,
        (_, false) => MemberKind::File,
    }
}

/// The time of DOS has no zone; UTC makes it the same everywhere.
fn dos_time<R: Read>(file: &::zip::read::ZipFile<'_, R>) -> Option<i64> {
    let time = file.last_modified()?;
    let part = |value: u8| i8::try_from(value).ok();
    let time = jiff::civil::DateTime::new(
        i16::try_from(time.year()).ok()?,
        part(time.month())?,
        part(time.day())?,
        part(time.hour())?,
        part(time.minute())?,
        part(time.second())?,
        0,
    );
    Some(jiff::tz::TimeZone::UTC.to_timestamp(time.ok()?).ok()?.as_second())
}

/// Refuses what lies below a file or a link: unpacked one by one, it would be written elsewhere.
fn nested(entries: &BTreeMap<ImagePath, ZipEntry>) -> Result<(), ZipFault> {
    let mut before = None;
    for path in entries.keys() {
        for above in path.ancestors_beyond(before.replace(path)) {
            let kind = match entries.get(&above).map(|entry| entry.kind) {
                None | Some(MemberKind::Dir) => continue,
                Some(MemberKind::File) => "a file",
                Some(MemberKind::Symlink) => "a symlink",
                Some(MemberKind::Special(kind)) => kind,
            };
            return Err(ZipFault::Below { name: path.clone(), above, kind });
        }
    }
    Ok(())
}

fn limits(taken: &[Member<'_>], archive: u64) -> Result<(), ZipFault> {
    let total = taken.iter().fold(0, |sum: u64, (_, entry)| sum.saturating_add(entry.member.size));
    if total > MAX_UNPACKED {
        return Err(ZipFault::TooLarge(total));
    }
    let bomb = |packed: u64, size: u64, free: u64| size > free && size / MAX_RATIO > packed;
    for (path, entry) in taken {
        let (packed, size) = (entry.member.packed, entry.member.size);
        if bomb(packed, size, RATIO_FREE_MEMBER) {
            return Err(ZipFault::Bomb { what: format!("member `{path}`"), packed, size });
        }
    }
    if bomb(archive, total, RATIO_FREE_ARCHIVE) {
        return Err(ZipFault::Bomb { what: "it".to_owned(), packed: archive, size: total });
    }
    Ok(())
}

fn readable(path: &ImagePath, entry: &ZipEntry) -> Result<(), ZipFault> {
    if entry.encrypted {
        return Err(ZipFault::Encrypted(path.clone()));
    }
    if !matches!(entry.method, CompressionMethod::Stored | CompressionMethod::Deflated) {
        return Err(ZipFault::Method { name: path.clone(), method: entry.method.to_string() });
    }
    Ok(())
}

/// The node of an entry, its bytes read to the end once.
fn node(path: &ImagePath, entry: &ZipEntry) -> Result<Node, ZipFault> {
    match entry.kind {
        MemberKind::Special(kind) => return Err(ZipFault::Special { name: path.clone(), kind }),
        MemberKind::Dir if entry.member.size == 0 => return Ok(Node::DIR),
        MemberKind::Dir => {
            let kind = "a directory by its name, and has contents";
            return Err(ZipFault::Special { name: path.clone(), kind });
        }
        MemberKind::File | MemberKind::Symlink => readable(path, entry)?,
    }
    let member = Shared(Arc::clone(&entry.member));
    if entry.kind == MemberKind::File {
        io::copy(&mut entry.member.reader()?, &mut io::sink())?;
        let content = Content::member(Arc::new(member), entry.member.size, entry.modified);
        return Ok(Node::File { content, executable: entry.executable });
    }
    if entry.member.size > MAX_TARGET {
        let kind = "a symlink with a target of more than 4096 bytes";
        return Err(ZipFault::Special { name: path.clone(), kind });
    }
    let mut target = Vec::new();
    entry.member.reader()?.read_to_end(&mut target)?;
    let target = String::from_utf8(target).map_err(|_| ZipFault::Special {
        name: path.clone(),
        kind: "a symlink with a target that is not UTF-8",
    })?;
    Ok(Node::Symlink { target, origin: format!("{}: {path}", entry.member.package.path.display()) })
}

/// Refuses names that Windows and macOS take for one, of which an unzip there keeps either. Classes are
/// let through: obfuscators name them so, and they are not unpacked.
fn same_but_for_case(tree: &FileTree) -> Result<(), ZipFault> {
    let mut seen: BTreeMap<String, &ImagePath> = BTreeMap::new();
    for (path, _) in tree.iter().filter(|(path, _)| !path.name().ends_with(".class")) {
        if let Some(first) = seen.insert(path.as_str().to_lowercase(), path) {
            return Err(ZipFault::Case { first: first.clone(), second: path.clone() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
