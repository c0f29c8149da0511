//! The shapes of real functions, as small projects: what a first build of each says, on a base in a registry of which
//! no layer is read.

use std::fs;
use std::path::{Path, PathBuf};

use lambda_img::arch::Arch;
use lambda_img::runtime;

use crate::harness::pulling::{Shaped, User, emulator::Emulator, mirror, said};

fn project(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/projects").join(name)
}

/// A registry that has a base for each of these runtimes, at its own place.
fn registry(runtimes: &[&str]) -> Emulator {
    let (registry, shaped) = (Emulator::start(&[]), Shaped::new(9, 1000, &[]));
    for id in runtimes {
        let image = runtime::profile(id).unwrap().image(Arch::X86_64).unwrap();
        let (repository, tag) = image.strip_prefix("public.ecr.aws/").unwrap().split_once(':').unwrap();
        shaped.put(&registry, repository, tag, Arch::X86_64);
    }
    registry
}

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
