//! Input that is wrong is refused with words that name it, before anything is written.

use crate::harness::common::{Place, Ran, assert_refusal, must, run, snapshot, temporaries};
use crate::harness::suites::bad_input::*;
use crate::harness::zips;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

#[test]
fn a_missing_path() {
    let place = Place::with_function();
    place.refuses(1, &BUILD.replace("fn", "nowhere"), &["`nowhere` does not exist"]);
    place.link("dangling", "nowhere");
    place.refuses(1, &BUILD.replace("fn", "dangling"), &["`dangling` does not exist"]);
    for flag in ["--bootstrap", "--lambda-layer", "--extension"] {
        place.refuses(1, &format!("{BUILD} {flag} nowhere"), &["`nowhere` does not exist"]);
    }
    place.refuses(1, &format!("{BUILD} --add nowhere:/opt/x"), &["`nowhere` does not exist"]);
}

#[test]
fn an_empty_directory() {
    let place = Place::new();
    place.dir("fn/only/directories");
    place.dir("out");
    refuses(&place, &["`fn` contains no files"]);
    place.write("fn/a.txt", "a");
    place.refuses(1, &format!("{BUILD} --exclude *.txt"), &["`fn` contains no files"]);
}

#[test]
fn a_zip_whose_end_record_counts_other_members_than_it_has() {
    let place = Place::with_function();
    // What a writer without ZIP64 leaves of the count, and one that cannot count.
    for (members, count) in [(70_001, 70_001), (65_536, 65_536), (3, 2), (3, 0)] {
        place.write("fn.zip", zips::zip(b"", names(members), Some(count)));
        let words =
            [&format!("states {} members", count % 65_536), &format!("directory has {members}"), "ZIP64"];
        let words: Vec<_> = words.iter().map(AsRef::as_ref).chain(["cannot use the zip `fn.zip`"]).collect();
        place.refuses(1, &BUILD.replace("fn", "fn.zip"), &words);
        place.refuses(1, &format!("{BUILD} --lambda-layer fn.zip"), &words);
    }
    place.write("fn.zip", zips::zip(b"", names(3), Some(4)));
    place.refuses(1, &BUILD.replace("fn", "fn.zip"), &["cannot use the zip `fn.zip`"]);
}

#[test]
fn a_zip_whose_directory_does_not_end_at_its_end_record() {
    let place = Place::with_function();
    let whole = zips::zip(b"", names(3), None);
    let (members, end) = whole.split_at(whole.len() - 22);
    let start = u32::from_le_bytes(end[16..20].try_into().unwrap());
    let size = members.len() - start as usize;
    let other_size = [members, &zips::end(3, size - 1, start)].concat();
    place.write("fn.zip", other_size);
    let words = [format!("states {} bytes for its directory", size - 1), format!("which has {size}")];
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    place.refuses(1, &BUILD.replace("fn", "fn.zip"), &words);
    place.write("fn.zip", [members, b"between", end].concat());
    place.refuses(1, &BUILD.replace("fn", "fn.zip"), &["its directory has 3 members, but no end record"]);
}

#[test]
fn a_zip_with_names_that_no_system_opens_takes_no_memory() {
    let place = Place::with_function();
    let build = BUILD.replace("fn", "fn.zip");
    let refuses = |names: &[String], words: &[&str]| {
        place.write("fn.zip", zips::zip(b"", names, None));
        place.refuses_cheaply(1, &build, words);
        place.refuses_cheaply(1, &format!("{BUILD} --lambda-layer fn.zip"), words);
    };
    let many = |count: usize, bytes, components| -> Vec<_> {
        (0..count).map(|at| zips::path(&format!("{at:05}"), bytes, components)).collect()
    };
    refuses(&many(1, 32_768, 16_000), &["has more than 4096 bytes", "(32768 bytes)", "fn.zip"]);
    refuses(&many(16, 32_768, 16_000), &["has more than 4096 bytes"]);
    refuses(&many(1, 4097, 30), &["has more than 4096 bytes"]);
    refuses(&many(1000, 4096, 2000), &["is more than 256 directories deep"]);
    // Each is within the limits; with the directories above them they are half a gigabyte of names.
    refuses(
        &many(1000, 4096, 250),
        &["names of its 1000 members are too long: they have 4096000 bytes", "directories"],
    );
}

#[test]
fn symlink_cycles() {
    let place = Place::with_function();
    place.link("fn/a", "b");
    place.link("fn/b", "a");
    refuses(&place, &["`fn/a` points to `b`, which leads back to the symlink", "hint: correct the link"]);
}

#[test]
fn symlinks_out_of_the_input() {
    let place = Place::with_function();
    place.write("secret", "secret");
    place.link("fn/d/l", "../../secret");
    refuses(
        &place,
        &[
            "`fn/d/l` points to `../../secret`, which is outside of the input",
            "hint: copy the target into the function",
        ],
    );
    let place = Place::with_function();
    place.link("fn/l", place.path("fn/app.txt").to_str().unwrap());
    refuses(
        &place,
        &["`fn/l` points to `/", "an absolute path of this machine", "hint: make it relative: `ln -sr"],
    );
}

#[test]
fn a_fifo() {
    let place = Place::with_function();
    must(place.program("mkfifo").arg("fn/pipe"));
    refuses(&place, &["`fn/pipe` is a fifo"]);
    place.refuses(1, &BUILD.replace("fn", "fn/pipe"), &["`fn/pipe` is a fifo"]);
}

#[test]
fn a_socket() {
    let place = Place::with_function();
    let _listener = UnixListener::bind(place.path("fn/socket")).unwrap();
    refuses(&place, &["`fn/socket` is a socket"]);
}

#[test]
fn a_name_that_is_not_utf_8() {
    let place = Place::with_function();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.txt");
    fs::write(place.path("fn").join(name), "x").unwrap();
    refuses(&place, &["`fn/caf\\xe9.txt` is not UTF-8", "--exclude"]);
    let place = Place::with_function();
    std::os::unix::fs::symlink(std::ffi::OsStr::from_bytes(b"\xff"), place.path("fn/l")).unwrap();
    refuses(&place, &["the target of `fn/l` is not UTF-8"]);
}

/// Runs the build while `change` happens to `fn/big` again and again.
fn changing(change: impl Fn(&File) + Sync) -> Ran {
    let place = Place::with_function();
    let big = place.sparse("fn/big", 256 << 20);
    let file = File::options().append(true).open(&big).unwrap();
    let done = AtomicBool::new(false);
    let ran = thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                change(&file);
                thread::sleep(Duration::from_millis(2));
            }
        });
        let ran = place.run(BUILD);
        done.store(true, Ordering::Relaxed);
        ran
    });
    assert_eq!(snapshot(&place.path("out")).len(), 0, "{}", ran.stderr);
    ran
}

#[test]
fn a_file_that_grows_while_it_is_read() {
    let ran = changing(|mut file| std::io::Write::write_all(&mut file, b"x").unwrap());
    assert_refusal(&ran, 1, &["`fn/big` changed while it was being read"]);
}

#[test]
fn a_file_that_is_touched_while_it_is_read() {
    let ran = changing(|file| file.set_modified(std::time::SystemTime::now()).unwrap());
    assert_refusal(&ran, 1, &["`fn/big` changed while it was being read"]);
}

#[test]
fn two_inputs_for_one_path() {
    let place = Place::with_function();
    place.write("other.txt", "other");
    let both = ["`fn/app.txt`", "other.txt`", "both contain `/var/task/app.txt`", "hint:"];
    place.refuses(1, &format!("{BUILD} --add other.txt:/var/task/app.txt"), &both);
    place.script("one/ext", "1");
    place.script("two/ext", "2");
    let both = ["one/ext`", "two/ext`", "both contain `/opt/extensions/ext`"];
    place.refuses(1, &format!("{BUILD} --extension one/ext --extension two/ext"), &both);
    let below = ["`fn/app.txt`", "both contain `/var/task/app.txt`"];
    place.refuses(1, &format!("{BUILD} --add other.txt:/var/task/app.txt/below"), &below);
    // The same bytes are no clash.
    place.write("same.txt", "app");
    place.run(&format!("{BUILD} --add same.txt:/var/task/app.txt")).digest();
}

#[test]
fn more_than_ten_gigabytes() {
    let place = Place::with_function();
    place.sparse("fn/huge", (10 << 30) + 1);
    refuses(&place, &["1073742", "10737418240", "uncompressed"]);
}

#[test]
fn an_environment_over_four_kilobytes() {
    let place = Place::with_function();
    let big = format!("{BUILD} -e BIG={}", "x".repeat(4096));
    place.refuses(1, &big, &["the environment has 4", "at most 4096"]);
}

#[test]
fn no_bootstrap() {
    let place = Place::new();
    place.write("fn/app.txt", "x");
    place.dir("out");
    refuses(&place, &["`fn` has no file `bootstrap`", "hint:", "--bootstrap"]);
}

#[test]
fn a_bootstrap_that_is_a_directory() {
    let place = Place::new();
    place.write("fn/bootstrap/x", "x");
    place.dir("out");
    refuses(&place, &["`fn` has no file `bootstrap`"]);
    place.refuses(1, &format!("{BUILD} --bootstrap fn"), &["`fn` is not a regular file"]);
}

#[test]
fn a_bootstrap_for_another_machine() {
    let place = Place::with_function();
    let mut elf = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 57]].concat();
    elf[18] = 183;
    place.script("fn/bootstrap", &elf);
    refuses(&place, &["`/var/task/bootstrap`", "`fn/bootstrap`", "for arm64", "is for x86_64"]);
    elf[18] = 62;
    place.script("fn/bootstrap", &elf);
    let words = ["for x86_64, but the image is for arm64", "hint:"];
    place.refuses(1, &format!("{BUILD} -a x86_64,arm64"), &words);
    elf[18] = 40;
    place.script("ext", &elf);
    place.refuses(1, &format!("{BUILD} --extension ext"), &["`/opt/extensions/ext`", "ELF machine 40"]);
}

#[test]
fn a_script_with_carriage_returns() {
    let place = Place::with_function();
    place.script("fn/bootstrap", "#!/bin/sh\r\necho\r\n");
    refuses(&place, &["`/var/task/bootstrap`", "`fn/bootstrap`", "CR LF", "line ends LF"]);
}

#[test]
fn a_lambda_layer_that_is_a_file() {
    let place = Place::with_function();
    place.refuses(
        1,
        &format!("{BUILD} --lambda-layer fn/app.txt"),
        &["Lambda layer `fn/app.txt`", "neither"],
    );
}

#[test]
fn a_bad_ignore_file() {
    let place = Place::with_function();
    place.write("fn/.lambdaignore", "ok\n[\n");
    refuses(&place, &[".lambdaignore` line 2: pattern `[`"]);
    place.dir("two/.dockerignore");
    place.script("two/bootstrap", "#!/bin/sh\n");
    place.refuses(1, &BUILD.replace("fn", "two"), &["ignore file `two/.dockerignore`"]);
}

/// Refuses a handler of a function of these files.
fn handler_refused(runtime: &str, files: &[&str], handler: Option<&str>, words: &[&str]) {
    let place = Place::new();
    place.dir("out");
    for file in files {
        place.script(&format!("fn/{file}"), "{}");
    }
    let handler = handler.map(|handler| format!("--handler {handler}")).unwrap_or_default();
    let base = if runtime == "go1.x" { "--bootstrap fn/other" } else { "--entrypoint /start" };
    let build = format!("build fn -r {runtime} -b scratch {base} {handler} -o oci:out/image");
    place.refuses(1, &build, words);
}

#[test]
fn handlers_that_are_not_there() {
    let missing = |runtime, files: &[&str], handler: &str, words: &[&str]| {
        let named = format!("handler `{handler}`");
        let words: Vec<_> = words.iter().copied().chain([&*named, "--handler"]).collect();
        handler_refused(runtime, files, Some(handler), &words);
    };
    missing("python3.12", &["app.py"], "main.handler", &["no `main.py`", "it has `app.py`"]);
    missing("nodejs20.x", &["index.js"], "app.handler", &["no `app.js`", "it has `index.js`"]);
    missing("ruby3.3", &["fn.rb"], "app.handler", &["no `app.rb`", "it has `fn.rb`"]);
    missing("java21", &["a/B.class"], "a.C::run", &["no `a/C.class`", "it has `a/B.class`"]);
    missing("dotnet8", &["A.dll"], "B::C.D::E", &["no `B.dll`", "it has `A.dll`"]);
    missing("go1.x", &["other"], "main", &["no executable file `main`", "it has `other`"]);
}

#[test]
fn handlers_of_another_form() {
    for (runtime, file, handler) in [
        ("python3.12", "app.py", "app"),
        ("nodejs20.x", "index.js", "index"),
        ("ruby3.3", "app.rb", "app"),
        ("java21", "a/B.class", "a/B::run"),
        ("dotnet8", "A.dll", "A::B"),
    ] {
        handler_refused(runtime, &[file], Some(handler), &[&format!("`{handler}` is not of the form `")]);
    }
}

#[test]
fn dotnet_without_its_json_files() {
    let words = ["exactly one `.deps.json`", "has none", "dotnet publish"];
    handler_refused("dotnet8", &["A.dll"], Some("A"), &words);
    let two = ["A.dll", "A.deps.json", "B.runtimeconfig.json", "C.runtimeconfig.json"];
    let words = ["`B.runtimeconfig.json`, `C.runtimeconfig.json`"];
    handler_refused("dotnet8", &two, Some("A"), &words);
}

#[test]
fn a_package_list_that_is_damaged() {
    let place = Place::new();
    place.dir("out");
    place.write("fn/A.dll", "");
    place.write("fn/A.runtimeconfig.json", "{}");
    place.write("fn/A.deps.json", "{");
    let build = "build fn -r dotnet8 -b scratch --entrypoint /start --handler A -o oci:out/image";
    place.refuses(1, build, &["`fn/A.deps.json`"]);
}

#[test]
fn an_unknown_runtime() {
    let place = Place::with_function();
    let unknown = |id: &str, words: &[&str]| {
        place.refuses(2, &BUILD.replace("provided.al2023", id), words);
    };
    unknown(
        "python3.99",
        &["`python3.99` is not a runtime", "did you mean", "python3.9`", "lambda-img runtimes"],
    );
    unknown("nodejs20", &["`nodejs20` is not a runtime", "`nodejs20.x`"]);
    unknown("cobol", &["`cobol` is not a runtime"]);
}

#[test]
fn an_architecture_that_a_runtime_lacks() {
    let place = Place::with_function();
    place.script("fn/main", "#!/bin/sh\n");
    let go = BUILD.replace("provided.al2023", "go1.x");
    place.refuses(2, &format!("{go} -a arm64"), &["`go1.x`", "arm64", "provided.al2"]);
    place.refuses(2, &format!("{go} -a x86_64,arm64"), &["`go1.x`", "arm64"]);
}

#[test]
fn values_that_no_flag_takes() {
    let place = Place::with_function();
    for (flags, words) in [
        ("--no-such-flag", ["--no-such-flag", "unexpected"]),
        ("-a mips", ["mips", "x86_64 or arm64"]),
        ("-e NAME", ["NAME", "K=V"]),
        ("--label =x", ["=x", "K=V"]),
        ("--annotation x", ["x", "K=V"]),
        ("--split both", ["both", "auto"]),
        ("--format tar", ["tar", "docker"]),
        ("-j 0", ["0", "--jobs"]),
        ("--workdir here", ["here", "not an absolute path"]),
        ("--cmd [1]", ["[1]", "JSON array"]),
        ("--add x", ["x", "SRC:DEST"]),
        ("--add x:/a/../b", ["/a/../b", "`..`"]),
        ("-o dir:x", ["dir:x", "oci:DIR"]),
        ("-o oci:x:-tag", ["-tag", "not a tag"]),
        ("-o docker-archive:x.tar:Upper", ["Upper", "lower case"]),
        ("-b oci:", ["oci:", "does not name a file"]),
        ("-b oci:x@sha256:12", ["sha256:12", "64"]),
        ("--handler a.b --cmd c", ["--handler", "--cmd"]),
        ("-q -v", ["--quiet", "--verbose"]),
    ] {
        place.refuses(2, &format!("build fn -r provided.al2023 -o oci:out/image {flags}"), &words);
    }
    place.refuses(2, "build fn", &["--runtime"]);
}

#[test]
fn a_time_that_is_none() {
    let place = Place::with_function();
    for wrong in ["now", "-1", "1.5", "8589934592"] {
        let mut tool = place.tool(BUILD);
        place.refused(2, tool.env("SOURCE_DATE_EPOCH", wrong), &["SOURCE_DATE_EPOCH", wrong]);
    }
}

#[test]
fn too_many_words_for_the_entry_script() {
    let place = Place::with_function();
    let mut tool = place.tool(&format!("{BUILD} --entrypoint /lambda-entrypoint.sh"));
    let words = ["/lambda-entrypoint.sh", "exactly one argument", r#"["a","b"]"#];
    place.refused(1, tool.args(["--cmd", r#"["a", "b"]"#]), &words);
}

#[test]
fn a_refusal_makes_no_directories() {
    let place = Place::with_function();
    let deep = "build fn -r provided.al2023 -b oci:nowhere -o oci:out/deep/er/image";
    place.refuses(1, deep, &["nowhere"]);
    place.refuses(1, "build fn -r provided.al2023 -o oci:new/dir/image", &["registry"]);
}

#[test]
fn a_refusal_leaves_an_earlier_image() {
    let place = Place::with_function();
    let first = run(&mut place.tool(BUILD)).digest();
    place.script("fn/bootstrap", "#!/bin/sh\r\n");
    refuses(&place, &["CR LF"]);
    assert_eq!(place.image("out/image", "latest").digest, first);
    assert!(temporaries(&place.path("out")).is_empty());
}

#[test]
fn a_file_that_makes_the_image_too_large_is_named() {
    let place = Place::with_function();
    place.sparse("fn/weights/model.bin", 11 << 30);
    refuses(&place, &["uncompressed", "its largest file is `fn/weights/model.bin`", "--exclude GLOB"]);
}

#[test]
fn a_handler_of_the_settings_is_looked_for_where_they_set_it() {
    let place = Place::new();
    place.write("py/app.py", "def handler(event, context):\n    pass\n");
    let text = "[defaults]\nruntime = \"python3.12\"\nbase = \"oci:nowhere\"\npath = \"py\"\n\
                [functions.api]\nhandler = \"nosuch.handler\"\n[functions.web]\n";
    place.write("lambda-img.toml", text);
    let set = ["`nosuch.handler`", "correct `handler` (lambda-img.toml:6 [functions.api])"];
    place.refuses(1, "build api", &set);
    place.refuses(1, "check api", &set);
    place.refuses(1, "build --all", &set);
    let typed = place.refuses(1, "build web --handler nosuch.handler", &["set the handler with `--handler`"]);
    assert!(!typed.contains("lambda-img.toml:"), "{typed}");
    let mut tool = place.tool("build web");
    tool.env("LAMBDA_IMG_HANDLER", "nosuch.handler");
    place.refused(1, &mut tool, &["correct `handler` (environment: LAMBDA_IMG_HANDLER)"]);
}

#[test]
fn numbers_and_names_that_are_near_nothing_are_told_plainly() {
    let place = Place::with_function();
    for command in ["build fn", "check fn", "push oci:a 127.0.0.1:1/a:v1"] {
        place.refuses(2, &format!("{command} -j 0"), &["is not a number of threads: give 1 or more"]);
    }
    let far = place.refuses(2, "explain nosuch", &["there is no check `nosuch`", "lists all checks"]);
    assert!(!far.contains("did you mean"), "{far}");
    place.refuses(2, "explain handler-smbol", &["did you mean `handler-symbol`"]);
}
