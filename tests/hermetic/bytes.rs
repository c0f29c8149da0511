//! One input, one digest: whatever differs about the machine, the user and the way the input is packed.

use crate::harness::common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use crate::harness::common::{Place, Stored, must, noise, python, run, seed};
use lambda_img::survey::Stored::Gzip;

const BUILD: &str = "build fn -r provided.al2023 -b embedded --allow start-format -o oci:out/image";

/// Name, bytes, whether executable.
type Files = Vec<(String, Vec<u8>, bool)>;

/// What the function holds, directories and links aside.
fn files() -> Files {
    let holes = [noise(5000, 2), vec![0; 3 << 20], noise(5000, 3)].concat();
    vec![
        ("bootstrap".to_owned(), b"#!/bin/sh\nexec true\n".to_vec(), true),
        ("app.txt".to_owned(), b"app".to_vec(), false),
        ("bin/tool".to_owned(), b"#!/bin/sh\n".to_vec(), true),
        ("data/holes".to_owned(), holes, false),
        ("data/noise".to_owned(), noise(2_500_000, 1), false),
        ("data/twin".to_owned(), b"twins".to_vec(), false),
        ("data/twin2".to_owned(), b"twins".to_vec(), false),
        ("empty.txt".to_owned(), Vec::new(), false),
        ("text/caf\u{e9}.txt".to_owned(), "caf\u{e9}".into(), false),
        (format!("text/{}/{}.txt", "d".repeat(90), "f".repeat(120)), b"deep".to_vec(), false),
    ]
}

/// The function in `fn`, its files made in order, or the other way round.
fn function_in(order: fn(&mut Files)) -> Place {
    let place = Place::new();
    let mut files = files();
    order(&mut files);
    for (name, bytes, executable) in files {
        let name = format!("fn/{name}");
        if executable {
            place.script(&name, bytes)
        } else {
            place.write(&name, bytes)
        };
    }
    place.link("fn/link", "data/twin");
    place.dir("fn/hollow");
    place
}

fn function() -> Place {
    function_in(|_| ())
}

/// The digest that all of these must have.
static EXPECTED: LazyLock<String> = LazyLock::new(|| function().run(BUILD).digest());

#[track_caller]
fn same(place: &Place, command: &mut Command) {
    assert_eq!(run(command).digest(), *EXPECTED);
    let _ = fs::remove_dir_all(place.path("out"));
}

#[track_caller]
fn same_with(place: &Place, change: impl FnOnce(&mut Command) -> &mut Command) {
    let mut tool = place.tool(BUILD);
    same(place, change(&mut tool));
}

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
fn the_environment_makes_no_difference() {
    let place = function();
    for zone in ["UTC", "Pacific/Kiritimati", "America/St_Johns", "nonsense"] {
        same_with(&place, |tool| tool.env("TZ", zone));
    }
    for locale in ["C", "C.UTF-8", "tr_TR.UTF-8", "nonsense"] {
        same_with(&place, |tool| tool.env("LC_ALL", locale).env("LANG", locale));
    }
    same_with(&place, |tool| tool.env("HOME", "/nonexistent").env("USER", "somebody"));
    same_with(&place, |tool| tool.env("SOURCE_DATE_EPOCH", ""));
    same_with(&place, |tool| tool.env("SOURCE_DATE_EPOCH", "315532800"));
    same_with(&place, |tool| tool.env_clear());
    // The one variable that does.
    let later = run(place.tool(BUILD).env("SOURCE_DATE_EPOCH", "1700000000")).digest();
    assert_ne!(later, *EXPECTED);
}

#[test]
fn the_umask_makes_no_difference() {
    for umask in ["0000", "0022", "0077"] {
        let place = function();
        let script = "umask $0 && cp -r fn copy && rm -r fn && mv copy fn && exec \"$@\"";
        let mut command = place.program("sh");
        command.args(["-c", script, umask, env!("CARGO_BIN_EXE_lambda-img")]).args(BUILD.split_whitespace());
        same(&place, &mut command);
    }
}

#[test]
fn modes_make_no_difference_but_for_the_execute_bit() {
    let place = function();
    for (name, _, executable) in files() {
        let mode = if executable { 0o2511 } else { 0o4606 };
        fs::set_permissions(place.path("fn").join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    fs::set_permissions(place.path("fn/data"), fs::Permissions::from_mode(0o2770)).unwrap();
    same(&place, &mut place.tool(BUILD));
}

#[test]
fn the_order_of_creation_makes_no_difference() {
    for order in [|files: &mut Files| files.reverse(), |files: &mut Files| files.rotate_left(4)] {
        let place = function_in(order);
        same(&place, &mut place.tool(BUILD));
    }
}

#[test]
fn times_make_no_difference() {
    let place = function();
    for (index, (name, ..)) in files().into_iter().enumerate() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000 + index as u64 * 7_654_321);
        let file = fs::File::options().append(true).open(place.path("fn").join(name)).unwrap();
        file.set_modified(time).unwrap();
    }
    same(&place, &mut place.tool(BUILD));
}

#[test]
fn hard_links_make_no_difference() {
    let place = function();
    fs::remove_file(place.path("fn/data/twin2")).unwrap();
    fs::hard_link(place.path("fn/data/twin"), place.path("fn/data/twin2")).unwrap();
    same(&place, &mut place.tool(BUILD));
}

#[test]
fn holes_make_no_difference() {
    for sparse in ["always", "never"] {
        let place = function();
        let copy = ["-r", "--preserve=mode,links", &format!("--sparse={sparse}"), "fn", "copy"];
        must(place.program("cp").args(copy));
        must(place.program("sh").args(["-c", "rm -r fn && mv copy fn"]));
        same(&place, &mut place.tool(BUILD));
    }
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
fn the_way_to_the_input_makes_no_difference() {
    let place = function();
    place.link("link", "fn");
    for path in ["link", "link/", "./fn/.", "out/../fn", place.path("fn").to_str().unwrap()] {
        place.dir("out");
        same(&place, &mut place.tool(&BUILD.replacen("fn", path, 1)));
    }
    let here = BUILD.replacen("fn", ".", 1).replace("out/", "../out/");
    same(&place, place.tool(&here).current_dir(place.path("fn")));
    let default = BUILD.replacen("fn", "", 1).replace("out/", "../out/");
    same(&place, place.tool(&default).current_dir(place.path("fn")));
}

#[test]
fn an_output_inside_the_input_makes_no_difference() {
    let place = function();
    let inside = BUILD.replace("out/", "fn/");
    assert_eq!(place.run(&inside).digest(), *EXPECTED);
    // The earlier image stays out, too.
    assert_eq!(place.run(&inside).digest(), *EXPECTED);
}

#[test]
fn the_number_of_jobs_makes_no_difference() {
    let place = function();
    for jobs in [1, 2, 3, 8, 64] {
        same(&place, &mut place.tool(&format!("{BUILD} -j {jobs}")));
    }
}

#[test]
fn thirty_runs_at_random_jobs_give_one_digest() {
    let place = function();
    let random = noise(30, seed("numbers of jobs"));
    for byte in random {
        same(&place, &mut place.tool(&format!("{BUILD} -j {}", byte % 16 + 1)));
    }
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

#[test]
fn every_output_and_several_at_once_have_one_digest() {
    let place = function();
    let outputs = "-o oci-archive:out/oci.tar:v1 -o docker-archive:out/docker.tar:fn:v1 -o oci:out/other";
    let ran = place.run(&format!("{BUILD}:v1 {outputs}"));
    let expected = EXPECTED.clone();
    assert_eq!(ran.digests(), [&*expected; 4]);
    let targets: Vec<_> = ran.stdout.lines().map(|line| line.split_once('@').unwrap().0).collect();
    let all = ["oci:out/image:v1", "oci-archive:out/oci.tar:v1", "docker-archive:out/docker.tar:fn:v1"];
    assert_eq!(targets, [&all[..], &["oci:out/other:latest"]].concat());
    // Archives are reproducible to the byte as well.
    place.run(&format!("{BUILD}:v1 {} -j 7", outputs.replace("out/", "again/"))).digests();
    for file in ["oci.tar", "docker.tar"] {
        assert_eq!(
            common::hash(&place.path(&format!("out/{file}"))),
            common::hash(&place.path(&format!("again/{file}")))
        );
    }
    same_images(&place.image("out/image", "v1"), &place.image("out/other", "latest"));
}

fn same_images(one: &Stored, other: &Stored) {
    assert_eq!((&one.digest, &one.config, &one.layers), (&other.digest, &other.config, &other.layers));
}

#[test]
fn a_second_build_replaces_its_tag_and_keeps_the_others() {
    let place = function();
    let first = place.run(&format!("{BUILD}:a")).digest();
    place.run(&format!("{BUILD}:b")).digest();
    place.write("fn/app.txt", "another");
    let second = place.run(&format!("{BUILD}:a")).digest();
    assert_ne!(first, second);
    let tags = common::tags(&place.path("out/image"));
    let digests: Vec<_> =
        tags.iter().map(|(tag, entry)| (&**tag, entry["digest"].as_str().unwrap())).collect();
    assert_eq!(digests, [("a", &*second), ("b", &*first)]);
    // And the same again changes no byte of the layout.
    let hashes = |place: &Place| common::snapshot(&place.path("out/image/blobs"));
    let before = hashes(&place);
    place.run(&format!("{BUILD}:a")).digest();
    assert_eq!(hashes(&place), before);
}

#[test]
fn several_architectures_are_plain_images_under_names_of_their_own() {
    let place = Place::with_function();
    let outputs = "-o oci-archive:out/oci.tar:v1 -o docker-archive:out/docker.tar:fn:v1";
    let ran = place.run(&format!("{BUILD}:v1 {outputs} -a x86_64,arm64"));
    let digests = ran.digests();
    assert_eq!(digests.len(), 6);
    assert_ne!(digests[0], digests[1]);
    let names: Vec<_> = ran.stdout.lines().map(|line| line.split_once('@').unwrap().0).collect();
    let expected = ["oci:out/image:v1", "oci-archive:out/oci.tar:v1", "docker-archive:out/docker.tar:fn:v1"];
    let expected = expected.iter().flat_map(|name| ["x86_64", "arm64"].map(|arch| format!("{name}-{arch}")));
    assert_eq!(names, expected.collect::<Vec<_>>());
    let tags = common::tags(&place.path("out/image"));
    assert_eq!(tags.keys().collect::<Vec<_>>(), ["v1-arm64", "v1-x86_64"]);
    for (tag, architecture, digest) in
        [("v1-x86_64", "amd64", &digests[0]), ("v1-arm64", "arm64", &digests[1])]
    {
        assert_eq!(tags[tag]["mediaType"], "application/vnd.oci.image.manifest.v1+json");
        assert_eq!(tags[tag]["platform"]["architecture"], architecture);
        let image = place.image("out/image", tag);
        assert_eq!((&image.digest, &image.config["architecture"]), (digest, &architecture.into()));
    }
    // One alone has the digest that it has among others, and its plain tag.
    assert_eq!(place.run(&format!("{} -a arm64", BUILD.replace("image", "alone:v1"))).digest(), digests[1]);
    assert_eq!(common::tags(&place.path("out/alone")).keys().collect::<Vec<_>>(), ["v1"]);
    assert_eq!(
        place.run(&format!("{} -a arm64,arm64", BUILD.replace("image", "twice"))).digest(),
        digests[1]
    );
}

#[test]
fn layers_hold_each_file_once_below_its_parents() {
    let place = function();
    place.run(BUILD).digest();
    let image = place.image("out/image", "latest");
    for (index, diff_id) in image.config["rootfs"]["diff_ids"].as_array().unwrap().iter().enumerate() {
        let listing = image.listing(index);
        assert_eq!(listing.diff_id.to_string(), diff_id.as_str().unwrap());
        assert!(listing.missing_parents().is_empty() && listing.stored == Gzip { members: 1, trailing: 0 });
        assert!(listing.entries.iter().all(|entry| entry.owner == (0, 0) && entry.mtime == 315_532_800));
    }
    let code = image.listing(2);
    let names: Vec<_> = code.entries.iter().map(|entry| &*entry.path).collect();
    assert_eq!(names[..3], ["var/", "var/task/", "var/task/app.txt"]);
    assert!(names.contains(&"var/task/hollow/") && names.contains(&"var/task/text/caf\u{e9}.txt"));
    let out = place.dir("unpacked");
    image.unpack(1, &out);
    image.unpack(2, &out);
    for (name, bytes, _) in files() {
        assert!(fs::read(out.join("var/task").join(&name)).unwrap() == bytes, "{name}");
    }
}

#[test]
fn the_name_of_a_local_base_makes_no_difference() {
    let place = function();
    let make = "build fn -r provided.al2023 -b embedded -q";
    let outputs = "-o oci:base:one -o oci:base:two -o oci-archive:base.tar:three";
    let digests = place.run(&format!("{make} {outputs}")).digests();
    assert_eq!(digests.len(), 3);
    let build =
        |base: &str| place.run(&format!("build fn -r provided.al2023 -b {base} -o oci:out/image")).digest();
    let first = build("oci:base:one");
    assert_eq!(build("oci:base:two"), first);
    assert_eq!(build("oci-archive:base.tar"), first);
}

#[test]
fn a_dry_run_finds_the_digest_and_writes_nothing() {
    let place = function();
    let docker = "build fn -r provided.al2023 -b embedded --media-types docker -o docker-archive:base.tar -q";
    place.run(docker).digest();
    let build = "build fn -r provided.al2023 -b docker-archive:base.tar -o oci:out/image";
    let before = common::snapshot(&place.path("."));
    let dry = place.run(&format!("{build} --dry-run --json"));
    assert_eq!(common::snapshot(&place.path(".")), before);
    let digest = dry.json()["images"][0]["digest"].as_str().unwrap().to_owned();
    assert_eq!(place.run(build).digest(), digest);
}
