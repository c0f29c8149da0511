//! One input, one digest: whatever differs about the machine, the user and the way the input is packed.

use crate::harness::common;
use crate::harness::common::{Place, Stored, must, noise, run, seed};
use crate::harness::suites::bytes::*;
use lambda_img::survey::Stored::Gzip;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::{Duration, SystemTime};

#[track_caller]
fn same_with(place: &Place, change: impl FnOnce(&mut Command) -> &mut Command) {
    let mut tool = place.tool(BUILD);
    same(place, change(&mut tool));
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
