//! No false alarm: what the tool itself makes, and what others make of the documented Dockerfiles.

use lambda_img::arch::Arch;
use lambda_img::runtime;

use crate::layout;

#[test]
fn our_own_images_of_every_runtime_and_architecture_are_not_denied() {
    let place = layout::function();
    for profile in runtime::all().unwrap() {
        for arch in &profile.architectures {
            place.script("fn/bootstrap", layout::program(if *arch == Arch::Arm64 { 183 } else { 62 }));
            let (id, image) = (&profile.id, format!("oci:own:{}-{arch}", profile.id));
            place.run(&format!("build fn -r {id} -a {arch} -b embedded --cmd any -o {image} -q")).digest();
            let ran = place.run(&format!("check {image} -a {arch} -r {id}"));
            assert_eq!(ran.code, Some(0), "{id} {arch}: {ran:?}");
        }
    }
}

/// A sound image with a layer on top that Lambda refuses.
fn faulty() -> crate::common::Place {
    let place = layout::sound();
    layout::add_layer(&place, "touch root/var/task/x; pack var/task/x");
    place
}

#[test]
fn a_build_stops_before_it_publishes_what_is_denied() {
    let place = faulty();
    let build = "build fn -r provided.al2023 -b oci:image:v1 --handler any -o oci:out/new:v1";
    place.refuses(
        3,
        &format!("{build} --deep"),
        &["missing-parent  /var:", "nothing was published", "--allow"],
    );
    place.refuses(2, &format!("{build} --allow nothing"), &["no check `nothing`"]);
    // The base's layers are the base's business, unless one asks.
    place.run(build).digest();
    place.run(&format!("{build} --deep --allow missing-parent")).digest();
}

#[test]
fn a_push_stops_before_it_asks_the_registry() {
    let place = faulty();
    // Nobody listens there.
    let push = "push oci:image:v1 127.0.0.1:9/team/fn:v1 --retries 0";
    place.refuses(3, push, &["missing-parent  /var:", "nothing was published", "--allow"]);
    place.refuses(1, &format!("{push} --allow missing-parent"), &["127.0.0.1:9"]);
}
