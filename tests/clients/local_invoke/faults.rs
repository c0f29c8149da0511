//! Functions that do wrong end as in Lambda, in bounded time, with nothing left running, mounted or on disk.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use super::{invoke, python};
use crate::harness::common::{Place, Ran, must, until};
use crate::harness::layout::add_layer;

/// All faults of a handler and of its module: the event names that of the handler, a variable that of the module.
const CODE: &str = include_str!("faults.py");

/// How a function ends.
enum Ends {
    /// It answers this.
    Answer(&'static str),
    /// It fails with this type and with words in its message.
    Error(&'static str, &'static str),
}
use Ends::{Answer, Error};

/// A function that does wrong.
struct Fault {
    name: &'static str,
    /// Further options.
    options: &'static str,
    ends: Ends,
    /// The check that finds it in the image.
    check: Option<&'static str>,
}

/// Faults of code, in one image.
const OF_CODE: [(&str, &str, Ends, Option<&str>); 22] = [
    ("an exception", "", Error("ValueError", "no"), None),
    ("root-only file", "", Error("PermissionError", "Permission denied"), Some("unreadable")),
    ("write to the code", "", Error("OSError", "[Errno 30] Read-only file system: '/var/task/new'"), None),
    ("shared memory", "", Error("FileNotFoundError", "[Errno 2] No such file or directory"), None),
    ("home directory", "", Error("OSError", "[Errno 30] Read-only file system: '/home"), None),
    ("exit in init", "", Error("Runtime.ExitError", "Runtime exited with error: exit status 5"), None),
    (
        "hang in init",
        "--function-timeout 1",
        Error("Sandbox.Timedout", "Task timed out after 1.00 seconds"),
        None,
    ),
    (
        "missing module",
        "",
        Error("Runtime.ImportModuleError", "No module named 'nothing_of_this_name'"),
        None,
    ),
    ("hang", "--function-timeout 1", Error("Sandbox.Timedout", "Task timed out after 1.00 seconds"), None),
    ("exit", "", Error("Runtime.ExitError", "Runtime exited with error: exit status 3"), None),
    (
        "exit without a word",
        "",
        Error("Runtime.ExitError", "Runtime exited without providing a reason"),
        None,
    ),
    ("abort", "", Error("Runtime.ExitError", "Runtime exited with error: signal: aborted"), None),
    ("too much memory", "", Error("Runtime.ExitError", "Runtime exited with error: signal: killed"), None),
    (
        "large answer",
        "",
        Error(
            "Function.ResponseSizeTooLarge",
            "Response payload size (7340034 bytes) exceeded maximum allowed payload size (6291556 bytes).",
        ),
        None,
    ),
    ("bad streaming header", "--function-timeout 5", Error("Runtime.InvalidResponseModeHeader", ""), None),
    ("flood of output", "", Answer("\"done\""), None),
    ("fork bomb", "--memory 10240", Answer("[\"Resource temporarily unavailable\", true]"), None),
    ("zombies", "", Answer("\"done\""), None),
    ("orphans", "", Answer("\"done\""), None),
    ("thread after the answer", "--count 2", Answer("\"done\""), None),
    ("deaf to SIGTERM", "", Answer("\"done\""), None),
    ("more descriptors than allowed", "", Error("OSError", "[Errno 24] Too many open files"), None),
];

/// Faults of how a function is started: an image for each.
const OF_START: [Fault; 9] = [
    Fault {
        name: "undefined handler",
        options: "--handler app.nothing",
        ends: Error("Runtime.HandlerNotFound", "Handler 'nothing' missing on module 'app'"),
        check: Some("handler-symbol"),
    },
    Fault {
        name: "missing program",
        options: "--entrypoint /nowhere",
        ends: Error("Runtime.InvalidEntrypoint", "fork/exec: no such file or directory"),
        check: Some("start-missing"),
    },
    Fault {
        name: "program that may not be executed",
        options: "--entrypoint /var/task/app.py",
        ends: Error("Runtime.InvalidEntrypoint", "fork/exec: permission denied"),
        check: Some("start-not-executable"),
    },
    Fault {
        name: "program of no format",
        options: "--entrypoint /var/task/text",
        ends: Error("Runtime.InvalidEntrypoint", "fork/exec: exec format error"),
        check: Some("start-format"),
    },
    Fault {
        name: "program of another architecture",
        options: "--entrypoint /var/task/arm64",
        ends: Error("Runtime.InvalidEntrypoint", "fork/exec: exec format error"),
        check: Some("start-format"),
    },
    Fault {
        name: "missing interpreter",
        options: "--entrypoint /var/task/interpreter",
        ends: Error("Runtime.InvalidEntrypoint", "fork/exec: no such file or directory"),
        check: Some("start-format"),
    },
    Fault {
        name: "CRLF",
        options: "--entrypoint /var/task/crlf",
        ends: Error("Runtime.InvalidEntrypoint", "fork/exec: no such file or directory"),
        check: Some("start-format"),
    },
    Fault {
        name: "missing working directory",
        options: "--workdir /nowhere",
        ends: Error("Runtime.InvalidWorkingDir", "chdir: no such file or directory"),
        check: Some("workdir"),
    },
    Fault {
        name: "extension that crashes",
        options: "--extension crashes",
        ends: Error("Extension.Crash", "exit status 7"),
        check: None,
    },
];

impl Fault {
    /// Runs it with this beginning of a command line, and looks at how it ended.
    fn run(&self, place: &Place, begin: &str) {
        let mark = format!("MARK={}-{}", std::process::id(), self.name.replace(' ', "-"));
        let mut command = place.tool(begin);
        command.args(["--event", &format!("\"{}\"", self.name), "--set-env", &mark]);
        command.args(["--set-env", &format!("FAULT={}", self.name)]);
        command.env("TMPDIR", place.path("temporary"));
        let ran = crate::harness::common::run(&mut command);
        match self.ends {
            Answer(answer) => {
                assert_eq!(ran.code, Some(0), "{}: {ran:?}", self.name);
                assert_eq!(ran.stdout.lines().last(), Some(answer), "{}: {ran:?}", self.name);
            }
            Error(error_type, message) => {
                let (error, _) = failure(&ran);
                assert_eq!(error["errorType"], error_type, "{}: {ran:?}", self.name);
                let found = error["errorMessage"].as_str().unwrap();
                assert!(found.contains(message), "{}: {ran:?}", self.name);
                self.assert_log(&ran, error_type, found);
            }
        }
        if let Some(id) = self.check {
            let hint = ran.stderr.lines().find(|line| line.contains(&format!("`lambda-img explain {id}`")));
            let hint = hint.unwrap_or_else(|| panic!("{}: {}", self.name, ran.stderr));
            // The command of the hint is one that finds it.
            let command = hint.split('`').find(|word| word.starts_with("lambda-img check ")).unwrap();
            let found = place.run(command.strip_prefix("lambda-img ").unwrap());
            assert!((found.stdout + &found.stderr).contains(id), "{}: {command}", self.name);
        }
        if matches!((&self.ends, self.check), (Error(..), None)) {
            // No check says that it finds what it cannot find.
            assert!(!ran.stderr.contains("lambda-img explain"), "{}: {}", self.name, ran.stderr);
        }
        // Those that were killed may need a moment.
        until("all processes are gone", || marked(&mark) == 0);
    }
}

impl Fault {
    /// The lines of Lambda: what they say of an environment that ended, and nothing of an error of the function.
    fn assert_log(&self, ran: &Ran, error_type: &str, message: &str) {
        let lines =
            |begin: &str| ran.stderr.lines().filter(|line| line.starts_with(begin)).collect::<Vec<_>>();
        let ended = match error_type {
            "Sandbox.Timedout" => Some("\tStatus: timeout".to_owned()),
            "Runtime.ExitError" if self.name == "too much memory" => {
                Some("\tStatus: error\tError Type: Runtime.OutOfMemory".to_owned())
            }
            // What the environment does after its answer is the client's.
            "Function.ResponseSizeTooLarge" | "Runtime.InvalidResponseModeHeader" => return,
            _ if error_type.starts_with("Runtime.") || error_type.starts_with("Extension.") => {
                Some(format!("\tStatus: error\tError Type: {error_type}"))
            }
            _ => None,
        };
        let [report] = lines("REPORT RequestId: ")[..] else { panic!("{}: {ran:?}", self.name) };
        let init = lines("INIT_REPORT Init Duration: ");
        let Some(ended) = ended else {
            assert!(!report.contains("\tStatus: "), "{}: {ran:?}", self.name);
            return;
        };
        assert!(report.ends_with(&ended), "{}: {report}", self.name);
        assert!(!report.contains("\tDuration: 0.00 ms"), "{}: {report}", self.name);
        match init[..] {
            [first, second] => {
                assert!(first.contains(" ms\tPhase: init\tStatus: "), "{first}");
                assert!(second.ends_with(&format!(" ms\tPhase: invoke{ended}")), "{second}");
            }
            // The ten seconds of the init phase can be short on a busy machine.
            [slow] => assert!(slow.ends_with("\tPhase: init\tStatus: timeout"), "{slow}"),
            _ => assert!(init.is_empty() && report.contains("\tInit Duration: "), "{}: {ran:?}", self.name),
        }
        // The words of what the runtime itself reports are in its own log.
        let is_reported = ["Runtime.HandlerNotFound", "Runtime.ImportModuleError"].contains(&error_type);
        let line = match message.split_once(" Error: ") {
            Some((_, text)) if error_type == "Sandbox.Timedout" => text,
            _ => message,
        };
        let is_logged = ran.stderr.lines().any(|one| one.ends_with(line));
        assert!(is_reported || is_logged, "{}: {line}: {}", self.name, ran.stderr);
    }
}

fn failure(ran: &Ran) -> (Value, &Ran) {
    assert_eq!(ran.code, Some(1), "{ran:?}");
    (serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}")), ran)
}

/// The processes that have this in their environment.
fn marked(mark: &str) -> usize {
    let environments = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path().join("environ"));
    environments
        .filter(|path| fs::read(path).is_ok_and(|text| String::from_utf8_lossy(&text).contains(mark)))
        .count()
}

/// Options with a timeout that an interpreter on a busy machine keeps, where they have none.
fn patient(options: &str) -> String {
    let timeout = if options.contains("--function-timeout") { "" } else { "--function-timeout 100" };
    format!("{options} {timeout}")
}

/// Of all cases, as many at once as wait for nothing.
fn each<T: Sync>(cases: &[T], run: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    run(case);
                }
            });
        }
    });
}

/// What functions leave: their images, unpacked, with the layers that they share, and nothing else.
fn assert_nothing_left(place: &Place, images: usize) {
    let names = |path: &std::path::Path| -> Vec<_> {
        fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    let mut roots = names(&place.cache().join("roots"));
    roots.retain(|name| !name.starts_with("stage-stored-") || name.contains('.'));
    assert!(roots.iter().all(|name| name.starts_with("stored-") && !name.contains('.')), "{roots:?}");
    assert_eq!(roots.len(), images, "{roots:?}");
    assert_eq!(names(&place.path("temporary")), Vec::<String>::new());
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(!mounts.contains(place.cache().to_str().unwrap()), "{mounts}");
}

#[test]
fn faults_of_code_end_as_in_lambda() {
    let place = python(CODE);
    place.dir("temporary");
    must(&mut place.tool("build hello -o oci:image:v1"));
    let secret = "cd root/var/task; printf x >secret; chmod 600 secret; cd ../../..; pack var/task/secret";
    add_layer(&place, secret);
    let cases = OF_CODE.map(|(name, options, ends, check)| Fault { name, options, ends, check });
    each(&cases, |case| {
        let begin = format!("invoke oci:image:v1 {}", patient(case.options));
        case.run(&place, &begin);
    });
    assert_nothing_left(&place, 1);
}

#[test]
fn faults_of_the_start_end_as_in_lambda() {
    let place = python(CODE);
    place.dir("temporary");
    place.script("fn/text", "no program");
    place.script("fn/arm64", [&b"\x7fELF\x02\x01\x01"[..], &[0; 9], &[2, 0, 183, 0], &[0; 44]].concat());
    place.script("fn/interpreter", "#!/nowhere/python\n");
    place.script("fn/crlf", "#!/bin/sh\r\nexit 0\r\n");
    place.script("crashes", "#!/bin/sh\nexit 7\n");
    each(&OF_START, |case| {
        case.run(&place, &format!("invoke hello {}", patient(case.options)));
    });
    // Of the image without a working directory, and of those with another program, the files are the same.
    assert_nothing_left(&place, 2);
}

#[test]
fn an_extension_that_never_registers_ends_the_init_phase_as_in_lambda() {
    let place = python(CODE);
    place.dir("temporary");
    place.script("silent", "#!/bin/sh\nexec sleep 1000\n");
    let silent = Fault {
        name: "extension that never registers",
        options: "",
        ends: Error("Sandbox.Timedout", "Task timed out after 1.00 seconds"),
        check: None,
    };
    silent.run(&place, "invoke hello --extension silent --function-timeout 1");
    assert_nothing_left(&place, 1);
}

#[test]
fn an_event_that_lambda_would_refuse_is_refused_before_anything_runs() {
    let place = python("def handler(event, context):\n    return 1\n");
    place.sparse("large.json", (6 << 20) + 1);
    for (options, words) in [
        ("--event {bad", &["the event in --event is not JSON"][..]),
        ("--event large.json", &["larger than 6291456 bytes"]),
        ("--event nowhere.json", &["nowhere.json"]),
        ("--set-env AWS_REGION=x", &["`AWS_REGION` is a variable that Lambda sets itself"]),
        ("--set-env _HANDLER=x", &["`_HANDLER`"]),
        ("--memory 64", &["128..=10240"]),
    ] {
        let ran = invoke(&place, options);
        assert!(matches!(ran.code, Some(1 | 2)) && ran.stdout.is_empty(), "{options}: {ran:?}");
        for word in words {
            assert!(ran.stderr.contains(word), "{options}: {}", ran.stderr);
        }
    }
}
