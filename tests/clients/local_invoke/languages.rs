//! Clients of the Runtime API in other languages, as real processes. AWS's own client for Rust is on crates.io. Its
//! clients for Java, Ruby and .NET are in registries that the tests do not reach: small ones with the HTTP clients of
//! Java and Ruby stand for them, and nothing stands for .NET.

use std::path::Path;
use std::process::Command;

use super::served::Served;
use super::{hello, invoke};
use crate::harness::common::{Place, must};
use crate::harness::helpers;
use crate::harness::support::repository;

/// Answers two events, and reports that it fails for the third.
fn answers_and_fails(place: &Place, first: &str) {
    let ran = invoke(place, "--event {\"a\":1} --count 2 --function-timeout 60 --memory 512");
    assert_eq!(ran.stdout, format!("{first}\n").repeat(2), "{ran:?}");
    let ran = invoke(place, "--event {\"fail\":1} --function-timeout 60 --memory 512");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("\"errorMessage\":\"no\""), "{ran:?}");
}

/// Bytes and different words of a streamed answer, after the head that AWS's runtime for Rust always sends, and how the
/// answer ended.
fn streamed(served: &Served, event: &str) -> String {
    served.boto3(&format!(
        "events = list(client.invoke_with_response_stream(FunctionName='f', Payload=b'{event}')['EventStream'])\n\
         body = b''.join(one['PayloadChunk']['Payload'] for one in events if 'PayloadChunk' in one).split(bytes(8))[-1]\n\
         print(len(body), len(set(body.decode().split(','))), events[-1]['InvokeComplete'].get('ErrorCode'))\n"
    ))
}

/// Copies a program of the host with its libraries, but for those of the base, to `fn/lib`.
fn libraries(place: &Place, program: &Path) {
    let listed = must(Command::new("ldd").arg(program)).stdout;
    let of_the_base = ["libc.so", "libm.so", "ld-linux", "libgcc_s", "libpthread", "libdl"];
    let paths = listed.lines().filter_map(|line| line.split_once("=> ")?.1.split(' ').next());
    let paths: Vec<_> =
        paths.filter(|path| !of_the_base.iter().any(|library| path.contains(library))).collect();
    let lib = place.dir("fn/lib");
    must(Command::new("cp").arg("-L").args(paths).arg(lib));
}

#[test]
fn a_runtime_of_ruby() {
    let place = hello("provided.al2023", "");
    let ruby = std::fs::canonicalize("/usr/bin/ruby").expect("apt-get install ruby");
    libraries(&place, &ruby);
    must(Command::new("cp").arg(&ruby).arg(place.path("fn/ruby")));
    // Where Debian has the library of the language, and its compiled part.
    let print =
        "print RbConfig::CONFIG['rubylibdir'], ' ', RbConfig::CONFIG['rubyarchdir'], ' ', RUBY_VERSION";
    let said = must(Command::new(&ruby).args(["-e", print])).stdout;
    let [library, compiled, version] = said.split(' ').collect::<Vec<_>>()[..] else { panic!("{said}") };
    must(Command::new("cp").arg("-r").arg(library).arg(place.path("fn/library")));
    must(Command::new("cp").arg("-r").arg(compiled).arg(place.path("fn/compiled")));
    // It has links to packages that are not installed.
    std::fs::remove_dir_all(place.path("fn/library/rdoc")).unwrap();
    must(Command::new("cp").arg(repository("tests/data/invoke/loop.rb")).arg(place.path("fn/loop.rb")));
    place.script(
        "fn/bootstrap",
        "#!/bin/sh\nexport LD_LIBRARY_PATH=$LAMBDA_TASK_ROOT/lib RUBYLIB=$LAMBDA_TASK_ROOT/library:$LAMBDA_TASK_ROOT/compiled\n\
         exec $LAMBDA_TASK_ROOT/ruby --disable-gems $LAMBDA_TASK_ROOT/loop.rb\n",
    );
    answers_and_fails(&place, &format!("{{\"seen\":{{\"a\":1}},\"ruby\":\"{version}\",\"in_time\":true}}"));
}

#[test]
#[ignore = "nightly: links a Java runtime"]
fn a_runtime_of_java() {
    let place = hello("provided.al2023", "");
    let mut javac = helpers::program("javac", "apt-get install openjdk-17-jdk-headless");
    must(javac.arg("-d").arg(place.dir("fn")).arg(repository("tests/data/invoke/Loop.java")));
    let mut jlink = helpers::program("jlink", "apt-get install openjdk-17-jdk-headless");
    jlink.args(["--add-modules", "java.net.http", "--strip-debug", "--no-header-files", "--no-man-pages"]);
    must(jlink.arg("--output").arg(place.path("fn/java")));
    for program in ["bin/java", "lib/server/libjvm.so"] {
        libraries(&place, &place.path("fn/java").join(program));
    }
    place.script(
        "fn/bootstrap",
        "#!/bin/sh\nexport LD_LIBRARY_PATH=$LAMBDA_TASK_ROOT/lib\n\
         exec $LAMBDA_TASK_ROOT/java/bin/java -Xmx128m -Xshare:off -cp $LAMBDA_TASK_ROOT Loop\n",
    );
    answers_and_fails(&place, "{\"seen\":{\"a\":1},\"java\":17}");
    let served = Served::of(place, "hello --function-timeout 60 --memory 512");
    assert_eq!(streamed(&served, "{\"stream\": 1}"), "180000 1 None\n");
}

#[test]
#[ignore = "nightly: compiles lambda_runtime"]
fn awss_runtime_of_rust() {
    let place = hello("provided.al2023", "");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lambda-runtime");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "--target-dir"]).arg(&target);
    must(cargo.arg("--manifest-path").arg(repository("tests/data/invoke/lambda-runtime/Cargo.toml")));
    place.dir("fn");
    must(Command::new("cp").arg(target.join("debug/functions")).arg(place.path("fn/bootstrap")));
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:hello";
    answers_and_fails(&place, &format!("{{\"arn\":\"{arn}\",\"seen\":{{\"a\":1}}}}"));
    let served = Served::of(place, "hello --function-timeout 60 --set-env MODE=pieces");
    assert_eq!(streamed(&served, "{}"), "300000 2 None\n");
    assert_eq!(streamed(&served, "{}"), "300000 2 None\n");
}
