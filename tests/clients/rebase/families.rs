//! A function with native code of each family, on a base that its registry gets a patch of: the image is the one that a
//! build gives, and no layer is sent.

use serde_json::Value;

use super::{ALLOWED, library};
use crate::harness::common::{Place, must};
use crate::harness::emulator::Emulator;

/// A runtime, what its language is recognised by in a base, where a function has native code, and options of its build.
struct Family {
    runtime: &'static str,
    language: (&'static str, &'static str),
    native: &'static str,
    options: &'static str,
}

const FAMILIES: [Family; 6] = [
    Family {
        runtime: "python3.12",
        language: ("/var/lang/lib/python3.12/os.py", "1"),
        native: "ext.cpython-312-x86_64-linux-gnu.so",
        options: "--handler app.handler",
    },
    Family {
        runtime: "nodejs22.x",
        language: (
            "/var/lang/include/node/node_version.h",
            "#define NODE_MAJOR_VERSION 22\n#define NODE_MINOR_VERSION 1\n#define NODE_PATCH_VERSION 0\n\
             #define NODE_MODULE_VERSION 127\n",
        ),
        native: "build/Release/ext.node",
        options: "--cmd app.handler",
    },
    Family {
        runtime: "ruby3.4",
        language: ("/var/lang/lib/ruby/3.4.0/a.rb", "1"),
        native: "vendor/bundle/ruby/3.4.0/extensions/ext.so",
        options: "--cmd app.handler",
    },
    Family {
        runtime: "java21",
        language: ("/var/lang/release", "JAVA_VERSION=\"21.0.5\"\n"),
        native: "lib/libext.so",
        options: "--cmd a.B::c",
    },
    Family {
        runtime: "dotnet8",
        language: ("/var/lang/bin/shared/Microsoft.NETCore.App/8.0.10/a.dll", "1"),
        native: "runtimes/linux-x64/native/libext.so",
        options: "--cmd A::B::c",
    },
    Family {
        runtime: "provided.al2023",
        language: ("/usr/lib64/ld-base.so", "1"),
        native: "bootstrap",
        options: "",
    },
];

#[test]
fn each_family_gets_the_image_of_a_build_and_no_layer_is_sent() {
    let (place, registry) = (Place::new(), Emulator::start(&[]));
    place.write("code/x.txt", "x");
    place.write("os-release", "ID=amzn\nVERSION_ID=2023\n");
    place.script("entry", "#!/bin/sh\n");
    // The patch adds a function to the library that native code needs.
    library(&place, "old", &["one", "two"]);
    library(&place, "new", &["one", "two", "three"]);
    place.write("ext.c", "extern int one(void);\nint ext(void) { return one(); }\n");
    let gcc = |options: &[&str], output: &str| {
        let mut gcc = place.program("gcc");
        gcc.args(["-fPIC", "-nostdlib", "-nostartfiles", "-o", output, "ext.c", "-Llib-old", "-lbase"]);
        must(gcc.args(options));
    };
    gcc(&["-shared"], "ext.so");
    gcc(&["-Wl,-e,ext", "-Wl,--dynamic-linker=/usr/lib64/ld-base.so"], "program");
    for Family { runtime, language, native, options } in FAMILIES {
        let name = runtime.split('.').next().unwrap();
        let native = place.script(&format!("{name}/{native}"), "");
        let native_code = if runtime.starts_with("provided") { "program" } else { "ext.so" };
        must(place.program("cp").args([native_code.as_ref(), native.as_os_str()]));
        place.write(&format!("{name}/app.py"), "def handler(event, context):\n    return event\n");
        place.script(&format!("{name}-language"), language.1);
        // The name tells the runtime of a base that has no language.
        let tag = runtime.strip_prefix("provided.").unwrap_or("1");
        let base = format!("{}/lambda/{name}:{tag}", registry.host);
        let publish = |tag: &str| {
            let files = format!(
                "--add os-release:/etc/os-release --add entry:/lambda-entrypoint.sh --add {name}-language:{} --add \
                 lib-{tag}/libbase.so:/usr/lib64/libbase.so",
                language.0
            );
            let build = "build code -b embedded -q --entrypoint /lambda-entrypoint.sh --cmd x.y";
            place.run(&format!("{build} -r {runtime} {files} --allow {ALLOWED} --push -t {base}")).digests();
        };
        let function = format!("build {name} -r {runtime} {options} -b {base} --allow {ALLOWED} -q");
        publish("old");
        place.run(&format!("{function} --push -t {}/team/{name}:v1", registry.host)).digests();
        publish("new");
        registry.log();
        let ran =
            place.run(&format!("rebase {}/team/{name}:v1 --push --json --allow {ALLOWED}", registry.host));
        let log = registry.log();
        let said: Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{runtime}: {error}: {ran:?}"));
        let rebased = &said["images"][0]["plan"]["rebased"];
        assert_eq!(ran.code, Some(0), "{runtime}: {said:#}");
        assert_eq!(rebased["findings"], serde_json::json!([]), "{runtime}");

        let built = place.run(&format!("{function} -o oci:rebuilt:{name}")).digest();
        assert_eq!(rebased["digest"], built.as_str(), "{runtime}: {said:#}");
        // The layers of the new base are mounted, and nothing but the configuration is sent.
        assert!(log.iter().any(|line| line.contains("mount=")), "{runtime}: {log:#?}");
        let sent = |method: &str| {
            let start = format!("{method} /v2/team/{name}/blobs/uploads/");
            log.iter().filter(|line| line.starts_with(&start)).count()
        };
        assert_eq!((sent("PATCH"), sent("PUT")), (1, 1), "{runtime}: {log:#?}");
        let config = &place.unjudged("rebuilt", name).manifest["config"]["size"];
        assert_eq!(&said["pushed"][0]["blobs"]["sent_bytes"], config, "{runtime}: {said:#}");
    }
}
