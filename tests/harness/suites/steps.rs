//! A function with a step: of the suites on steps.

use crate::harness::common::Place;

/// A function `api` of `src`, with one step of these keys.
pub fn with_step(step: &str) -> Place {
    let place = Place::new();
    place.script("src/bootstrap", "#!/bin/sh\n");
    set_step(&place, step);
    place
}

/// The settings of the function with this step.
pub fn set_step(place: &Place, step: &str) {
    let head = "[functions.api]\nruntime = \"provided.al2023\"\nbase = \"embedded\"\npath = \"src\"\n";
    place.write("lambda-img.toml", format!("{head}\n[[functions.api.step]]\n{step}\n"));
}
