//! Names of zip members: which ones may become paths.

use crate::input::zip_error::ZipFault;
use crate::tree::{ImagePath, shortened};

/// A member's path, and whether its name says that it is a directory. `None` for the root itself,
/// which some archivers store as `./`.
///
/// A `./` in front and doubled `/` are dropped, as every unzip does.
///
/// # Errors
/// [`ZipFault::Name`] for a name that is empty, absolute, not UTF-8, has `..`, a backslash, a drive
/// letter or a NUL byte, is too long or too deep.
pub(super) fn path(raw: &[u8]) -> Result<Option<(ImagePath, bool)>, ZipFault> {
    let refuse = |reason: String| ZipFault::Name { name: escaped(raw), reason };
    let Ok(name) = std::str::from_utf8(raw) else {
        return Err(refuse("is not UTF-8: rename it, and pack it again".to_owned()));
    };
    let reason = match name.as_bytes() {
        [] => Some("is empty"),
        [b'/', ..] => Some("is an absolute path"),
        bytes if bytes.contains(&0) => Some("has a NUL byte"),
        // Some tools of Windows separate with it: guessing would make one name two paths.
        bytes if bytes.contains(&b'\\') => Some("has a backslash: pack it again with `/` between names"),
        [letter, b':', ..] if letter.is_ascii_alphabetic() => Some("begins with a drive letter"),
        _ => None,
    };
    if let Some(reason) = reason {
        return Err(refuse(reason.to_owned()));
    }
    let parts: Vec<_> = name.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if parts.is_empty() {
        return match name.ends_with('/') {
            true => Ok(None),
            false => Err(refuse("has a `.` component".to_owned())),
        };
    }
    if parts.contains(&"..") {
        return Err(refuse("has a `..` component".to_owned()));
    }
    let path = ImagePath::new(&parts.join("/")).map_err(|error| refuse(error.reason().to_owned()))?;
    Ok(Some((path, name.ends_with('/'))))
}

/// Directories that small archives may imply, in bytes of their paths.
const IMPLIED_FREE: usize = 16 << 20;

/// The most bytes of all paths of an archive, directories that are implied included.
pub(super) const NAMES_MAX: usize = 256 << 20;

/// Refuses members whose names imply directories out of proportion. A layer has an entry with its whole path for each
/// directory, so that a short archive of deep names would become a huge layer. `paths` are in byte order.
///
/// # Errors
/// [`ZipFault::Names`].
pub(super) fn implied<'a>(paths: impl Iterator<Item = &'a ImagePath> + Clone) -> Result<(), ZipFault> {
    let (members, names) =
        paths.clone().fold((0, 0), |(members, names), path| (members + 1, names + path.as_str().len()));
    let directories = (IMPLIED_FREE + 4 * names).min(NAMES_MAX.saturating_sub(names));
    let (mut before, mut bytes) = (None, 0);
    for path in paths {
        bytes += path.ancestors_beyond(before).map(|directory| directory.as_str().len()).sum::<usize>();
        if bytes > directories || names > NAMES_MAX {
            return Err(ZipFault::Names { members, names, directories });
        }
        before = Some(path);
    }
    Ok(())
}

/// A name for messages: what is not printable ASCII or text is escaped.
pub(super) fn escaped(raw: &[u8]) -> String {
    let text = std::str::from_utf8(raw)
        .map_or_else(|_| raw.escape_ascii().to_string(), |name| name.escape_debug().to_string());
    shortened(&text).into_owned()
}
