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
