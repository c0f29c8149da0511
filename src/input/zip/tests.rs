use std::io::{Cursor, Write};
use std::path::PathBuf;

use ::zip::ZipWriter;
use ::zip::write::SimpleFileOptions;
use proptest::prelude::*;

use super::*;

fn collect(path: &std::path::Path, exclusions: &Exclusions) -> Result<Collected, InputError> {
    super::super::collect(path, exclusions, std::num::NonZeroUsize::MIN)
}

/// One member, for [`zip`]: what the central directory says, and the data behind it.
#[derive(Clone)]
struct Raw {
    name: Vec<u8>,
    data: Vec<u8>,
    made_by: u16,
    mode: u32,
    flags: u16,
    method: u16,
    crc: u32,
    size: u32,
    extra: Vec<u8>,
}

fn raw(name: impl AsRef<[u8]>, data: impl AsRef<[u8]>) -> Raw {
    let data = data.as_ref().to_vec();
    let (crc, size) = (crc32fast::hash(&data), data.len() as u32);
    let name = name.as_ref().to_vec();
    Raw { name, data, made_by: 0x031e, mode: 0o100_644, flags: 0, method: 0, crc, size, extra: vec![] }
}

/// A zip written by hand, so that it can say anything. The time is 2020-02-03 04:05:06.
fn zip(members: &[Raw]) -> Vec<u8> {
    let (mut out, mut central) = (Vec::new(), Vec::new());
    for member in members {
        let offset = out.len() as u32;
        let mut common = Vec::new();
        for value in [20, member.flags, member.method, 4 << 11 | 5 << 5 | 3, 40 << 9 | 2 << 5 | 3] {
            common.extend_from_slice(&u16::to_le_bytes(value));
        }
        for value in [member.crc, member.data.len() as u32, member.size] {
            common.extend_from_slice(&value.to_le_bytes());
        }
        common.extend_from_slice(&(member.name.len() as u16).to_le_bytes());
        out.extend_from_slice(b"PK\x03\x04");
        out.extend_from_slice(&common);
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(&member.name);
        out.extend_from_slice(&member.data);
        central.extend_from_slice(b"PK\x01\x02");
        central.extend_from_slice(&member.made_by.to_le_bytes());
        central.extend_from_slice(&common);
        central.extend_from_slice(&(member.extra.len() as u16).to_le_bytes());
        central.extend_from_slice(&[0; 6]);
        central.extend_from_slice(&(member.mode << 16).to_le_bytes());
        central.extend_from_slice(&offset.to_le_bytes());
        central.extend_from_slice(&member.name);
        central.extend_from_slice(&member.extra);
    }
    let (start, count) = (out.len() as u32, members.len() as u16);
    out.extend_from_slice(&central);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&(central.len() as u32).to_le_bytes());
    out.extend_from_slice(&start.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    out
}

fn at(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fn.zip");
    std::fs::write(&path, bytes).unwrap();
    (dir, path)
}

fn take(bytes: &[u8]) -> Result<Collected, InputError> {
    collect(&at(bytes).1, &Exclusions { ignore_file: true, ..Default::default() })
}

/// The whole chain of errors.
fn refused(bytes: &[u8]) -> String {
    let (_dir, path) = at(bytes);
    let error = collect(&path, &Exclusions::default()).unwrap_err();
    std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source())
        .map(|error| format!("{error}\n"))
        .collect()
}

fn member_refused(member: Raw) -> String {
    refused(&zip(&[raw("ok", "ok"), member]))
}

fn get<'a>(collected: &'a Collected, path: &str) -> &'a Node {
    collected.tree.get(&ImagePath::new(path).unwrap()).unwrap()
}

#[test]
fn members_become_nodes() {
    let mut names: Vec<Raw> = ["./a", "d//b", "é", "d/", "./"].map(|name| raw(name, "")).to_vec();
    names[0] = Raw { mode: 0o100_711, ..raw("./a", "bytes") };
    names.push(Raw { mode: 0o120_777, ..raw("d/l", "../a") });
    names.push(Raw { made_by: 0x0014, mode: 0o100_777, ..raw("dos", "") });
    names.push(Raw { mode: 0, ..raw("java", "") });
    names.push(Raw { extra: b"UT\x05\0\x03\x10\0\0\0".to_vec(), ..raw("ut", "") });
    let (_dir, path) = at(&zip(&names));
    let collected = collect(&path, &Exclusions::default()).unwrap();
    let Node::File { content, executable: true } = get(&collected, "a") else { panic!() };
    assert_eq!((content.read().unwrap(), content.size()), (b"bytes".to_vec(), 5));
    assert_eq!(content.peek(2).unwrap(), b"by");
    assert_eq!(content.modified(), Some(1_580_702_706));
    assert_eq!(content.origin(), format!("{}: a", path.display()));
    assert!(matches!(get(&collected, "d/l"), Node::Symlink { target, .. } if target == "../a"));
    assert!(matches!(get(&collected, "dos"), Node::File { executable: false, .. }));
    assert!(matches!(get(&collected, "java"), Node::File { executable: false, .. }));
    let Node::File { content, .. } = get(&collected, "ut") else { panic!() };
    assert_eq!(content.modified(), Some(16));
    assert_eq!(collected.tree.len(), 8);
}

#[test]
fn a_count_of_all_ones_is_a_count_where_there_is_no_zip64() {
    let most = usize::from(u16::MAX);
    let members: Vec<_> = (0..most).map(|at| raw(at.to_string(), "")).collect();
    assert_eq!(take(&zip(&members)).unwrap().tree.len(), most);
}

#[test]
fn streamed_and_large_headers_are_read() {
    // Without seeking back the writer uses data descriptors; `large_file` makes it write zip64.
    let mut writer = ZipWriter::new_stream(Vec::new());
    let options = SimpleFileOptions::default().large_file(true);
    for name in ["a", "b/c"] {
        writer.start_file(name, options).unwrap();
        writer.write_all(&name.repeat(10_000).into_bytes()).unwrap();
    }
    let (_dir, path) = at(&writer.finish().unwrap().into_inner());
    let collected = collect(&path, &Exclusions::default()).unwrap();
    let readers: Vec<_> = collected.tree.files().map(|(_, content)| content.open().unwrap()).collect();
    for (mut reader, (path, _)) in readers.into_iter().zip(collected.tree.files()) {
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, path.as_str().repeat(10_000));
    }
}

#[test]
fn names_that_are_no_paths_inside_are_refused() {
    for (name, reason) in [
        (&b"../x"[..], "member `../x` has a `..` component"),
        (b"a/../../x", "has a `..` component"),
        (b"a/..", "has a `..` component"),
        (b"/etc/passwd", "member `/etc/passwd` is an absolute path"),
        (b"C:/x", "begins with a drive letter"),
        (b"a\\b", "member `a\\\\b` has a backslash"),
        (b"a\0b", "member `a\\0b` has a NUL byte"),
        (b"", "is empty"),
        (b".", "has a `.` component"),
        (b"x\xe9", "member `x\\xe9` is not UTF-8"),
        (&[b'x'; 300], "more than 255 bytes"),
    ] {
        let error = member_refused(raw(name, ""));
        assert!(error.contains("fn.zip`\n") && error.contains(reason), "{error}");
    }
}

#[test]
fn one_path_has_one_member() {
    assert!(member_refused(raw("ok", "ok")).contains("it contains member `ok` twice"));
    assert!(member_refused(raw("ok/", "")).contains("members `ok` and `ok/` have the same path"));
    assert!(member_refused(raw("./ok", "")).contains("members `ok` and `./ok` have the same path"));
    let error = refused(&zip(&[raw("a//b", ""), raw("a/b", "")]));
    assert!(error.contains("members `a//b` and `a/b` have the same path"), "{error}");
    let error = member_refused(raw("ok/under", ""));
    assert!(error.contains("member `ok/under` is below `ok`, which is a file"), "{error}");
    for link in ["/etc", "ok"] {
        let link = Raw { mode: 0o120_777, ..raw("link", link) };
        for order in [[raw("link/passwd", "x"), link.clone()], [link, raw("link/passwd", "x")]] {
            assert!(refused(&zip(&order)).contains("is below `link`, which is a symlink"));
        }
    }
    let error = refused(&zip(&[raw("Read", ""), raw("read", "")]));
    assert!(error.contains("members `Read` and `read` differ only in case"), "{error}");
    assert!(take(&zip(&[raw("x/a.class", ""), raw("x/A.class", "")])).is_ok());
}

#[test]
fn kinds_and_encodings_that_no_image_holds_are_refused() {
    for (mode, kind) in [(0o010_644, "fifo"), (0o020_644, "character device"), (0o060_644, "block device")] {
        let error = member_refused(Raw { mode, ..raw("x", "") });
        assert!(error.contains(&format!("member `x` is a {kind}")), "{error}");
    }
    assert!(member_refused(Raw { mode: 0o140_644, ..raw("x", "") }).contains("a socket"));
    assert!(member_refused(Raw { mode: 0o040_755, ..raw("x", "") }).contains("a directory by its mode"));
    assert!(member_refused(raw("x/", "data")).contains("has content"));
    assert!(member_refused(Raw { flags: 1, ..raw("x", "data") }).contains("member `x` is encrypted"));
    assert!(member_refused(Raw { method: 12, ..raw("x", "data") }).contains("`x` is compressed with method"));
    let link = |target: &[u8]| member_refused(Raw { mode: 0o120_777, ..raw("d/l", target) });
    assert!(link(b"../../etc").contains("d/l` points to `../../etc`, which is outside of the input"));
    assert!(link(b"l").contains("leads back"));
    assert!(link(b"").contains("invalid target"));
    assert!(link(b"\xff").contains("not UTF-8"));
    assert!(link(&[b'a'; 5000]).contains("4096"));
}

#[test]
fn lies_and_damage_are_found() {
    let error = member_refused(Raw { crc: 1, ..raw("x", "data") });
    assert!(error.contains("member `x` of `") && error.contains("CRC-32 is adf3f363, expected 00000001"));
    let error = member_refused(Raw { size: 3, ..raw("x", "data") });
    assert!(error.contains("longer than the 3 bytes"), "{error}");
    assert!(member_refused(Raw { size: 5, ..raw("x", "data") }).contains("ends after 4 of 5 bytes"));
    assert!(member_refused(Raw { method: 8, ..raw("x", "\x07garbage") }).contains("is corrupt"));
    let whole = zip(&[raw("x", "data"), raw("y", "more")]);
    for length in 0..whole.len() {
        let error = refused(&whole[..length]);
        assert!(error.contains("fn.zip`\nit is not a complete zip archive"), "{length}: {error}");
    }
    // Two entries of the directory that share one member, as bombs do.
    let mut overlapping = zip(&[raw("x", "data"), raw("y", "data")]);
    let at = overlapping.len() - 22 - 47 + 42;
    overlapping[at..at + 4].copy_from_slice(&[0; 4]);
    assert!(refused(&overlapping).contains("its members overlap"));
    assert!(matches!(take(b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), Err(InputError::Empty(_))));
}

#[test]
fn bombs_are_refused_before_they_are_unpacked() {
    let zeros = |size: u64| {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file("zeros", SimpleFileOptions::default()).unwrap();
        io::copy(&mut io::repeat(0).take(size), &mut writer).unwrap();
        writer.finish().unwrap().into_inner()
    };
    assert_eq!(take(&zeros(8 << 20)).unwrap().tree.len(), 1);
    let error = refused(&zeros(RATIO_FREE_MEMBER + 1));
    assert!(
        error.contains("member `zeros` unpacks from") && error.contains("more than 200 times"),
        "{error}"
    );
    let many: Vec<_> = (0..17).map(|at| Raw { size: 64 << 20, ..raw(format!("{at}"), "x") }).collect();
    assert!(refused(&zip(&many)).contains("it unpacks from"));
    let huge: Vec<_> = (0..3).map(|at| Raw { size: u32::MAX, ..raw(format!("{at}"), "x") }).collect();
    assert!(
        refused(&zip(&huge))
            .contains("it unpacks to 12884901885 bytes; an image can have at most 10737418240 (10 GiB)")
    );
}

#[test]
fn a_zip_that_changes_is_an_error() {
    let bytes = zip(&[raw("x", "data")]);
    let (_dir, path) = at(&bytes);
    let collected = collect(&path, &Exclusions::default()).unwrap();
    let (_, content) = collected.tree.files().next().unwrap();
    assert_eq!(content.read().unwrap(), b"data");
    std::fs::write(&path, &bytes).unwrap();
    assert!(content.open().err().unwrap().to_string().contains("fn.zip` changed while it was being read"));
}

#[test]
fn the_ignore_file_of_a_zip_is_in_force() {
    let members = [raw(".dockerignore", "*\n!a"), raw("a", ""), raw("b/c", ""), raw(".git/x", "")];
    let collected = take(&zip(&members)).unwrap();
    assert_eq!(collected.tree.len(), 1);
    let link = Raw { mode: 0o120_777, ..raw(".lambdaignore", "a") };
    assert!(take(&zip(&[link, raw("a", "")])).unwrap_err().to_string().contains("is not a regular file"));
    let error = take(&zip(&[raw(".lambdaignore", "["), raw("a", "")])).unwrap_err().to_string();
    assert!(error.contains("fn.zip: .lambdaignore` line 1: pattern `[`"), "{error}");
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = take(&bytes);
    }

    #[test]
    fn a_damaged_zip_never_panics(damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let link = Raw { mode: 0o120_777, ..raw("l", "d/b") };
        let mut bytes = zip(&[raw("a", "some data"), link, raw("d/b", "x"), raw(".lambdaignore", "a")]);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(collected) = take(&bytes) {
            for (_, node) in collected.tree.iter() {
                let too_large = matches!(node, Node::File { content, .. } if content.size() > 1000);
                prop_assert!(!too_large);
            }
        }
    }
}
