//! What the tests of `rebuild_trust` share, whichever binary they are in.

use super::super::common::{Place, run};
use super::rebuild::BUILD;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};

pub fn place() -> Place {
    let place = Place::with_function();
    place.run(&format!("{BUILD} -o oci:out/a")).digest();
    place
}

pub fn mode(place: &Place, name: &str, mode: u32) {
    fs::set_permissions(place.path(name), Permissions::from_mode(mode)).unwrap();
}
