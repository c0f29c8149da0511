//! Pins and the cache, by the commands that show, move and judge them.

use crate::harness::helpers::program;
use crate::harness::pulling::{PYTHON, Real, Shaped, TAG, User, annotation, mirror, sound};
use lambda_img::arch::Arch;
use std::fs;

const DIGEST: &str = "org.opencontainers.image.base.digest";

fn base_of(user: &User, tag: &str) -> String {
    annotation(&sound(&user.path("out"), tag, Arch::X86_64), DIGEST)
}

#[test]
fn a_base_that_nothing_pins_is_told_once_a_day_and_where_it_matters() {
    let (user, real) = (User::new(), Real::start());
    let host = &real.server.host;
    Shaped::new(1, 10_000, &[]).copy("py-x86_64", &format!("{host}/{PYTHON}:{TAG}"));
    let mirror = mirror(host);
    let build = ["build", "function", "-r", "python3.12", &mirror, "-o", "oci:out:v1"];
    let told = |err: &str| err.matches("not pinned").count();
    let (_, first) = user.run(&build);
    let (_, second) = user.run(&build);
    assert_eq!((told(&first), told(&second)), (1, 0), "{first}{second}");
    // Data has it always.
    let (json, _) = user.run(&[&build[..], &["--json"]].concat());
    assert_eq!(told(&json), 1, "{json}");
    let target = format!("{host}/fn:v1");
    let (_, pushed) = user.run(&[&build[..], &["--push", "-t", &target]].concat());
    assert_eq!(told(&pushed), 1, "{pushed}");
    let mut tool = user.command(&build);
    let ran = tool.env("CI", "true").output().unwrap();
    assert_eq!(told(&String::from_utf8(ran.stderr).unwrap()), 1);
    // Another base is another matter.
    let (_, other) = user.run(&[&build[..], &["--base", &format!("{host}/{PYTHON}:{TAG}")]].concat());
    assert_eq!(told(&other), 1, "{other}");
}

#[test]
fn only_update_moves_a_pin() {
    let (user, real) = (User::new(), Real::start());
    let (old, new) = (Shaped::new(1, 10_000, &[]), Shaped::new(2, 10_000, &[]));
    let (host, x86) = (&real.server.host, Arch::X86_64);
    let mirror = mirror(host);
    let target = format!("{host}/{PYTHON}:{TAG}");
    old.copy("py-x86_64", &target);
    old.copy("py-arm64", &format!("{host}/{PYTHON}:3.12-arm64"));
    let name = format!("public.ecr.aws/{PYTHON}:{TAG}");

    // Unpinned, with the command that pins: said once for both.
    let both =
        ["build", "function", "-r", "python3.12", "-a", "x86_64,arm64", &mirror, "-o", "oci:out:first"];
    let (_, err) = user.run(&both);
    assert_eq!(err.matches("not pinned").count(), 1, "{err}");
    let command = "`lambda-img base lock --runtime python3.12 --arch x86_64,arm64`";
    assert!(err.contains(command), "{err}");
    let (out, err) =
        user.run(&["base", "lock", "--runtime", "python3.12", "--arch", "x86_64,arm64", &mirror]);
    let arm = format!("public.ecr.aws/{PYTHON}:3.12-arm64@{}", old.digest(Arch::Arm64));
    assert_eq!(out, format!("{name}@{}\n{arm}\n", old.digest(x86)));
    assert!(err.contains("wrote"), "{err}");
    let file = fs::read_to_string(user.path("lambda-img.lock")).unwrap();
    assert!(file.contains(&format!("digest = \"{}\"", old.digest(x86))), "{file}");
    assert!(file.contains(&format!("config = {}", old.manifest(x86)["config"]["digest"])), "{file}");
    let (_, err) = user.run(&both);
    assert!(!err.contains("warning"), "{err}");

    // The tag moves, the pin does not; `base lock` does not move it either.
    new.copy("py-x86_64", &target);
    user.build(&[&mirror, "-o", "oci:out:second"]);
    assert_eq!(base_of(&user, "second"), old.digest(x86));
    let (out, err) = user.run(&["base", "lock", "--runtime", "python3.12", "-a", "x86_64", &mirror]);
    assert_eq!(out, format!("{name}@{}\n", old.digest(x86)));
    assert!(err.contains("is pinned since"), "{err}");
    assert_eq!(fs::read_to_string(user.path("lambda-img.lock")).unwrap(), file);
    // A base that is named is the lock's, too.
    user.build(&[&mirror, "--base", &name, "--locked", "-o", "oci:out:named"]);
    assert_eq!(base_of(&user, "named"), old.digest(x86));

    let (out, err) = user.run(&["base", "update", &mirror]);
    assert_eq!(
        out,
        format!("python3.12  x86_64  {name}@{}  ->  {name}@{}\n", old.digest(x86), new.digest(x86))
    );
    assert!(err.contains("python3.12 for arm64 is still"), "{err}");
    user.build(&[&mirror, "--locked", "-o", "oci:out:third"]);
    assert_eq!(base_of(&user, "third"), new.digest(x86));
    let (out, _) = user.run(&["base", "update", &mirror]);
    assert_eq!(out, "");
    let said = user.fail(1, &["base", "update", "-r", "java21", &mirror]);
    assert!(said.contains("`java21` for x86_64 is not pinned"), "{said}");
}

#[test]
fn copied_bases_are_what_skopeo_copies_and_every_function_mounts_them() {
    let (user, real) = (User::new(), Real::start());
    let shaped = Shaped::new(1, 10_000, &[]);
    let (host, x86) = (&real.server.host, Arch::X86_64);
    shaped.copy("py-x86_64", &format!("{host}/{PYTHON}:{TAG}"));
    user.run(&["base", "lock", "-q", "-r", "python3.12", "-a", "x86_64", &mirror(host)]);
    let option = format!("--base-repository={host}/bases");
    let (out, err) = user.run(&["base", "sync", &option, &mirror(host)]);
    assert!(out == format!("{host}/bases@{}\n", shaped.digest(x86)) && err.contains("mounted"), "{out}{err}");
    let (_, err) = user.run(&["base", "sync", &option, &mirror(host)]);
    assert!(err.contains("already published"), "{err}");
    let copied = format!("docker://{host}/bases@{}", shaped.digest(x86));
    let mut inspect = program("skopeo", "apt-get install skopeo");
    let raw = inspect.args(["inspect", "--raw", "--tls-verify=false", &copied]).output().unwrap().stdout;
    assert_eq!(raw, shaped.blob(&shaped.digest(x86)));
    // The bases' own registry is out of reach.
    fs::remove_dir_all(user.path("cache")).unwrap();
    let layers = shaped.manifest(x86)["layers"].as_array().unwrap().len();
    for name in ["orders", "payments"] {
        let target = format!("{host}/{name}:v1");
        let build = ["build", "function", "-r", "python3.12", "--locked", "--push", "-t", &target, &option];
        let (_, err) = user.run(&[&build[..], &[&mirror("127.0.0.1:1"), "--retries=0"]].concat());
        assert!(err.contains(&format!("mounted {layers}")), "{err}");
    }
}

#[test]
fn two_that_lock_at_once_lose_no_pin() {
    let (user, real) = (User::new(), Real::start());
    let shaped = Shaped::new(1, 10_000, &[]);
    let host = &real.server.host;
    shaped.copy("py-x86_64", &format!("{host}/{PYTHON}:{TAG}"));
    shaped.copy("py-arm64", &format!("{host}/{PYTHON}:3.12-arm64"));
    let mirror = mirror(host);
    std::thread::scope(|scope| {
        for arch in ["x86_64", "arm64"] {
            let (user, mirror) = (&user, &mirror);
            scope.spawn(move || user.run(&["base", "lock", "-r", "python3.12", "-a", arch, mirror]));
        }
    });
    let lock = fs::read_to_string(user.path("lambda-img.lock")).unwrap();
    assert_eq!(lock.matches("python3.12").count(), 2, "{lock}");
}
