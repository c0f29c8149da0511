//! No false alarm: what the tool itself makes, and what others make of the documented Dockerfiles.

use lambda_img::arch::Arch;
use lambda_img::runtime;

use crate::common::{assert_refusal, must};
use crate::{layout, support};

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
    let ran = place.run(&format!("{build} --deep"));
    assert_refusal(&ran, 3, &["missing-parent  /var:", "nothing was published", "--allow"]);
    assert!(std::fs::read_dir(place.path("out")).unwrap().next().is_none());
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

/// The Dockerfiles that AWS documents, on stand-ins of its bases.
#[test]
fn images_that_others_build_of_the_documented_dockerfiles_are_not_denied() {
    let place = crate::common::Place::new();
    place.write("python/app.py", "def handler(event, context):\n    return event\n");
    let python = "FROM base\nCOPY app.py ${LAMBDA_TASK_ROOT}\nCMD [ \"app.handler\" ]\n";
    place.write("python/Dockerfile", python);
    place.script("custom/bootstrap", layout::program(62));
    let custom = "FROM base\nCOPY bootstrap ${LAMBDA_RUNTIME_DIR}\nCMD [ \"function.handler\" ]\n";
    place.write("custom/Dockerfile", custom);
    place.script("go/main", layout::program(62));
    place.write("go/Dockerfile", "FROM base\nCOPY main /main\nENTRYPOINT [ \"/main\" ]\n");
    for (name, base, runtime) in [
        ("python", "python3.11", "python3.11"),
        ("custom", "provided.al2023", "provided.al2023"),
        ("go", "provided.al2023", "provided.al2023"),
    ] {
        let base = format!("oci:{}:base", support::stand_in(base).display());
        let (root, run) = (place.path("storage"), place.path("run"));
        let buildah = |arguments: &[&str]| {
            let mut command = place.program("buildah");
            command.arg("--root").arg(&root).arg("--runroot").arg(&run).args(["--storage-driver", "vfs"]);
            must(command.args(arguments));
        };
        buildah(&["bud", "--quiet", "--isolation", "chroot", "--from", &base, "-t", name, name]);
        let image = format!("oci:{name}-image:v1");
        buildah(&["push", "--quiet", name, &image]);
        let ran = place.run(&format!("check {image} --runtime {runtime}"));
        assert_eq!(ran.code, Some(0), "{name}: {ran:?}");
    }
}
