//! Custom runtimes whose program is in the base: the function brings none.

use crate::harness::common::Place;

/// The parts of a base: programs, and AWS's entry script.
fn place() -> Place {
    let place = Place::new();
    place.write("fn/app.txt", "x");
    place.write("nothing/x", "x");
    // The head of a static program for x86_64.
    let mut elf = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 57]].concat();
    (elf[16], elf[18]) = (2, 62);
    place.script("program", &elf);
    place.script("script", "#!/usr/bin/sh\nexec /var/runtime/bootstrap\n");
    place
}

/// Makes a base as the layout `base` with these files, and this entry point and command.
fn base(place: &Place, adds: &[&str], start: &str) {
    let adds: String = adds.iter().map(|path| format!(" --add program:{path}")).collect();
    let build = format!(
        "build nothing -r provided.al2023 -b embedded --add program:/usr/bin/sh --add script:/lambda-entrypoint.sh{adds} \
         {start} --allow start-missing -o oci:base:latest -o docker-archive:base.tar:latest"
    );
    place.run(&build).digests();
}

const SCRIPT: &str = "--entrypoint /lambda-entrypoint.sh --cmd x";
const BUILD: &str = "build fn -r provided.al2023 -o oci:out/image";

#[test]
fn the_bootstrap_that_the_entry_script_starts_may_be_the_bases() {
    let place = place();
    base(&place, &["/var/runtime/bootstrap"], SCRIPT);
    for base in ["oci:base:latest", "docker-archive:base.tar:latest"] {
        for more in ["", "--all-layers", "--dry-run", "--handler orders.get"] {
            let ran = place.run(&format!("{BUILD} -b {base} {more}"));
            assert_eq!(ran.code, Some(0), "{base} {more}: {ran:?}");
        }
    }
    let image = place.image("out/image", "latest");
    assert_eq!(image.config["config"]["Entrypoint"][0], "/lambda-entrypoint.sh");
    assert_eq!(image.config["config"]["Cmd"][0], "orders.get");
    // One of the function's own is used before the base's.
    place.script("fn/bootstrap", "#!/usr/bin/sh\n");
    let own = place.run(&format!("{BUILD} -b oci:base:latest"));
    assert_eq!(own.code, Some(0), "{own:?}");
    let image = place.image("out/image", "latest");
    let root = place.dir("root");
    (0..image.layers.len()).for_each(|layer| image.unpack(layer, &root));
    let started = std::fs::read_to_string(root.join("var/runtime/bootstrap")).unwrap();
    assert!(started.contains("exec /var/task/bootstrap"), "{started}");
}

#[test]
fn where_the_entry_script_finds_no_bootstrap_the_build_is_refused() {
    let place = place();
    // In an image, the places that count in zips do not.
    for adds in [&[][..], &["/var/task/bootstrap", "/opt/bootstrap"], &["/var/runtime/bootstrap/x"]] {
        base(&place, adds, SCRIPT);
        for more in ["", "--dry-run"] {
            let words = ["`fn` has no file `bootstrap`", "`oci:base:latest`", "hint:"];
            place.refuses(1, &format!("{BUILD} -b oci:base:latest {more}"), &words);
        }
        std::fs::remove_dir_all(place.path("base")).unwrap();
        std::fs::remove_file(place.path("base.tar")).unwrap();
    }
}

#[test]
fn an_entry_point_of_the_base_starts_with_the_command_of_the_base() {
    let place = place();
    base(&place, &["/opt/run"], "--entrypoint /opt/run --cmd serve");
    let built = |more: &str| {
        let ran = place.run(&format!("{BUILD} -b oci:base:latest --all-layers {more}"));
        assert_eq!(ran.code, Some(0), "{more}: {ran:?}");
        place.image("out/image", "latest").config["config"].clone()
    };
    let config = built("");
    assert_eq!((&config["Entrypoint"][0], &config["Cmd"][0]), (&"/opt/run".into(), &"serve".into()));
    assert_eq!(built("--handler orders.get")["Cmd"][0], "orders.get");
    assert_eq!(built("--cmd [\"a\",\"b\"]")["Cmd"][1], "b");
    // A language that the base has is no different.
    let python = place.run("build fn -r python3.13 -b oci:base:latest --cmd x -o oci:out/python");
    assert_eq!(python.code, Some(0), "{python:?}");
}

#[test]
fn what_a_wrapper_starts_may_be_a_file_of_the_function() {
    let place = place();
    base(&place, &["/var/runtime/bootstrap"], SCRIPT);
    place.script("fn/run.sh", "#!/usr/bin/sh\n");
    for runtime in ["python3.13", "nodejs22.x", "ruby3.4", "java21"] {
        let build = format!(
            "build fn -r {runtime} -b oci:base:latest --all-layers --handler run.sh -o oci:out/{runtime}"
        );
        place.refuses(1, &build, &["run.sh"]);
        let wrapped = place.run(&format!("{build} -e AWS_LAMBDA_EXEC_WRAPPER=/opt/bootstrap"));
        assert_eq!(wrapped.code, Some(0), "{runtime}: {wrapped:?}");
    }
    let other = "build fn -r python3.13 -b oci:base:latest --handler app.sh -e AWS_LAMBDA_EXEC_WRAPPER=/opt/x -o oci:out/x";
    place.refuses(1, other, &["app.py"]);
}
