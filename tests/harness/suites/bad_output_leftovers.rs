//! What the tests of `bad_output_leftovers` share, whichever binary they are in.

use super::super::common::Place;

pub fn place() -> Place {
    let place = Place::with_function();
    place.script("large/bootstrap", "#!/bin/sh\n");
    place.sparse("large/data", 6 << 30);
    place
}
