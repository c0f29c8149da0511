//! The files of an image as one directory, in the cache: unpacked once, used as the root of every environment.
//!
//! It is called `<ownership>-<key of the layers>`, and gets its name when it is complete. What a killed process left is
//! removed by the next one. Lower layers that several images have, or the next build of the same function, are unpacked
//! once as well (`stage`): the image has names of the same files.

mod copy;
mod dir;
mod error;
mod kept;
mod layer;
mod metadata;
mod owner;
mod path;
mod stage;
mod unpack;

pub use self::copy::RootCopy;
pub use self::error::RootError;
pub use self::kept::Unpacking;
use self::kept::kept;
pub use self::layer::RootLayer;
use self::layer::name;
pub use self::owner::Ownership;
use crate::store::cache::CachedRoot;

/// Directories that every function expects, and files over which the sandbox lays its own: made where the image has none.
const DIRECTORIES: [&str; 5] = ["dev", "etc", "proc", "tmp", "var/task"];
const FILES: [&str; 3] = ["etc/hosts", "etc/passwd", "etc/resolv.conf"];

/// The unpacked image that has these layers, lowest first: the one in the cache, else a new one. `shared` says, in
/// ascending order, how many of the lowest layers other images have, too: they are unpacked once for all.
///
/// # Errors
/// [`RootError`].
pub fn root_of(
    layers: &[RootLayer<'_>],
    shared: &[usize],
    with: Unpacking<'_>,
) -> Result<CachedRoot, RootError> {
    kept(&name(layers, with.ownership), with, |partial| {
        let mut unpacker = stage::begun(partial, layers, shared, with)?;
        with.run.check()?;
        unpacker.complete(&DIRECTORIES, &FILES)?;
        unpacker.finish()
    })
}
