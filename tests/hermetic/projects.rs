//! The shapes of real functions, as small projects: what a first build of each says, on a base in a registry of which
//! no layer is read.

use crate::harness::pulling::{User, emulator::Emulator, mirror, said};
use crate::harness::suites::projects::*;
use std::path::Path;

/// What a build of a project warns of: the ids of its findings.
fn finds(user: &User, registry: &Emulator, project: &Path, args: &str) -> Vec<String> {
    let mut command = user.command(&["build"]);
    command.current_dir(project).args(args.split_whitespace());
    command.args([&mirror(&registry.host), "--dry-run"]);
    let (code, _, err) = said(command.output().unwrap());
    assert_eq!(code, 0, "{args}: {err}");
    let warnings = err.lines().filter_map(|line| line.strip_prefix("warning: ")?.strip_suffix(')'));
    let ids = warnings.filter_map(|line| Some(line.rsplit_once('(')?.1.to_owned()));
    // The calendar goes on.
    ids.filter(|id| lambda_img::check::find(id).is_some() && !id.starts_with("runtime-")).collect()
}

#[test]
fn the_first_build_of_each_shape_says_what_is_wrong_with_it() {
    let runtimes = ["python3.12", "nodejs22.x", "nodejs24.x", "provided.al2023"];
    let (user, registry) = (User::new(), registry(&runtimes));
    for (name, args, expected) in [
        // A letter is missing in the name of the function; the file is there.
        ("handler-typo", ". -r python3.12 --handler app.hander", &["handler-symbol"][..]),
        ("handler-typo", ". -r python3.12 --handler app.handler", &[]),
        ("handler-typo-nodejs", ". -r nodejs22.x --handler index.hander", &["handler-symbol"]),
        ("handler-typo-nodejs", ". -r nodejs22.x", &[]),
        ("nested-handler-nodejs", ". -r nodejs22.x --handler src/app.nested.handler", &[]),
        ("nested-handler-nodejs", ". -r nodejs22.x --handler src/app.nested.hander", &["handler-symbol"]),
        ("callback-nodejs", ". -r nodejs24.x", &["nodejs-callback"]),
        ("callback-nodejs", ". -r nodejs22.x", &[]),
        ("old-sdk-nodejs", ". -r nodejs22.x", &["nodejs-sdk"]),
        (
            "layer-without-python",
            "function -r python3.12 --handler app.handler --lambda-layer layer",
            &["lambda-layer-path"],
        ),
        ("empty-requirements", ". -r python3.12 --handler app.handler", &[]),
        ("capitals", "Hello_World", &[]),
        ("link-to-nothing", ". -r python3.12 --handler app.handler", &["dangling-link"]),
        ("bootstrap-dirname", ". -r provided.al2023", &[]),
        ("bootstrap-cd", ". -r provided.al2023", &[]),
        ("bootstrap-python", ". -r provided.al2023", &[]),
    ] {
        assert_eq!(finds(&user, &registry, &project(name), args), expected, "{name}: {args}");
    }
}
