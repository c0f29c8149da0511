//! Functions that do wrong end as in Lambda, in bounded time, with nothing left running.

use serde_json::Value;

use super::{invoke, python};
use crate::harness::common::{Place, Ran};

/// The function's error, and what else was printed.
fn failure(place: &Place, options: &str) -> (Value, Ran) {
    let ran = invoke(place, options);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let error = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    (error, ran)
}

/// Type and message of the error of a function with this handler; the request id is left out.
fn error_of(handler: &str, options: &str) -> (String, String) {
    let place = python(&format!("import os, sys, time\n{handler}"));
    let (error, _) = failure(&place, options);
    let message = error["errorMessage"].as_str().unwrap();
    let message = message.split_once(" Error: ").map_or(message, |(_, rest)| rest);
    (error["errorType"].as_str().unwrap().to_owned(), message.to_owned())
}

#[test]
fn functions_that_fail_get_the_errors_that_lambda_gives() {
    let handler = |body: &str| format!("def handler(event, context):\n    {body}\n");
    for (code, options, error_type, message) in [
        (handler("raise ValueError('no')"), "", "ValueError", "no"),
        (
            handler("time.sleep(60)"),
            "--function-timeout 1",
            "Sandbox.Timedout",
            "Task timed out after 1.00 seconds",
        ),
        (handler("os._exit(3)"), "", "Runtime.ExitError", "Runtime exited with error: exit status 3"),
        (handler("os._exit(0)"), "", "Runtime.ExitError", "Runtime exited without providing a reason"),
        (handler("os.abort()"), "", "Runtime.ExitError", "Runtime exited with error: signal: aborted"),
        (
            handler("x = []\n    while True: x.append(bytearray(5 << 20)); time.sleep(0.01)"),
            "--function-timeout 60",
            "Runtime.ExitError",
            "Runtime exited with error: signal: killed",
        ),
        (
            handler("return 'x' * (7 << 20)"),
            "--function-timeout 60",
            "Function.ResponseSizeTooLarge",
            "Response payload size (7340034 bytes) exceeded maximum allowed payload size (6291556 bytes).",
        ),
        ("os._exit(5)\n".to_owned(), "", "Runtime.ExitError", "Runtime exited with error: exit status 5"),
        (
            "time.sleep(60)\n".to_owned(),
            "--function-timeout 1",
            "Sandbox.Timedout",
            "Task timed out after 1.00 seconds",
        ),
        (
            "other = 1\n".to_owned(),
            "",
            "Runtime.HandlerNotFound",
            "Handler 'handler' missing on module 'app'",
        ),
        (
            "import nothing_of_this_name\n".to_owned(),
            "",
            "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'nothing_of_this_name'",
        ),
    ] {
        let found = error_of(&code, options);
        assert_eq!(found, (error_type.to_owned(), message.to_owned()), "{code}");
    }
}

/// `check` says it before: the program that starts the function is for another machine, or is not there.
#[test]
fn an_entry_point_that_cannot_start() {
    for (entry, message) in [
        ("/nowhere", "fork/exec: no such file or directory"),
        ("/var/task/app.py", "fork/exec: permission denied"),
        ("/var/task/text", "fork/exec: exec format error"),
    ] {
        let place = python("def handler(event, context):\n    return 1\n");
        place.script("fn/text", "no program");
        let (error, _) = failure(&place, &format!("--entrypoint {entry}"));
        assert_eq!(error["errorType"], "Runtime.InvalidEntrypoint", "{error}");
        assert!(error["errorMessage"].as_str().unwrap().ends_with(message), "{error}");
    }
}

#[test]
fn a_working_directory_that_is_not_there() {
    let place = python("def handler(event, context):\n    return 1\n");
    let (error, _) = failure(&place, "--workdir /nowhere");
    assert_eq!(error["errorType"], "Runtime.InvalidWorkingDir", "{error}");
}

#[test]
fn output_without_end_stops_nothing() {
    let place = python(
        "import sys, threading\ndef flood():\n    while True: sys.stdout.write('x' * 1000 + '\\n')\n\
         def handler(event, context):\n    threading.Thread(target=flood, daemon=True).start()\n    return 'done'\n",
    );
    let ran = invoke(&place, "--function-timeout 20");
    assert_eq!((ran.code, &*ran.stdout), (Some(0), "\"done\"\n"));
}

#[test]
fn more_processes_than_a_function_may_have_are_refused() {
    let place = python(
        "import os, time\ndef handler(event, context):\n    for count in range(5000):\n        try:\n            if os.fork() == 0: time.sleep(1000)\n\
         \x20       except OSError as error: return [error.strerror, count < 1100]\n",
    );
    let ran = invoke(&place, "--function-timeout 100 --memory 10240");
    assert_eq!(
        (ran.code, &*ran.stdout),
        (Some(0), "[\"Resource temporarily unavailable\", true]\n"),
        "{}",
        ran.stderr
    );
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
