//! Where registries differ from the distribution specification: a table of hosts, and how refusals are read.

use super::error::{RegistryError, Status};

/// The least part that ECR takes, and more than GHCR does, in bytes.
const ECR_PART: u64 = 10 * 1024 * 1024;

/// How a blob's bytes go into an upload session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// One PATCH of known length, then an empty PUT: what most clients do (GGCR write.go).
    Stream,
    /// The bytes in the PUT.
    Monolithic,
    /// PATCHes of this many bytes, for registries that refuse the whole.
    Parts(u64),
}

/// One oddity of one kind of registry.
struct Row {
    /// Why it is here.
    #[allow(dead_code)]
    source: &'static str,
    /// Whether it is about this host.
    host: fn(&str) -> bool,
    /// The size of parts where the whole is refused, in bytes.
    part: u64,
}

/// Rows in the order of asking; the last matches every registry.
const ROWS: [Row; 2] = [
    Row {
        source: "GHCR takes at most 4 MiB in one of several PATCHes (ocx-sh/ocx#237)",
        host: |host| host == "ghcr.io" || host.ends_with(".ghcr.io"),
        part: 4 * 1024 * 1024,
    },
    Row {
        source: "ECR refuses parts under 5 MiB except the last (LayerPartTooSmall)",
        host: |_| true,
        part: ECR_PART,
    },
];

/// The next way for `host` after a refusal of `way`, where another may work.
pub(super) fn next_way(host: &str, way: Way, refusal: &Status) -> Option<Way> {
    let part = ROWS.iter().find(|row| (row.host)(host)).map_or(ECR_PART, |row| row.part);
    match (refusal.status, way) {
        (404 | 405 | 501, Way::Stream) if refusal.errors.iter().all(|error| !is_code(&error.code)) => {
            Some(Way::Monolithic)
        }
        (413, Way::Stream | Way::Monolithic) => Some(Way::Parts(part)),
        _ => None,
    }
}

/// A code of the specification says that the registry understood: another way would not help.
fn is_code(code: &str) -> bool {
    matches!(code, "BLOB_UPLOAD_UNKNOWN" | "NAME_UNKNOWN" | "BLOB_UPLOAD_INVALID")
}

/// Whether an upload refused so may work in a new session: ECR answers 416 or `BLOB_UPLOAD_INVALID`
/// to what follows a broken PATCH (apple/container#1895; GGCR transport/error.go), and the session
/// may be gone.
pub(super) fn new_session_helps(refusal: &Status) -> bool {
    refusal.status == 416
        || crate::http::is_transient(refusal.status)
        || refusal.errors.iter().any(|error| {
            matches!(&*error.code, "BLOB_UPLOAD_INVALID" | "BLOB_UPLOAD_UNKNOWN" | "TOOMANYREQUESTS")
        })
}

/// Whether a refused manifest says that its tag cannot be moved: ECR's ImageTagAlreadyExistsException
/// has no code of the specification, only these words.
pub(super) fn is_immutable_tag(refusal: &Status) -> bool {
    matches!(refusal.status, 400 | 403 | 405 | 409 | 412)
        && refusal.errors.iter().any(|error| {
            let text = format!("{} {}", error.code, error.message).to_ascii_lowercase();
            text.contains("immutable") || text.contains("tagalreadyexists") || text.contains("already exists")
        })
}

/// Whether a refused manifest says that blobs are missing which were there a moment ago.
pub(super) fn is_missing_blob(error: &RegistryError) -> bool {
    ["MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN"].iter().any(|code| error.has_code(code))
}

/// Whether a refusal says that there is no such repository, in the specification's words or ECR's.
pub(super) fn is_missing_repository(refusal: &Status) -> bool {
    matches!(refusal.status, 400 | 404)
        && refusal.errors.iter().any(|error| {
            error.code == "NAME_UNKNOWN"
                || error.message.contains("RepositoryNotFound")
                || (error.message.contains("repository") && error.message.contains("does not exist"))
        })
}
