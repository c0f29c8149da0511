//! What `--add` may do to a function and to what lies below it, and what a base's names may not do.

use crate::harness::common;
use crate::harness::common::Place;
use crate::harness::suites::added::*;
use std::fs;

#[test]
fn names_that_would_harm_the_layers_below_are_refused() {
    let place = Place::with_function();
    place.write("x", "x");
    let refused = |rest: &str, words: &[&str]| place.refuses(1, &format!("{BUILD} {rest}"), words);
    refused("--add x:/.wh.etc", &["`/.wh.etc`", "/x`", "deletes a file of the layers below", "hint:"]);
    refused("--add x:/bin/tool", &["`/bin` is a symlink", "add the files below `/usr` or `/opt`"]);
    refused("--add x:/var/run/x", &["`/var/run` is a symlink"]);
    refused("--add x:/opt", &["`/opt` is a directory in the base", "x`"]);
    place.write("fn/.wh.app.txt", "");
    refused("", &["`/var/task/.wh.app.txt`", "leave it out with `--exclude`"]);
    let excluded = place.run(&format!("{BUILD} --exclude .wh.*"));
    assert_eq!(excluded.code, Some(0), "{excluded:?}");
}

#[test]
fn handlers_and_bootstraps_may_come_by_add_and_through_links() {
    let place = Place::with_function();
    place.write("py/app.py", "");
    place.write("other/late.py", "");
    place.link("py/link", "alias");
    place.write("py/alias/mod.py", "");
    let python =
        "build py -r python3.12 -b scratch --entrypoint /start --allow start-missing -o oci:out/image";
    for handler in ["app.h", "late.h", "link.mod.h", "link/mod.h"] {
        let ran = place.run(&format!("{python} --add other/late.py:/var/task/late.py --handler {handler}"));
        assert_eq!(ran.code, Some(0), "{handler}: {ran:?}");
    }
    place.refuses(1, &format!("{python} --handler late.h"), &["no `late.py`"]);
    place.script("tb", "#!/bin/sh\n");
    place.write("plain/data", "x");
    place.refuses(
        1,
        "build plain -r provided.al2023 -b embedded -o oci:out/image",
        &["has no file `bootstrap`"],
    );
    let added = "build plain -r provided.al2023 -b embedded --add tb:/var/runtime/bootstrap -o oci:out/image";
    assert_eq!(place.run(added).code, Some(0));
}

/// What starts a function in `dir`, and what is at each of these paths: what a link leads to, or the last line of a
/// text, or how a program begins.
fn started(place: &Place, dir: &str, more: &str, paths: &[&str]) -> (String, Vec<String>) {
    place.run(&format!("build {dir} -r provided.al2023 -b scratch --allow start-format,start-missing {more} -o oci:out/image")).digest();
    let (image, root) = (place.image("out/image", "latest"), place.dir("root"));
    (0..image.layers.len()).for_each(|layer| image.unpack(layer, &root));
    let at = |path: &&str| {
        let path = root.join(path);
        if let Ok(target) = fs::read_link(&path) {
            return format!("-> {}", target.display());
        }
        let text = fs::read(&path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        text.map_or_else(
            |error| error.kind().to_string(),
            |text| text.trim_end().lines().last().unwrap_or_default().to_owned(),
        )
    };
    let told = paths.iter().map(at).collect();
    fs::remove_dir_all(&root).unwrap();
    (image.config["config"]["Entrypoint"][0].as_str().unwrap().to_owned(), told)
}

#[test]
fn a_bootstrap_stays_among_its_files_and_is_started_there() {
    let place = Place::new();
    place.dir("out");
    let both = ["var/runtime/bootstrap", "var/task/bootstrap"];
    let launched = "exec /var/task/bootstrap \"$@\"";
    let hold = |dir: &str, more: &str, entry: &str, told: &[&str]| {
        let (starts, found) = started(&place, dir, more, &both);
        assert_eq!(
            (&*starts, &found.iter().map(|text| &**text).collect::<Vec<_>>()[..]),
            (entry, told),
            "{dir} {more}"
        );
    };
    let missing = "entity not found";
    // Alone, it moves; a directory without files is nothing beside it.
    place.script("alone/bootstrap", "#!/bin/sh\nalone\n");
    place.dir("alone/hollow");
    hold("alone", "", "/var/runtime/bootstrap", &["alone", missing]);
    // What another option puts beside it counts.
    place.write("x", "x");
    hold("alone", "--add x:/var/task/x", "/var/task/bootstrap", &[launched, "alone"]);
    hold("alone", "--add x:/opt/x", "/var/runtime/bootstrap", &["alone", missing]);
    // A script, also with one layer for all, and a program.
    place.script("script/bootstrap", "#!/bin/bash -e\nmine\n");
    place.write("script/lib.sh", "");
    for more in ["", "--single-layer"] {
        hold("script", more, "/var/task/bootstrap", &[launched, "mine"]);
    }
    hold("script", "--entrypoint /var/runtime/bootstrap", "/var/runtime/bootstrap", &[launched, "mine"]);
    place.script("program/bootstrap", program());
    place.write("program/data", "x");
    let (_, found) = started(&place, "program", "", &both);
    assert!(found[0] == "-> /var/task/bootstrap" && found[1].starts_with("\u{7f}ELF"), "{found:?}");
    // A link stays one. What the image starts is a file all the same.
    place.script("linked/bin/start", program());
    place.link("linked/bootstrap", "./bin/start");
    hold("linked", "", "/var/task/bin/start", &["-> /var/task/bootstrap", "-> ./bin/start"]);
    place.script("linked/bin/start", "#!/usr/bin/env python3\nmine\n");
    let python = "os.execv(\"/var/task/bootstrap\", [\"/var/task/bootstrap\"] + sys.argv[1:])";
    hold("linked", "", "/var/runtime/bootstrap", &[python, "-> ./bin/start"]);
}

#[test]
fn a_file_of_the_function_that_an_option_names_is_started_where_it_stands() {
    let place = Place::new();
    place.dir("out");
    place.script("fn/bootstrap", "#!/bin/sh\nmine\n");
    place.script("fn/bin/run-it.sh", "#!/bin/sh\nother\n");
    place.script("fn/my run", "#!/bin/sh\nspaced\n");
    place.write("fn/lib.sh", "");
    place.link("fn/start", "bin/run-it.sh");
    let paths = ["var/runtime/bootstrap", "var/task/bootstrap", "var/task/bin/run-it.sh"];
    let hold = |more: &str, entry: &str, first: &str| {
        let (starts, found) = started(&place, "fn", more, &paths);
        assert_eq!((&*starts, &*found[0], &*found[1], &*found[2]), (entry, first, "mine", "other"), "{more}");
    };
    let top = ("/var/task/bootstrap", "exec /var/task/bootstrap \"$@\"");
    for named in ["fn/bootstrap", "./out/../fn/bootstrap", &place.path("fn/bootstrap").display().to_string()]
    {
        hold(&format!("--bootstrap {named}"), top.0, top.1);
    }
    let other = ("/var/task/bin/run-it.sh", "exec /var/task/bin/run-it.sh \"$@\"");
    hold("--bootstrap fn/bin/run-it.sh", other.0, other.1);
    // What the launcher names is what is checked: this build has no `start-missing`.
    let judged = place.run("check oci:out/image -r provided.al2023");
    assert!(!judged.stdout.contains("start-missing"), "{judged:?}");
    hold("--bootstrap fn/start", "/var/runtime/bootstrap", "exec /var/task/start \"$@\"");
    // Alone as well: it may be the handler.
    place.script("one/main", "#!/bin/sh\nmain\n");
    let alone = started(&place, "one", "--bootstrap one/main", &["var/task/main"]);
    assert_eq!(alone, ("/var/task/main".to_owned(), vec!["main".to_owned()]));
    // One that is left out of the function, or lies elsewhere, is put where images look for it.
    hold("--bootstrap fn/start --exclude start", "/var/runtime/bootstrap", "other");
    place.script("else/bootstrap", "#!/bin/sh\nelse\n");
    hold("--bootstrap else/bootstrap", "/var/runtime/bootstrap", "else");
    // A name with a space would need the quotes of each language.
    let mut spaced =
        place.tool("build fn -r provided.al2023 -b scratch --allow start-format -o oci:out/image");
    assert_eq!(common::run(spaced.args(["--bootstrap", "fn/my run"])).code, Some(0));
    assert_eq!(
        place.image("out/image", "latest").config["config"]["Entrypoint"][0],
        "/var/runtime/bootstrap"
    );
}

#[test]
fn programs_that_cannot_start_are_told_of() {
    let place = Place::with_function();
    place.script("empty/bootstrap", "");
    let empty = "build empty -r provided.al2023 -b embedded -o oci:out/image";
    place.refuses(1, empty, &["`/var/runtime/bootstrap`", "is empty"]);
    place.refuses(3, &format!("{BUILD} --entrypoint /nowhere"), &["start-missing", "`/nowhere`"]);
    let mut script = place.tool(BUILD);
    let ran = common::run(script.env_remove("LAMBDA_IMG_ALLOW"));
    assert!(
        ran.code == Some(3) && ran.stderr.contains("start-format") && ran.stderr.contains("/bin/sh"),
        "{ran:?}"
    );
    place.refuses(2, &format!("{BUILD} --entrypoint []"), &["--entrypoint", "does not name a program"]);
}
