//! Pins and the cache, by the commands that show, move and judge them.

use crate::harness::pulling::emulator::Emulator;
use crate::harness::pulling::{PYTHON, Shaped, TAG, User, mirror, said};
use lambda_img::arch::Arch;
use serde_json::Value;
use std::fs;

#[test]
fn the_lock_is_found_upward_and_asked_for() {
    let (user, shaped) = (User::new(), Shaped::new(3, 10_000, &[]));
    let registry = shaped.emulated();
    let mirror = mirror(&registry.host);
    let build = ["build", "function", "-r", "python3.12", "--locked", &mirror];
    let err = user.fail(1, &build);
    assert!(
        err.contains("is not pinned for x86_64") && err.contains("base lock --runtime python3.12"),
        "{err}"
    );
    assert!(registry.log().is_empty());
    // Beside the nearest one, here in the project, not in its part.
    fs::write(user.path("lambda-img.lock"), "version = 1\n").unwrap();
    fs::create_dir_all(user.path("part/of/it")).unwrap();
    let mut lock = user.command(&["base", "lock", "-r", "python3.12", "-a", "x86_64", "-q", &mirror]);
    let (code, _, err) = said(lock.current_dir(user.path("part/of/it")).output().unwrap());
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(!user.path("part/of/it/lambda-img.lock").exists());
    let mut deep =
        user.command(&["build", "../../../function", "-r", "python3.12", "--locked", "--dry-run", &mirror]);
    let (code, _, err) = said(deep.current_dir(user.path("part/of/it")).output().unwrap());
    assert_eq!(code, 0, "{err}");
    user.run(&build);
    // Not pinned for the other, and no base of a file system needs a pin.
    user.fail(1, &["build", "function", "-r", "python3.12", "-a", "arm64", "--locked", &mirror]);
    user.run(&[
        "build",
        "function",
        "-r",
        "python3.12",
        "--base",
        "oci:lambda-image",
        "--locked",
        "-o",
        "oci:x",
    ]);
    // A reference that is no runtime's own is pinned by its digest alone.
    let other = format!("{}/{PYTHON}:{TAG}", registry.host);
    let err = user.fail(1, &["build", "function", "-r", "python3.12", "--base", &other, "--locked"]);
    assert!(err.contains("@sha256"), "{err}");
    let (_, err) = user.run(&["build", "function", "-r", "python3.12", "--base", &other]);
    let pinned = format!("--base {other}@{}", shaped.digest(Arch::X86_64));
    assert!(err.contains(&pinned), "{err}");
    user.build(&["--base", &pinned["--base ".len()..], "--locked"]);

    let good = fs::read_to_string(user.path("lambda-img.lock")).unwrap();
    fs::write(user.path("lambda-img.lock"), good.replace("sha256:", "sha256")).unwrap();
    let err = user.fail(2, &build);
    assert!(err.contains("lambda-img.lock` is malformed: entry 1"), "{err}");
    // Somebody edited one of the two digests.
    let config = shaped.manifest(Arch::X86_64)["config"]["digest"].as_str().unwrap().to_owned();
    let wrong =
        good.replace(&format!("config = \"{config}"), &format!("config = \"{}", shaped.digest(Arch::X86_64)));
    assert_ne!(wrong, good);
    fs::write(user.path("lambda-img.lock"), wrong).unwrap();
    let err = user.fail(1, &build);
    assert!(err.contains("but the lock file has"), "{err}");
}

#[test]
fn a_pin_of_what_the_runtime_had_before_is_told_and_moved() {
    let (user, shaped) = (User::new(), Shaped::new(3, 10_000, &[]));
    let registry = shaped.emulated();
    shaped.put(&registry, PYTHON, "3.12-before", Arch::X86_64);
    let mirror = mirror(&registry.host);
    user.run(&["base", "lock", "-r", "python3.12", "-a", "x86_64", &mirror]);
    let path = user.path("lambda-img.lock");
    let lock = fs::read_to_string(&path).unwrap().replace(":3.12-x86_64\"", ":3.12-before\"");
    fs::write(&path, &lock).unwrap();
    let old = format!("public.ecr.aws/{PYTHON}:3.12-before");
    let new = format!("public.ecr.aws/{PYTHON}:{TAG}");
    let moves = "`lambda-img base update --runtime python3.12 --arch x86_64`";
    // What is read has the name under which it is read.
    let (out, err) = user.run(&["base", "pull", &mirror]);
    assert_eq!(out, format!("{old}@{}\n", shaped.digest(Arch::X86_64)));
    let warning =
        format!("warning: the lock file pins `{old}`, but builds use `{new}`: update the pin with {moves}\n");
    assert!(err.starts_with(&warning), "{err}");
    let (_, err) = user.run(&["base", "verify", &mirror]);
    assert!(err.contains(&warning) && err.contains(&format!("is as expected: {old}@")), "{err}");
    // A build does not use it, and names what helps.
    let build = ["build", "function", "-r", "python3.12", &mirror];
    let err = user.fail(1, &[&build[..], &["--locked"]].concat());
    assert!(err.contains(&format!("base `{new}` is not pinned for x86_64")), "{err}");
    assert!(err.contains("hint: the lock file pins an older image of the runtime: "), "{err}");
    assert!(err.contains(&format!("update the pin with {moves}")), "{err}");
    let (_, err) = user.run(&build);
    assert!(err.contains(&format!("pin it with {moves}")), "{err}");
    user.run(&["base", "update", "--runtime", "python3.12", "--arch", "x86_64", &mirror]);
    user.run(&[&build[..], &["--locked"]].concat());
}

#[test]
fn what_needs_the_network_says_so_and_helps() {
    let (user, shaped) = (User::new(), Shaped::new(3, 10_000, &[]));
    let registry = shaped.emulated();
    let mirror = mirror(&registry.host);
    let lock = ["base", "lock", "-r", "python3.12", "-a", "x86_64", &mirror];
    let err = user.fail(2, &[&lock[..], &["--offline"]].concat());
    assert!(
        err.contains("`python3.12` for x86_64 is not pinned") && err.contains("leave `--offline` out"),
        "{err}"
    );
    user.run(&lock);
    // What is pinned needs nothing.
    assert!(user.run(&[&lock[..], &["--offline"]].concat()).0.contains("@sha256:"));
    registry.log();
    let err = user.fail(2, &["base", "update", "--offline", &mirror]);
    assert!(
        err.contains("`base update` needs the network") && err.contains("leave `--offline` out"),
        "{err}"
    );
    assert!(registry.log().is_empty());
}

#[test]
fn a_user_of_one_registry_reads_bases_there() {
    let (user, shaped) = (User::new(), Shaped::new(3, 10_000, &[]));
    let registry = shaped.emulated();
    registry.state().auth = Some(("Basic dTpzM2NyM3Q=".into(), "Basic realm=\"x\"".into()));
    let mirror = mirror(&registry.host);
    let with = |args: &[&str]| {
        use std::io::Write;
        let mut child = user
            .command(args)
            .args(["--username", "u", "--password-stdin"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        // Who stops before reading it closes its end.
        let _ = child.stdin.take().unwrap().write_all(b"s3cr3t\n");
        said(child.wait_with_output().unwrap())
    };
    let runtime = ["-r", "python3.12", "-a", "x86_64"];
    let err = user.fail(1, &[&["base", "pull", &mirror][..], &runtime].concat());
    assert!(err.contains(&format!("lambda-img auth check {}/{PYTHON}", registry.host)), "{err}");
    for command in ["lock", "update", "verify", "pull"] {
        let (code, _, err) = with(&[&["base", command, &mirror][..], &runtime].concat());
        assert_eq!(code, 0, "{command}: {err}");
    }
    assert!(registry.log().iter().any(|line| line.contains("+Basic")));
    let build = ["build", "function", "-r", "python3.12", "-q"];
    for base in [&[mirror.as_str()][..], &["--base", &format!("{}/{PYTHON}:{TAG}", registry.host)]] {
        let _ = fs::remove_dir_all(user.path("cache"));
        let (code, _, err) = with(&[&build[..], base].concat());
        assert_eq!(code, 0, "{err}");
    }
    let (code, _, err) = with(&[&build[..], &["--base", "oci:lambda-image", "-o", "oci:x"]].concat());
    assert!(code == 2 && err.contains("`--username` has no effect, because no registry is used"), "{err}");
}

#[test]
fn verify_finds_what_a_base_has_other_than_expected() {
    let user = User::new();
    let registry = Emulator::start(&[]);
    let mirror = mirror(&registry.host);
    let good = Shaped::new(4, 1000, &[]);
    good.put(&registry, PYTHON, TAG, Arch::X86_64);
    let (out, err) = user.run(&["base", "verify", "-r", "python3.12", "-a", "x86_64", &mirror]);
    assert_eq!(out, "");
    assert!(err.contains("python3.12 for x86_64 is as expected"), "{err}");
    // Only manifest and configuration are read for it.
    assert!(!registry.log().iter().any(|line| line.contains("layer")));

    let more = ["--env", "TZ=UTC", "--env", "EXTRA=1", "--workdir", "/srv"];
    Shaped::new(5, 1000, &more).put(&registry, PYTHON, TAG, Arch::X86_64);
    let verify =
        user.command(&["base", "verify", "-r", "python3.12", "-a", "x86_64", &mirror]).output().unwrap();
    let (code, out, err) = said(verify);
    assert_eq!(code, 1);
    assert_eq!(
        out,
        "python3.12 x86_64: WORKDIR is `/srv`, expected `/var/task`\n\
         python3.12 x86_64: ENV EXTRA is `1`, expected none\n\
         python3.12 x86_64: ENV TZ is `UTC`, expected `:/etc/localtime`\n"
    );
    assert!(err.contains("1 base is not as expected"), "{err}");

    // A variable whose value moves with each rebuild, and which has to be there.
    let dotnet8 = lambda_img::runtime::profile("dotnet8").unwrap().expected;
    let mut more: Vec<&str> = dotnet8.env.iter().flat_map(|variable| ["--env", variable]).collect();
    let without = Shaped::new(6, 1000, &more);
    more.extend(["--env", "DOTNET_VERSION=8.0.21"]);
    let with = Shaped::new(6, 1000, &more);
    without.put(&registry, "lambda/dotnet", "8-x86_64", Arch::X86_64);
    let dotnet = ["base", "verify", "-r", "dotnet8", "-a", "x86_64", "-q", &mirror];
    let (code, out, _) = said(user.command(&dotnet).output().unwrap());
    assert_eq!(
        (code, out.as_str()),
        (1, "dotnet8 x86_64: ENV DOTNET_VERSION is none, expected `any value`\n")
    );
    with.put(&registry, "lambda/dotnet", "8-x86_64", Arch::X86_64);
    assert_eq!(user.run(&dotnet).0, "");
    // The pinned one is judged, not the one that the tag is now.
    user.run(&["base", "lock", "-r", "dotnet8", "-a", "x86_64", &mirror]);
    without.put(&registry, "lambda/dotnet", "8-x86_64", Arch::X86_64);
    assert_eq!(user.run(&["base", "verify", &mirror]).0, "");
}

#[test]
fn list_pull_and_the_cache_say_what_is_there() {
    let (user, shaped) = (User::new(), Shaped::new(7, 200_000, &[]));
    let registry = shaped.emulated();
    let mirror = mirror(&registry.host);
    let err = user.fail(2, &["base", "pull", &mirror]);
    assert!(err.contains("no runtime is set"), "{err}");
    let (out, err) = user.run(&["base", "list"]);
    assert!(out.is_empty() && err.contains("no base is pinned"), "{err}");
    user.run(&["base", "lock", "-r", "python3.12", "-a", "x86_64", &mirror]);
    let list = || -> Value { serde_json::from_str(&user.run(&["base", "list", "--json"]).0).unwrap() };
    assert_eq!(list()["bases"][0]["cached"], false);
    let digest = shaped.digest(Arch::X86_64);
    let (out, _) = user.run(&["base", "pull", &mirror]);
    assert_eq!(out, format!("public.ecr.aws/{PYTHON}:{TAG}@{digest}\n"));
    let bases = list();
    assert_eq!(
        (&bases["bases"][0]["cached"], &bases["bases"][0]["digest"]),
        (&true.into(), &digest.clone().into())
    );
    let (out, _) = user.run(&["base", "list"]);
    assert!(out.lines().count() == 2 && out.contains("yes") && out.contains(&digest), "{out}");
    // Some of them.
    assert_eq!(user.run(&["base", "list", "-r", "nodejs22.x,python3.12", "-a", "x86_64"]).0, out);
    for others in [["-r", "nodejs22.x"], ["-a", "arm64"]] {
        let (out, err) = user.run(&[&["base", "list"][..], &others].concat());
        assert!(out.is_empty() && err.contains("no base is pinned"), "{out}{err}");
    }
    let err = user.fail(2, &["base", "list", "-r", "python3.99"]);
    assert!(err.contains("`python3.99`") && err.contains("hint: "), "{err}");

    let info =
        |user: &User| -> Value { serde_json::from_str(&user.run(&["cache", "info", "--json"]).0).unwrap() };
    let before = info(&user);
    assert_eq!((before["blobs"].as_u64(), before["partial"].as_u64()), (Some(6), Some(0)));
    assert_eq!(before["path"], user.path("cache").display().to_string());
    let (out, _) = user.run(&["cache", "info"]);
    assert!(out.contains(&format!("bytes    {}", before["bytes"])), "{out}");
    // Nothing is older than a day; of the rest the least recently used go.
    user.run(&["cache", "prune", "--older-than", "1"]);
    assert_eq!(info(&user), before);
    let (_, err) = user.run(&["cache", "prune", "--max-size", "450kB"]);
    assert!(err.contains("removed"), "{err}");
    assert!((250_000..=450_000).contains(&info(&user)["bytes"].as_u64().unwrap()));
    let err = user.fail(2, &["cache", "prune", "--max-size", "5G"]);
    assert!(err.contains("has an ambiguous unit: write 5GB or 5GiB"), "{err}");
    user.run(&["cache", "prune"]);
    assert_eq!((info(&user)["blobs"].as_u64(), info(&user)["bytes"].as_u64()), (Some(0), Some(0)));

    // Where it is: the option, the variable, XDG, the home, and without all of them nowhere for long.
    let other = user.path("other").display().to_string();
    let path = |command: &mut std::process::Command| {
        let (code, out, err) = said(command.output().unwrap());
        assert_eq!(code, 0, "{err}");
        serde_json::from_str::<Value>(&out).unwrap()["path"].as_str().unwrap().to_owned()
    };
    let ask = ["cache", "info", "--json"];
    assert_eq!(path(user.command(&ask).args(["--cache-dir", &other])), other);
    let mut plain = user.command(&ask);
    plain.env_remove("LAMBDA_IMG_CACHE");
    assert_eq!(path(&mut plain), user.path(".cache/lambda-img").display().to_string());
    assert_eq!(path(plain.env("XDG_CACHE_HOME", &other)), format!("{other}/lambda-img"));
    assert_eq!(
        path(plain.env("XDG_CACHE_HOME", "relative")),
        user.path(".cache/lambda-img").display().to_string()
    );
    let temporary = path(plain.env_remove("HOME"));
    assert!(
        temporary.contains("lambda-img-cache-") && !std::path::Path::new(&temporary).exists(),
        "{temporary}"
    );
}
