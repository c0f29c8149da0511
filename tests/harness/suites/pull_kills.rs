//! What the tests of `pull_kills` share, whichever binary they are in.

use std::io::{BufRead, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};

/// What a build leaves in the cache: manifest, configuration and layers of the base, and the layer made here.
pub const CACHED: usize = 7;
