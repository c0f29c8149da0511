//! Steps with real programs: what they open and do not declare, and what a build asks of the host for a step that is
//! remembered.

use std::fs;

use serde_json::Value;

use crate::harness::common::{Place, must, run};
use crate::harness::suites::steps::with_step;

/// A function with one step, which declares only its own program and runs it with the given command.
fn place(program: &str, text: &str, command: &str) -> Place {
    let place = with_step(&format!("run = \"{command}\"\ninputs = [\"{program}\", \"declared.txt\"]"));
    place.write(program, text);
    place.write("planted.txt", "planted");
    place.write("declared.txt", "declared");
    place.write("unread.txt", "unread");
    place
}

/// The files that an audit finds undeclared.
fn undeclared(place: &Place) -> Vec<String> {
    let ran = run(&mut place.tool("build api --json --audit-steps"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let told = &ran.json()["images"][0]["steps"][0]["undeclared"];
    assert!(
        ran.stderr.contains("warning: step step 1 opened files that its `inputs` do not list: `planted.txt`"),
        "{}",
        ran.stderr
    );
    told.as_array().unwrap().iter().map(|path| path.as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_audit_finds_a_planted_read_in_python() {
    let text = "import sys\nfor name in ['declared.txt', 'planted.txt']:\n    open(sys.argv[1] + '/' + name, 'w').write(open(name).read())\n";
    assert_eq!(undeclared(&place("make.py", text, "python3 make.py {out}")), ["planted.txt"]);
}

#[test]
fn an_audit_finds_a_planted_read_in_nodejs() {
    let text = "const fs = require('fs/promises');\nPromise.all(['declared.txt', 'planted.txt'].map(async name =>\n  \
                fs.writeFile(process.argv[2] + '/' + name, await fs.readFile(name))));\n";
    assert_eq!(undeclared(&place("make.js", text, "node make.js {out}")), ["planted.txt"]);
}

#[test]
fn an_audit_finds_a_planted_read_in_a_static_program_of_go() {
    let text = "package main\n\nimport \"os\"\n\nfunc main() {\n\tfor _, name := range []string{\"declared.txt\", \"planted.txt\"} {\n\
                \t\tbytes, _ := os.ReadFile(name)\n\t\tos.WriteFile(os.Args[1]+\"/\"+name, bytes, 0o644)\n\t}\n}\n";
    let place = place("make.go", text, "CGO_ENABLED=0 GO111MODULE=off go run make.go {out}");
    assert_eq!(undeclared(&place), ["planted.txt"]);
}

/// A Python function whose dependencies, `count` files, come from a step.
fn dependencies(count: usize) -> Place {
    let place = Place::new();
    place.write("src/app.py", "def handler(event, context):\n    return 1\n");
    place.write("list", count.to_string());
    place.write(
        "lambda-img.toml",
        "[functions.api]\nruntime = \"python3.13\"\nbase = \"embedded\"\npath = \"src\"\n\
         entrypoint = [\"/bin/true\"]\ncmd = [\"app.handler\"]\n\
         [[functions.api.step]]\n\
         run = \"for n in $(seq $(cat list)); do mkdir -p {out}/p$((n / 50)); echo $n >{out}/p$((n / 50))/m$n.py; done\"\n\
         inputs = [\"list\"]\n",
    );
    place
}

/// The base has no program to start.
const ALLOW: &str = "--allow start-missing --allow runtime-client-none";

/// The system calls about files of a build after a line of the code changed.
fn calls(place: &Place) -> Vec<String> {
    assert_eq!(must(&mut place.tool(&format!("build api {ALLOW}"))).code, Some(0));
    place.write("src/app.py", "def handler(event, context):\n    return 2\n");
    let tool = place.tool(&format!("build api --json {ALLOW}"));
    let mut traced = place.program("strace");
    traced.args(["-f", "-qq", "-e", "trace=%file,getdents64,read,pread64", "-o", "trace"]);
    traced.arg(tool.get_program()).args(tool.get_args());
    traced.envs(tool.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ran = must(&mut traced);
    assert_eq!(ran.json()["images"][0]["steps"][0]["ran"], Value::from(false), "{ran:?}");
    fs::read_to_string(place.path("trace")).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn files_of_a_remembered_step_are_not_walked() {
    let (few, many) = (calls(&dependencies(20)), calls(&dependencies(4000)));
    // Records are read in pieces: there are more of those, and nothing else.
    let asked = |calls: &[String]| {
        calls.iter().filter(|call| !call.contains(" read(") && !call.contains(" pread64(")).count()
    };
    let more = asked(&many).saturating_sub(asked(&few));
    assert!(more <= 20, "{more} more system calls for 4000 files: {} and {}", asked(&few), asked(&many));
    assert!(many.len() < few.len() + 400, "{} and {}", few.len(), many.len());
    assert!(
        !many.iter().any(|call| call.contains("/work/") && call.contains(".py")),
        "no file of the step is looked at"
    );
}
