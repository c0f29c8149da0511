//! Many functions in one process: `examples/fleet`, and what becomes of the others when one fails.

use crate::harness::common;
use crate::harness::helpers;
mod hostile_git;
mod recipes;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::Stdio;

use crate::harness::common::{Place, Ran, conforms, json_at, must, tags, temporaries};
use serde_json::{Value, json};

/// The example, and a base for both architectures instead of those of AWS.
fn example() -> Place {
    let place = Place::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fleet");
    must(place.program("cp").arg("-r").arg(source.join(".")).arg("."));
    place.script("boot/bootstrap", "#!/bin/sh\n");
    assert_eq!(
        place.run("build ./boot -r provided.al2023 -b embedded -a x86_64,arm64 -o oci:base").code,
        Some(0)
    );
    let file = place.path("lambda-img.toml");
    let text = fs::read_to_string(&file).unwrap().replace("[defaults]", "[defaults]\nbase = \"oci:base\"");
    fs::write(file, text).unwrap();
    place
}

fn ok(ran: Ran) -> Ran {
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran
}

/// What `build --json` prints, and `--metadata-file` writes.
const SCHEMA: &str = "docs/schemas/build.json";

/// The names of the functions that were built, from lines of a layout.
fn names(ran: &Ran) -> Vec<String> {
    let name = |line: &str| {
        let target = line.split_once('@').unwrap().0;
        let tag = target.rsplit_once(':').unwrap().1;
        tag.strip_suffix("-x86_64").or(tag.strip_suffix("-arm64")).unwrap_or(tag).to_owned()
    };
    let mut names: Vec<_> = ran.stdout.lines().map(name).collect();
    names.dedup();
    names
}

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
fn named_functions_and_json_are_by_name() {
    let place = example();
    let ran = ok(place.run("build mail-send health mail-send -a x86_64 --json"));
    conforms(&place, SCHEMA, &ran.stdout);
    let said = ran.json();
    let functions: Vec<_> =
        said["functions"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(functions, ["health", "mail-send"]);
    assert_eq!(said["functions"][0]["built"]["runtime"], "provided.al2023");
    assert_eq!(tags(&place.path("lambda-image")).len(), 2);
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

/// By the table of times.
fn twelve_megabytes_are_read(ran: &Ran) -> bool {
    let line = ran.stderr.lines().find(|line| line.trim_start().starts_with("read "));
    let read = line.unwrap_or_else(|| panic!("{}", ran.stderr));
    let size: f64 = read.split_whitespace().nth(2).unwrap().parse().unwrap();
    read.contains(" MB") && (12.0..14.0).contains(&size)
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
fn one_that_fails_leaves_the_others() {
    let place = example();
    fs::remove_file(place.path("functions/health/bootstrap")).unwrap();
    place.write("functions/health/readme", "no program");
    let ran = place.run("build --all -a x86_64");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let built = names(&ran);
    assert!(!built.contains(&"health".to_owned()), "{built:?}");
    assert!(ran.stderr.contains("health:\nerror: "), "{}", ran.stderr);
    assert!(ran.stderr.contains("error: 1 of 20 functions failed: `health`\n"), "{}", ran.stderr);
    assert_eq!(tags(&place.path("lambda-image")).len(), built.len());
    built.iter().for_each(|name| drop(place.image("lambda-image", name)));

    let ran = place.run("build health queue-drain -a x86_64 --json");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    conforms(&place, SCHEMA, &ran.stdout);
    let said: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(said["functions"][0]["exit_code"], 1, "{said}");
    assert!(said["functions"][0]["error"].is_string() && said["functions"][1]["built"].is_object());

    // With one thread the order is that of the names.
    let ran = place.run("build --all -a x86_64 --fail-fast -j 1 -o oci:fast:{name}");
    assert_eq!(ran.code, Some(2), "the command line knows no names: {}", ran.stderr);
    fs::remove_dir_all(place.path("lambda-image")).unwrap();
    let ran = place.run("build --all -a x86_64 --fail-fast -j 1 --metadata-file fast.json");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    // What was begun beside it comes to its end.
    let fast = names(&ran);
    assert!(fast.len() < 8 && built.starts_with(&fast), "{}", ran.stderr);
    assert!(ran.stderr.contains("error: 1 of 20 functions failed: `health`; "), "{}", ran.stderr);
    assert!(ran.stderr.ends_with(" of 20 not built\n"), "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("error: ").count(), 2, "{}", ran.stderr);
    let said = json_at(&place.path("fast.json"));
    conforms(&place, SCHEMA, &said.to_string());
    assert_eq!(said["functions"][19], json!({ "name": "search-query" }), "not begun");
    assert_eq!(temporaries(&place.path(".")), Vec::<String>::new());
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
fn a_terminal_shows_a_line_for_each_function() {
    let place = example();
    place.sparse("functions/health/large", 1 << 30);
    let build = |options: &str| {
        let mut script = place.program("script");
        let tool = place.tool("");
        let environment = tool.get_envs().filter_map(|(name, value)| Some((name, value?)));
        let command = format!("{} build -a x86_64 {options}", tool.get_program().display());
        script.envs(environment).args(["-qec", &command, "/dev/null"]);
        let ran = must(&mut script);
        ran.stdout.replace('\r', "\n")
    };
    let shown = build("--all");
    let moving =
        shown.lines().filter(|line| line.contains("health  packing  ") && line.contains(" of 1.07 GB, "));
    assert!(moving.clone().count() > 1 && moving.clone().all(|line| line.contains("/s")), "{shown}");
    let shown = build("health");
    assert!(shown.contains("health  packing  ") || shown.contains("reused"), "{shown}");
    for quiet in ["--all -q", "health -q --no-cache"] {
        let shown = build(quiet);
        assert!(
            shown.lines().all(|line| line.is_empty() || line.starts_with("oci:lambda-image:")),
            "{shown}"
        );
    }
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
    place.refuses(2, "build --all -o oci-archive:all.tar", &["an archive holds one function"]);
    place.refuses(2, "build --all --image-refs lambda-img.toml", &["would be overwritten"]);
    place.refuses(2, "build --all --image-refs x --metadata-file ./x", &["both name `x`"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    place.refuses(2, "build --all --runtime no", &[]);
}

/// Looks like a key, and opens nothing.
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nq7Zt1Xb9Vn3Lk5Hg8Fd2Sa4Pw6Oi0Uy+eR/mCjTBq7Zt1Xb9Vn3Lk5Hg8Fd2Sa4P\nw6Oi0Uy+eR/mCjTB\n-----END PRIVATE KEY-----\n";

/// The example in a repository of git, committed.
fn committed() -> Place {
    let place = example();
    place.write(".gitignore", "lambda-image\nbuild\n");
    git(&place, "init -q");
    commit(&place);
    place
}

fn git(place: &Place, arguments: &str) {
    let mut command = place.program("git");
    command.args(["-c", "user.name=t", "-c", "user.email=t@example.com"]);
    must(command.args(arguments.split_whitespace()));
}

fn commit(place: &Place) {
    git(place, "add -A");
    git(place, "commit -qm state");
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
fn both_registries_get_every_blob_once() {
    let place = example();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let servers = folders.each_ref().map(|folder| helpers::docker_registry(folder.path(), "", ""));
    let hosts = servers.each_ref().map(|server| server.host.clone());
    let tag = hosts.each_ref().map(|host| format!("\"{host}/shop/{{name}}:v1\"")).join(", ");
    let file = fs::read_to_string(place.path("lambda-img.toml")).unwrap();
    let file = file.replace("\"registry.example/shop/{name}:v1\"", &format!("[{tag}]"));
    fs::write(place.path("lambda-img.toml"), file).unwrap();
    let ran = ok(place.run("build --all --push --json"));
    conforms(&place, SCHEMA, &ran.stdout);
    let said = ran.json();
    let mut sent: BTreeMap<String, u64> = BTreeMap::new();
    let mut mounted = 0;
    let mut blobs = BTreeSet::new();
    for image in said["functions"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|one| one["built"]["images"].as_array().unwrap())
    {
        blobs.insert(image["config_digest"].to_string());
        blobs.extend(image["layers"].as_array().unwrap().iter().map(|layer| layer["digest"].to_string()));
        let pushed = image["pushed"].as_array().unwrap();
        assert_eq!(pushed.len(), 2, "{image}");
        for one in pushed {
            let host = one["reference"].as_str().unwrap().split('/').next().unwrap().to_owned();
            *sent.entry(host).or_default() += one["blobs"]["sent"].as_u64().unwrap();
            mounted += one["blobs"]["mounted"].as_u64().unwrap();
        }
    }
    // What went ahead of a push counts as its own.
    assert_eq!(sent, hosts.iter().map(|host| (host.clone(), blobs.len() as u64)).collect());
    assert!(mounted > 0);
    let lines = ok(place.run("build --all --push"));
    let pushed: Vec<_> = lines.stdout.lines().collect();
    assert_eq!(pushed.len(), 80, "what is written here is not published: {}", lines.stdout);
    assert!(!lines.stdout.contains("oci:"), "{}", lines.stdout);
    assert!(lines.stderr.contains("; written to oci:lambda-image:health-x86_64\n"), "{}", lines.stderr);
    for line in pushed.into_iter().step_by(13) {
        must(place.program("skopeo").args([
            "inspect",
            "--tls-verify=false",
            "--raw",
            &format!("docker://{line}"),
        ]));
    }
}

#[test]
fn a_push_that_stopped_has_its_place_in_the_object() {
    let place = example();
    let folder = tempfile::tempdir().unwrap();
    let server = helpers::docker_registry(folder.path(), "", "");
    let tags = format!("[\"{}/{{name}}:v1\", \"127.0.0.1:1/{{name}}:v1\"]", server.host);
    let file = fs::read_to_string(place.path("lambda-img.toml")).unwrap();
    let file = file.replace("\"registry.example/shop/{name}:v1\"", &tags);
    fs::write(place.path("lambda-img.toml"), file).unwrap();
    let ran = place.run("build health queue-drain -a x86_64 --push --retries 0 --json");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    conforms(&place, SCHEMA, &ran.stdout);
    let said: Value = serde_json::from_str(&ran.stdout).unwrap();
    let health = &said["functions"][0];
    assert_eq!(health["not_pushed"], json!(["127.0.0.1:1/health:v1"]));
    assert_eq!(health["pushed"][0]["tags"], json!(["v1"]));
    // The schema can say no: half of it, both ends of a function, another version.
    let change = |change: &dyn Fn(&mut Value)| {
        let mut other = said.clone();
        change(&mut other);
        other.to_string()
    };
    let wrong = [
        change(&|it| drop(it["functions"][0].as_object_mut().unwrap().remove("pushed"))),
        change(&|it| it["functions"][0]["built"] = json!({})),
        change(&|it| it["version"] = json!(2)),
    ];
    for document in wrong {
        let refused = std::panic::catch_unwind(|| conforms(&place, SCHEMA, &document));
        assert!(refused.is_err(), "{document}");
    }
}

#[test]
fn pipelines_are_told() {
    let place = example();
    let mut tool = place
        .tool("build health mail-send -a x86_64 --image-refs refs --metadata-file meta.json --ci github");
    let ran = ok(common::run(
        tool.env("GITHUB_OUTPUT", place.path("out")).env("GITHUB_STEP_SUMMARY", place.path("sum")),
    ));
    assert_eq!(fs::read_to_string(place.path("refs")).unwrap(), ran.stdout);
    assert_eq!(json_at(&place.path("meta.json"))["functions"].as_array().map(Vec::len), Some(2));
    let first = ran.stdout.lines().next().unwrap();
    let (_, digest) = first.split_once('@').unwrap();
    let outputs = fs::read_to_string(place.path("out")).unwrap();
    let expected =
        format!("image={first}\ndigest={digest}\nimages<<end of images\n{}end of images\n", ran.stdout);
    assert_eq!(outputs, expected);
    let summary = fs::read_to_string(place.path("sum")).unwrap();
    assert_eq!(summary.lines().filter(|line| line.starts_with("| ") && line.contains("sha256:")).count(), 2);

    let one = ok(place.run("build health -a x86_64 --ci gitlab --metadata-file one.json"));
    let dotenv = fs::read_to_string(place.path("lambda-img.env")).unwrap();
    assert_eq!(dotenv, format!("LAMBDA_IMG_IMAGE={}LAMBDA_IMG_DIGEST={digest}\n", one.stdout));
    conforms(&place, SCHEMA, &fs::read_to_string(place.path("one.json")).unwrap());
    assert_eq!(json_at(&place.path("one.json"))["images"][0]["digest"], Value::from(digest));
    let mut tool = place.tool("build health -a x86_64 --ci github");
    let ran = common::run(tool.env_remove("GITHUB_OUTPUT"));
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
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
            "error: create directory `lambda-img.toml`",
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
    let told = "c:\nerror: `pre-build` of `b` went wrong\nhint: the command is the same, and runs once\n";
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
