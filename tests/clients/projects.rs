//! The shapes of real functions, as small projects: what a first build of each says, on a base in a registry of which
//! no layer is read.

use crate::harness::pulling::{Shaped, User, mirror, said};
use crate::harness::suites::projects::*;
use std::fs;

/// The command that `init` writes installs nothing, and what is built is the function.
#[test]
fn a_project_whose_requirements_are_empty_is_built_as_init_says() {
    let (user, registry) = (User::new(), registry(&["python3.12"]));
    let dir = user.path("empty");
    fs::create_dir(&dir).unwrap();
    for name in ["app.py", "requirements.txt", ".python-version"] {
        fs::copy(project("empty-requirements").join(name), dir.join(name)).unwrap();
    }
    let run = |args: &[&str]| said(user.command(args).current_dir(&dir).output().unwrap());
    let (code, _, err) = run(&["init"]);
    assert_eq!(code, 0, "{err}");
    let (code, out, err) = run(&["build", &mirror(&registry.host), "-o", "oci:out"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.starts_with("oci:out"), "{out}");
}

/// A program that needs a newer C library than AWS's base has: on AWS's base that is denied, of a base that nobody
/// knows and nobody read nothing is said.
#[test]
fn which_c_library_a_base_has_is_known_of_awss_own_alone() {
    let (user, registry) = (User::new(), registry(&["python3.12"]));
    let dir = user.path("new");
    fs::create_dir(&dir).unwrap();
    fs::copy(project("handler-typo").join("app.py"), dir.join("app.py")).unwrap();
    // A library whose symbols are of a version that no glibc has yet, and one that needs them.
    let compile = |args: &[&str]| {
        let mut gcc = std::process::Command::new("gcc");
        let ran =
            gcc.current_dir(&user.dir).args(["-shared", "-fPIC", "-nostdlib"]).args(args).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    };
    fs::write(user.path("map"), "GLIBC_2.99 { global: *; };").unwrap();
    fs::write(user.path("libc.c"), "void future(void){}").unwrap();
    fs::write(user.path("f.c"), "void future(void); void f(void){future();}").unwrap();
    compile(&["-Wl,--version-script=map", "-Wl,-soname,libc.so.6", "-o", "libc.so.6", "libc.c"]);
    compile(&["-Wl,--no-as-needed", "-o", "new/f.so", "f.c", "libc.so.6"]);
    let build = ["build", "new", "-r", "python3.12", "--handler", "app.handler", "--dry-run"];
    let err = user.fail(3, &[&build[..], &[&mirror(&registry.host)]].concat());
    assert!(err.contains("symbol-version") && err.contains("GLIBC_2.99"), "{err}");
    // Nothing has it; the fix proposes no preview.
    assert!(!err.contains("preview") && !err.contains("python3.15"), "{err}");
    let shaped = Shaped::new(10, 1000, &[]);
    let base = format!("oci:{}:py-x86_64", shaped.layout.display());
    let (_, err) = user.run(&[&build[..], &["--base", &base]].concat());
    assert!(!err.contains("symbol-version"), "{err}");
}
