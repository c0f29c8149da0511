//! The documented rejections R1–R14 (`docs/lambda-and-ecr.md`, "Known rejections"): for each an image that Lambda
//! would refuse so, and the check that finds it.

use super::fixture::Make::{self, Checked, Config, Layer};
use super::runtime::under_the_entry_script;
use crate::harness::common::Place;
use crate::harness::helpers::docker_registry;
use crate::harness::layout::{self, add_layer, program, umoci_config};

/// A file and a hard link to it, packed so.
macro_rules! linked {
    ($then:literal) => {
        concat!("echo x > root/var/task/a; ln root/var/task/a root/var/task/b; pack var; ", $then)
    };
}

/// What starts the bootstrap of the sound image, for another machine.
fn for_arm64(place: &Place) -> String {
    umoci_config(place, &["--config.entrypoint", "/var/runtime/bootstrap"]);
    place.script("root/var/runtime/bootstrap", program(183));
    add_layer(place, "rm -r root/var/task; pack var")
}

/// A library for another machine in the function.
fn with_arm64(place: &Place) -> String {
    place.write("root/var/task/lib.so", program(183));
    add_layer(place, "pack var")
}

/// AWS's entry script with two arguments.
fn two_arguments(place: &Place) -> String {
    under_the_entry_script(place, "/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin");
    let cmd = ["config", "--image", "own:v1", "--config.cmd", "app", "--config.cmd", "handler"];
    crate::harness::common::must(place.program("umoci").args(cmd));
    "oci:own:v1 --runtime provided.al2023".to_owned()
}

/// An entry point that is a link to a program of the function.
fn by_link(place: &Place) -> String {
    umoci_config(place, &["--config.entrypoint", "/var/task/main"]);
    place.script("root/var/task/main-1.0", program(62));
    add_layer(place, "ln -s main-1.0 root/var/task/main; pack var")
}

/// What makes an image: this, or a fixture of that check.
enum Image {
    Made(Make),
    Of(&'static str),
}
use Image::{Made, Of};

/// Rejection, image, and what finds it. R11 is below.
const REJECTIONS: &[(&str, Image, &str)] = &[
    ("R1, an index", Of("image-index"), "image-index"),
    ("R1, a media type", Of("media-type"), "media-type"),
    ("R2", Of("layer-uncompressed-docker"), "layer-uncompressed-docker"),
    ("R3, a layer of another architecture", Made(Checked(with_arm64)), "elf-architecture"),
    ("R3, a media type", Of("layer-foreign"), "layer-foreign"),
    ("R4, no parent", Of("missing-parent"), "missing-parent"),
    (
        "R4, a late parent",
        Made(Layer("touch root/var/task/x; pack --no-recursion var/task/x var/task var")),
        "missing-parent",
    ),
    ("R5, no target", Made(Layer(linked!("tar --delete -f layer.tar var/task/a"))), "hard-link-target"),
    (
        "R5, a later target",
        Made(Layer(linked!("tar --delete -f layer.tar var/task/a; tar -C root -rf layer.tar var/task/a"))),
        "hard-link-target",
    ),
    (
        "R5, a target in another layer",
        Made(Layer(
            "echo app > root/var/task/app.txt; ln root/var/task/app.txt root/var/task/b; pack var; \
             tar --delete -f layer.tar var/task/app.txt",
        )),
        "hard-link-target",
    ),
    ("R5, any", Of("hard-link"), "hard-link"),
    ("R6, by the function", Of("architecture"), "architecture"),
    ("R6, by the program", Made(Checked(for_arm64)), "start-format"),
    ("R7, nothing", Made(Config(&["--config.entrypoint", "/nowhere"])), "start-missing"),
    ("R7, a mode", Made(Config(&["--config.entrypoint", "/var/task/app.txt"])), "start-not-executable"),
    ("R7, a link", Made(Checked(by_link)), "start-link"),
    (
        "R7, CR LF",
        Made(Checked(|place| {
            umoci_config(place, &["--config.entrypoint", "/var/task/run"]);
            let script = "printf '#!/var/runtime/bootstrap\\r\\n' > root/var/task/run";
            add_layer(place, &format!("{script}; chmod 755 root/var/task/run; pack var"))
        })),
        "start-format",
    ),
    (
        "R7, no interpreter",
        Made(Checked(|place| {
            umoci_config(place, &["--config.entrypoint", "/var/task/run"]);
            let script = "echo '#!/bin/bash' > root/var/task/run";
            add_layer(place, &format!("{script}; chmod 755 root/var/task/run; pack var"))
        })),
        "start-format",
    ),
    ("R8", Made(Checked(two_arguments)), "handler-count"),
    (
        "R9, a file",
        Made(Layer("echo x > root/var/task/x; chmod 600 root/var/task/x; pack var")),
        "unreadable",
    ),
    (
        "R9, a directory",
        Made(Layer("mkdir -m 700 root/var/task/d; echo x > root/var/task/d/x; pack var")),
        "unreadable",
    ),
    ("R10, another registry", Of("ecr-private"), "ecr-private"),
    ("R10, another Region", Of("ecr-region"), "ecr-region"),
    ("R10, a FIPS host", Of("ecr-fips"), "ecr-fips"),
    ("R12", Of("media-type-mixed"), "media-type-mixed"),
    ("R13", Of("image-size"), "image-size"),
    // Of the function's own `ImageConfig` no image tells; of the same in the image, this does.
    ("R14", Made(Config(&["--config.entrypoint", ""])), "start-missing"),
];

#[test]
fn every_documented_rejection_is_found_by_name() {
    for (rejection, image, id) in REJECTIONS {
        let make = match image {
            Made(make) => *make,
            Of(id) => super::fixtures().into_iter().find(|fixture| fixture.id == *id).unwrap().fails,
        };
        assert_eq!(make.found(), [*id], "{rejection}");
    }
    let named = |number: &u32| {
        *number == 11
            || REJECTIONS.iter().any(|(name, ..)| name.split(',').next() == Some(&format!("R{number}")))
    };
    assert!((1..=14).all(|number| named(&number)));
}

/// R11: what is not there is what the registry says, and nothing is judged.
#[test]
fn an_image_that_is_not_there_is_told() {
    let place = layout::sound();
    let server = docker_registry(&place.dir("registry"), "", "");
    let missing = format!("{}/team/fn:none", server.host);
    place.refuses(1, &format!("check {missing} --cache-dir cache"), &[&missing, "hint:"]);
}
