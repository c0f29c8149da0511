//! No false alarm: what the tool itself makes, and what others make of the documented Dockerfiles.

use lambda_img::arch::Arch;
use lambda_img::runtime;

use crate::harness::common::must;
use crate::harness::layout;

#[test]
fn the_working_directory_that_we_name_on_scratch_is_not_held_against_the_image() {
    let place = layout::function();
    place.script("bootstrap", layout::program(62));
    let build = "build bootstrap -r provided.al2023 -b scratch";
    let warns =
        |ran: &crate::harness::common::Ran| format!("{}{}", ran.stdout, ran.stderr).contains("workdir");
    for output in ["oci:own", "docker-archive:own.tar:a:b"] {
        let ran = place.run(&format!("{build} -o {output}"));
        assert!(ran.code == Some(0) && !warns(&ran), "{ran:?}");
        let ran = place.run(&format!("check {output}"));
        assert!(ran.code == Some(0) && !warns(&ran), "{ran:?}");
    }
    // What the user names is the user's.
    let ran = place.run(&format!("{build} --workdir /srv -o oci:other"));
    assert!(ran.stderr.contains("`/srv` is not in the image") && warns(&ran), "{ran:?}");
    // So is another tool's.
    must(place.program("umoci").args(["config", "--image", "own:latest", "--history.created_by", "another"]));
    let ran = place.run("check oci:own");
    assert!(warns(&ran), "{ran:?}");
}

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
