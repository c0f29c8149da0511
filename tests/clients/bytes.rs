//! One input, one digest: whatever differs about the machine, the user and the way the input is packed.

use crate::harness::common::{Place, must, python, run};
use crate::harness::suites::bytes::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// The tool behind a program that starts it.
#[track_caller]
fn same_under(program: &[&str]) {
    let place = function();
    fs::set_permissions(place.path(""), fs::Permissions::from_mode(0o777)).unwrap();
    let tool = place.copied_tool();
    let mut command = place.program(program[0]);
    command.args(&program[1..]).arg(tool).args(BUILD.split_whitespace()).env_remove("SOURCE_DATE_EPOCH");
    same(&place, &mut command);
}

#[test]
fn the_user_makes_no_difference() {
    same_under(&[
        "env",
        "LAMBDA_IMG_CACHE=",
        "setpriv",
        "--reuid",
        "65534",
        "--regid",
        "65534",
        "--clear-groups",
    ]);
    let place = function();
    must(place.program("chown").args(["-R", "1234:4321", "fn"]));
    same(&place, &mut place.tool(BUILD));
}

/// The tool as a user who has only so many threads in all, the first among them.
fn few_threads(place: &Place, threads: u32, arguments: &str) -> std::process::Command {
    let tool = place.copied_tool();
    // A user for each number: whoever else runs as him counts.
    let user = (64_000 + threads).to_string();
    let mut command = place.program("setpriv");
    command.args(["--reuid", &user, "--regid", &user, "--clear-groups"]);
    command.args(["prlimit", &format!("--nproc={threads}")]).arg(tool);
    command.args(arguments.split_whitespace()).env_remove("SOURCE_DATE_EPOCH");
    command
}

#[test]
fn a_clock_that_no_calendar_follows_makes_no_difference() {
    let source = "#include <sys/syscall.h>\n#include <time.h>\n#include <unistd.h>\n\
                  int clock_gettime(clockid_t id, struct timespec *time) {\n\
                  long done = syscall(SYS_clock_gettime, id, time);\n\
                  if (id == CLOCK_REALTIME) time->tv_sec = NOW;\n return done; }\n";
    let place = function();
    let source = place.write("clock/clock.c", source);
    // The years 10000 and 11476, 1969 and some 10,000 before it.
    for now in ["253402300800", "300000000000", "-1", "-400000000000"] {
        let library = place.path("clock/clock.so");
        let mut compile = place.program("gcc");
        compile.args(["-shared", "-fPIC", &format!("-DNOW={now}LL"), "-o"]).arg(&library).arg(&source);
        must(&mut compile);
        place.dir("out");
        let mut build = place.tool(BUILD);
        assert_eq!(run(build.env("LD_PRELOAD", &library)).digest(), *EXPECTED, "at {now}");
        for arguments in [
            "inspect oci:out/image",
            "check oci:out/image --allow start-format",
            "runtimes",
            "base list",
            "cache info",
            "cache prune --older-than 1",
        ] {
            let ran = run(place.tool(arguments).env("LD_PRELOAD", &library));
            assert_eq!(ran.code, Some(0), "{arguments} at {now}: {ran:?}");
        }
        fs::remove_dir_all(place.path("out")).unwrap();
    }
}

#[test]
fn the_number_of_threads_that_are_left_makes_no_difference() {
    for threads in 1..=6 {
        let place = function();
        fs::set_permissions(place.dir("out"), fs::Permissions::from_mode(0o777)).unwrap();
        let mut command = few_threads(&place, threads, &format!("{BUILD} -j 3"));
        assert_eq!(run(&mut command).digest(), *EXPECTED, "with {threads}");
        for arguments in ["inspect oci:out/image", "check oci:out/image --allow start-format"] {
            let ran = run(&mut few_threads(&place, threads, arguments));
            assert_eq!(ran.code, Some(0), "{arguments} with {threads}: {ran:?}");
        }
    }
    // What speaks to the network needs one, and says so.
    let place = function();
    let mut check = few_threads(&place, 1, "auth check 127.0.0.1:1 --retries 0");
    let ran = run(check.env("HOME", "/nonexistent").env_remove("DOCKER_CONFIG"));
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(!ran.stderr.contains("panicked"), "{ran:?}");
    assert!(ran.stderr.contains("`ulimit -u`") && !ran.stderr.contains("--ca-cert"), "{ran:?}");
}

#[test]
fn the_host_name_makes_no_difference() {
    same_under(&["unshare", "--uts", "sh", "-c", "hostname another && exec \"$@\"", "sh"]);
}

#[test]
fn a_zip_and_what_it_unpacks_to_make_no_difference() {
    for level in ["-0", "-6", "-9"] {
        let place = function();
        let mut zip = place.program("zip");
        must(
            zip.env("LC_ALL", "C.UTF-8")
                .args(["-q", "-r", "-y", level, "../fn.zip", "."])
                .current_dir(place.path("fn")),
        );
        same(&place, &mut place.tool(&BUILD.replacen("fn", "fn.zip", 1)));
        must(place.program("unzip").env("LC_ALL", "C.UTF-8").args(["-q", "fn.zip", "-d", "unpacked"]));
        same(&place, &mut place.tool(&BUILD.replacen("fn", "unpacked", 1)));
    }
}

#[test]
fn a_zip_in_any_order_makes_no_difference() {
    const PACK: &str = "
import os, random, stat, sys, zipfile
method, seed = int(sys.argv[1]), int(sys.argv[2])
found = [os.path.join(at, name) for at, dirs, files in os.walk('fn') for name in dirs + files]
random.Random(seed).shuffle(found)
with zipfile.ZipFile('fn.zip', 'w', method) as z:
    for path in found:
        name, mode = path[3:], os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            info = zipfile.ZipInfo(name, (1999, 12, 31, 23, 59, 58))
            info.create_system, info.external_attr = 3, mode << 16
            z.writestr(info, os.readlink(path))
        else:
            z.write(path, name)
";
    for (method, seed) in [("0", "1"), ("8", "2"), ("8", "3")] {
        let place = function();
        python(&place, PACK, &[method, seed]);
        same(&place, &mut place.tool(&BUILD.replacen("fn", "fn.zip", 1)));
    }
}
