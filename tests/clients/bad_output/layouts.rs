//! Layouts that others write to, and files that are no layout's alone.

use super::BUILD;
use crate::harness::common::{Place, Ran, run};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};

/// Runs the tool where `flock` fails so.
fn without_locks(place: &Place, error: &str, arguments: &str) -> Ran {
    let mut command = place.program("strace");
    let inject = format!("inject=flock:error={error}");
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=flock", "-e", &inject]);
    run(command.arg(env!("CARGO_BIN_EXE_lambda-img")).args(arguments.split_whitespace()))
}

#[test]
fn where_locks_do_not_exist_builds_go_on_without() {
    for error in ["ENOLCK", "EOPNOTSUPP", "ENOSYS", "EBADF"] {
        let place = Place::with_function();
        without_locks(&place, error, &format!("{BUILD} -o oci:out/image")).digest();
        place.write("fn/app.txt", "another");
        let digest = without_locks(&place, error, &format!("{BUILD} -o oci:out/image")).digest();
        assert_eq!(place.image("out/image", "latest").digest, digest, "{error}");
        assert_eq!(without_locks(&place, error, "cache prune").code, Some(0), "{error}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_not_replaced() {
    let place = Place::with_function();
    let tool = place.copied_tool();
    fs::set_permissions(place.path(""), Permissions::from_mode(0o777)).unwrap();
    let files = [("--image-refs", "notes"), ("--metadata-file", "notes"), ("--ci", "lambda-img.env")];
    for (option, name) in files {
        place.write(name, "my notes\n");
        fs::set_permissions(place.path(name), Permissions::from_mode(0o200)).unwrap();
        chown(place.path(name), Some(1000), None).unwrap();
        let mut command = place.program("setpriv");
        command.args(["--reuid", "1000", "--regid", "1000", "--clear-groups"]).arg(&tool);
        command.args(BUILD.split_whitespace()).args(["-o", "oci:image", option]);
        let ran = run(command.arg(if option == "--ci" { "gitlab" } else { name }));
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(&format!("names `{name}`, which cannot be read: ")), "{ran:?}");
        assert_eq!(fs::read_to_string(place.path(name)).unwrap(), "my notes\n");
    }
    assert!(!place.path("image").exists());
}
