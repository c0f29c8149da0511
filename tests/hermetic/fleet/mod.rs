//! Many functions in one process: `examples/fleet`, and what becomes of the others when one fails.

use crate::harness::common;
use crate::harness::common::{Place, Ran, json_at, must, tags, temporaries};
use crate::harness::suites::fleet::*;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

mod hostile_git;
mod work;

#[test]
fn twenty_functions_are_what_each_is_alone() {
    let place = example();
    let all = ok(place.run("build --all"));
    assert_eq!(all.stdout.lines().count(), 40, "two architectures each");
    let built = names(&all);
    assert_eq!(built.len(), 20);
    assert!(built.is_sorted());
    let index = fs::read(place.path("lambda-image/index.json")).unwrap();
    let listed: Vec<_> = json_at(&place.path("lambda-image/index.json"))["manifests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["annotations"]["org.opencontainers.image.ref.name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(listed.len(), 40);
    assert!(listed.chunks(2).map(|pair| &pair[0]).is_sorted(), "in the order of the functions: {listed:?}");
    for name in ["orders-create", "mail-send", "health"] {
        let alone = ok(place.run(&format!("build {name} --no-cache -o oci:alone:{name}")));
        let digest = |line: &str| line.split_once('@').unwrap().1.to_owned();
        let mut lines = all.stdout.lines().filter(|line| line.contains(&format!(":{name}-")));
        for line in alone.stdout.lines() {
            assert_eq!(lines.next().map(digest), Some(digest(line)), "{name}");
        }
        assert!(lines.next().is_none());
        place.image("lambda-image", &format!("{name}-x86_64"));
        place.image("lambda-image", &format!("{name}-arm64"));
    }
    // Other threads, another order of events, warm or cold: the same.
    let ran = ok(place.run("build --all -j 1 --no-cache"));
    assert_eq!(ran.stdout, all.stdout);
    assert_eq!(ok(place.run("build --all -j 7 -q")).stderr, "");
    assert_eq!(fs::read(place.path("lambda-image/index.json")).unwrap(), index);
    // What they share is packed once: the runtimes' shared layers are one blob each.
    let layer = |name: &str| place.image("lambda-image", &format!("{name}-x86_64")).layers[1].clone();
    assert_eq!(layer("orders-create"), layer("customers-merge"));
    assert_eq!(layer("mail-send"), layer("search-query"));
    assert_eq!(temporaries(&place.path(".")), Vec::<String>::new());
}

#[test]
fn shared_files_are_walked_and_packed_once() {
    let place = example();
    // Large enough to be worth all threads, and nothing that deflates.
    place.write("shared/python/python/weights.bin", common::noise(12 << 20, 7));
    let ran = ok(place.run("build --all -v --no-cache"));
    assert!(twelve_megabytes_are_read(&ran), "read once, by eight functions: {}", ran.stderr);
    assert_eq!(ok(place.run("build --all -v")).stdout, ran.stdout);
}

#[test]
fn the_time_of_outputs_and_their_bytes_have_a_row() {
    let place = Place::with_function();
    place.write("fn/noise.bin", common::noise(3 << 20, 7));
    let build = "build fn -r provided.al2023 -b embedded -o oci:out/a:v1 -o oci-archive:out/a.tar -v";
    let row = |ran: &Ran| -> Option<f64> {
        let line = ran.stderr.lines().find(|line| line.trim_start().starts_with("publish "))?;
        assert!(line.contains(" MB"), "{line}");
        line.split_whitespace().nth(2)?.parse().ok()
    };
    let bytes = row(&ok(place.run(build)));
    assert!(bytes.is_some_and(|megabytes| (6.2..6.6).contains(&megabytes)), "both outputs: {bytes:?}");
    // The layout has them by now.
    let bytes = row(&ok(place.run(build)));
    assert!(bytes.is_some_and(|megabytes| (3.1..3.3).contains(&megabytes)), "the archive alone: {bytes:?}");
}

#[test]
fn links_to_one_file_are_read_and_packed_once() {
    let place = example();
    let file = place.write("model.bin", common::noise(12 << 20, 8));
    let names = ["backup-start", "health", "queue-drain", "queue-retry"];
    for name in names {
        fs::hard_link(&file, place.path(&format!("functions/{name}/model.bin"))).unwrap();
    }
    // Older than the clock's grain.
    std::thread::sleep(std::time::Duration::from_millis(150));
    let ran = ok(place.run(&format!("build {} -a x86_64 -v", names.join(" "))));
    assert!(twelve_megabytes_are_read(&ran), "read once, by four functions: {}", ran.stderr);
}

#[test]
fn a_denied_function_is_denied_alone() {
    let place = example();
    place.write("functions/health/key.pem", KEY);
    let ran = place.run("build health queue-drain -a x86_64");
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert_eq!(names(&ran), ["queue-drain"]);
    assert!(ran.stderr.contains("health:\ndenied\n"), "{}", ran.stderr);
}

#[test]
fn an_interrupt_leaves_what_is_done_and_nothing_half() {
    let place = example();
    place.sparse("functions/health/large", 6 << 30);
    let mut tool = place.tool("build --all -a x86_64 -j 1 --no-cache");
    let mut child = tool.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    // The last one before the one that takes long.
    while !said.contains("\ncustomers-read: ") {
        assert!(stderr.read_line(&mut said).unwrap() > 0, "{said}");
    }
    must(place.program("sh").args(["-c", &format!("kill -INT {}", child.id())]));
    stderr.read_to_string(&mut said).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{said}");
    let lines = String::from_utf8(output.stdout).unwrap();
    assert!((4..20).contains(&lines.lines().count()), "{lines}");
    assert!(said.contains("error: interrupted; ") && said.ends_with(" of 20 not built\n"), "{said}");
    assert_eq!(tags(&place.path("lambda-image")).len(), lines.lines().count(), "{said}");
    assert_eq!(temporaries(&place.path(".")), Vec::<String>::new());
}

#[test]
fn what_would_collide_is_refused() {
    let place = example();
    place.refuses(2, "build --all -a x86_64 -o oci:one:v1", &["`oci:one:v1`", "{name}"]);
    place.refuses(
        2,
        "build health mail-send --push -t localhost:5000/x:v1",
        &["`localhost:5000/x:v1-x86_64`"],
    );
    place.refuses(2, "build --all health", &[]);
    // Two images of one function, and one of another that has the name of one of them.
    let file = place.path("lambda-img.toml");
    let text = fs::read_to_string(&file).unwrap();
    let named = |output: &str| {
        let one = format!("[functions.health]\narch = \"x86_64\"\noutput = \"{output}-x86_64\"");
        let two = format!("[functions.queue-drain]\noutput = \"{output}\"");
        let text = text.replace("[functions.health]", &one).replace("[functions.queue-drain]", &two);
        fs::write(&file, text).unwrap();
    };
    named("oci:o3:x");
    place.refuses(2, "build health queue-drain", &["`oci:o3:x-x86_64`"]);
    fs::write(&file, &text).unwrap();
    place.refuses(2, "build --all -o oci-archive:all.tar", &["an archive contains one function"]);
    place.refuses(2, "build --all --image-refs lambda-img.toml", &["would be overwritten"]);
    place.refuses(2, "build --all --image-refs x --metadata-file ./x", &["both name `x`"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    place.refuses(2, "build --all --runtime no", &[]);
}

#[test]
fn changed_since_builds_what_changed() {
    let place = committed();
    let build = |place: &Place| ok(place.run("build --changed-since HEAD -a x86_64"));
    let ran = build(&place);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", "no function changed since `HEAD`\n"));
    place.write("functions/mail-send/index.js", "exports.handler = async () => 1;\n");
    assert_eq!(names(&build(&place)), ["mail-send"]);
    place.write("functions/orders-read/new.py", "x = 1\n");
    assert_eq!(names(&build(&place)), ["mail-send", "orders-read"], "what git does not know counts, too");
    commit(&place);
    place.write("functions/mail-send/build", "ignored");
    place.write("README.md", "nobody's");
    assert_eq!(build(&place).stdout, "");
    assert_eq!(names(&ok(place.run("build --changed-since HEAD~1 -a x86_64"))), ["mail-send", "orders-read"]);
    fs::write(place.path("shared/python/python/shop.py"), "def answer(name, event):\n    return 1\n")
        .unwrap();
    let python = names(&build(&place));
    assert_eq!(python.len(), 8, "{python:?}");
    // A function with a command may be made of anything that is nobody's.
    let file = fs::read_to_string(place.path("lambda-img.toml")).unwrap();
    fs::write(
        place.path("lambda-img.toml"),
        file.replace("[functions.health]", "[functions.health]\npre-build = \"true\""),
    )
    .unwrap();
    assert_eq!(names(&build(&place)).len(), 20, "the settings are everybody's");
    commit(&place);
    assert_eq!(build(&place).stdout, "");
    place.write("src/health.c", "int x;\n");
    assert_eq!(names(&build(&place)), ["health"]);
    commit(&place);
    // A link that leads elsewhere now; what git ignores, and nobody makes.
    let link = place.path("functions/health");
    fs::rename(&link, place.path("functions/one")).unwrap();
    must(place.program("cp").args(["-r", "functions/one", "functions/two"]));
    place.link("functions/health", "one");
    commit(&place);
    assert_eq!(build(&place).stdout, "");
    fs::remove_file(&link).unwrap();
    place.link("functions/health", "two");
    assert_eq!(names(&build(&place)), ["health"]);
    commit(&place);
    place.write(".gitignore", "lambda-image\nbuild\nfunctions/queue-drain\n");
    git(&place, "rm -rq --cached functions/queue-drain");
    commit(&place);
    assert_eq!(names(&build(&place)), ["queue-drain"], "git knows nothing of it");
    git(&place, "rm -rq functions/search-query/index.js --cached");
    place.refuses(2, "build --changed-since no-such", &["no-such"]);
    place.refuses(2, "build --changed-since --all", &[]);
    place.write(".gitignore", "lambda-image\nbuild\n");
    commit(&place);
    assert_eq!(build(&place).stdout, "");
    let ran = ok(place.run("build --changed-since HEAD --json -q"));
    assert_eq!((ran.json()["functions"].as_array().map(Vec::len), ran.stderr.as_str()), (Some(0), ""));
}

#[test]
fn variables_of_two_functions_are_two() {
    let place = Place::new();
    place.script("boot/bootstrap", "#!/bin/sh\n");
    let text = "[defaults]\nruntime = \"provided.al2023\"\nbase = \"embedded\"\npath = \"boot\"\n\
                output = \"oci:out:{name}\"\n[functions.a-b]\n[functions.\"A.b\"]\n[functions.c]\n";
    fs::write(place.path("lambda-img.toml"), text).unwrap();
    let both = ["`A.b` and `a-b`", "`LAMBDA_IMG_IMAGE_A_B`", "--image-refs"];
    place.refuses(2, "build --all --ci gitlab", &both);
    ok(place.run("build a-b c --ci gitlab"));
    ok(place.run("build --all"));
}

#[test]
fn what_is_published_is_told_where_a_file_cannot_be_written() {
    let place = Place::new();
    place.script("boot/bootstrap", "#!/bin/sh\n");
    let text = "[defaults]\nruntime = \"provided.al2023\"\nbase = \"embedded\"\npath = \"boot\"\n\
                output = \"oci:out:{name}\"\n[functions.a]\n[functions.b]\n[functions.c]\npath = \"none\"\n";
    fs::write(place.path("lambda-img.toml"), text).unwrap();
    for option in ["--image-refs", "--metadata-file"] {
        place.refuses(2, &format!("build --all {option} boot"), &[option, "`boot`", "directory"]);
        // No directory can be made where a file is.
        let ran = place.run(&format!("build --all {option} lambda-img.toml/refs"));
        assert_eq!((ran.code, ran.stdout.lines().count()), (Some(1), 2), "{}", ran.stderr);
        for told in [
            "error: cannot create directory `lambda-img.toml`",
            "`none` does not exist",
            "1 of 3 functions failed: `c`",
        ] {
            assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
        }
        let ran = place.run(&format!("build a {option} lambda-img.toml/refs"));
        assert_eq!((ran.code, ran.stdout.lines().count()), (Some(1), 1), "{}", ran.stderr);
    }
}

#[test]
fn a_command_that_fails_for_two_is_no_wrong_setting() {
    let place = Place::new();
    place.script("boot/bootstrap", "#!/bin/sh\n");
    let text = "[defaults]\nruntime = \"provided.al2023\"\nbase = \"embedded\"\npath = \"boot\"\n\
                output = \"oci:out:{name}\"\n[functions.a]\n[functions.b]\npre-build = \"exit 3\"\n\
                [functions.c]\npre-build = \"exit 3\"\n";
    fs::write(place.path("lambda-img.toml"), text).unwrap();
    let ran = place.run("build --all");
    assert_eq!((ran.code, names(&ran)), (Some(1), vec!["a".to_owned()]), "{}", ran.stderr);
    let told = "c:\nerror: `pre-build` failed for function `b`\nhint: both functions have the same `pre-build`, which runs once; its error is above\n";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
}

#[test]
fn a_stderr_that_nobody_reads_stops_nothing() {
    let place = Place::new();
    place.script("boot/bootstrap", "#!/bin/sh\n");
    let text = "[defaults]\nruntime = \"provided.al2023\"\nbase = \"embedded\"\npath = \"boot\"\n\
                output = \"oci:out:{name}\"\n[functions.a]\n[functions.b]\n[functions.c]\npath = \"none\"\n";
    fs::write(place.path("lambda-img.toml"), text).unwrap();
    let mut tool = place.tool("build --all");
    let mut child = tool.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(1));
    assert_eq!(String::from_utf8(done.stdout).unwrap().lines().count(), 2);
}
