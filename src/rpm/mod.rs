//! The database of RPM in SQLite's form, as Amazon Linux 2023 has it: the headers of the installed packages.

mod header;
mod sqlite;

pub use header::{Header, Tag};

/// The directories where RPM keeps its database; later releases use the second one.
pub const DIRS: [&str; 2] = ["var/lib/rpm", "usr/lib/sysimage/rpm"];

/// Gives each header of a database to `header`. `page` reads at an offset of the file, which has `size` bytes.
///
/// # Errors
/// What is wrong with the database.
pub fn headers(
    size: u64,
    page: impl FnMut(u64, &mut [u8]) -> Result<(), String>,
    header: impl FnMut(&[u8]),
) -> Result<(), String> {
    sqlite::blobs("Packages", size, page, header)
}
