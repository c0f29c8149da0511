//! `invoke --watch`: changed code answers, in new environments.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use super::python;
use super::served::processes_with;
use crate::harness::common::{Place, must, until};

/// A command that watches, and the lines that it prints.
struct Watching {
    place: Place,
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(place: Place, options: &str) -> Self {
        let mut command = place.tool(&format!("invoke hello --watch {options}"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let outputs: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for output in outputs {
            let sender = sender.clone();
            thread::spawn(move || {
                BufReader::new(output).lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)))
            });
        }
        Self { place, child, lines }
    }

    /// Waits for a line that contains this.
    fn line(&self, with: &str) -> String {
        let mut seen = Vec::new();
        loop {
            match self.lines.recv_timeout(Duration::from_secs(60)) {
                Ok(line) if line.contains(with) => return line,
                Ok(line) => seen.push(line),
                Err(_) => panic!("no line with `{with}`: {seen:#?}"),
            }
        }
    }

    fn interrupt(&mut self) -> Option<i32> {
        must(std::process::Command::new("kill").args(["-INT", &self.child.id().to_string()]));
        self.child.wait().unwrap().code()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A handler that answers this, and one that waits for a byte from a port before.
fn code(answer: &str) -> String {
    format!(
        "import socket\ndef handler(event, context):\n    port = event.get('port')\n\
         \x20   if port: socket.create_connection(('127.0.0.1', port)).recv(1)\n    return '{answer}'\n"
    )
}

#[test]
fn a_served_function_is_replaced_by_its_changed_code() {
    let place = python(&code("one"));
    let settings = std::fs::read_to_string(place.path("lambda-img.toml")).unwrap();
    place.write("lambda-img.toml", settings + "pre-build = \"! grep BROKEN fn/app.py\"\n");
    let marker = format!("WATCHED={}", std::process::id());
    let options = format!("--serve 127.0.0.1:0 --function-timeout 60 --set-env {marker}");
    let mut watching = Watching::start(place, &options);
    let line = watching.line("serving hello at ");
    let url = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
    let url = format!("{}/2015-03-31/functions/hello/invocations", url.trim_end_matches(';'));
    let ask = |place: &Place, event: &str| {
        must(place.program("curl").args(["-sS", "--max-time", "60", "-d", event, &url])).stdout
    };
    assert_eq!(ask(&watching.place, "{}"), "\"one\"");

    // An event that the old code has is answered by it, after the new code has answered others.
    let port = TcpListener::bind("127.0.0.1:0").unwrap();
    let event = format!("{{\"port\": {}}}", port.local_addr().unwrap().port());
    thread::scope(|scope| {
        let waiting = scope.spawn(|| ask(&watching.place, &event));
        let (mut connection, _) = port.accept().unwrap();
        watching.place.write("fn/app.py", code("two"));
        watching.line("serving the new hello");
        assert_eq!(ask(&watching.place, "{}"), "\"two\"");
        connection.write_all(b"1").unwrap();
        assert_eq!(waiting.join().unwrap(), "\"one\"");
    });
    let programs = || processes_with(&marker);
    until("the old environments are gone", || programs() == 1);

    watching.place.write("fn/app.py", "BROKEN");
    watching.line("still serving the old hello");
    assert_eq!(ask(&watching.place, "{}"), "\"two\"");
    watching.place.write("fn/app.py", code("three"));
    watching.line("serving the new hello");
    assert_eq!(ask(&watching.place, "{}"), "\"three\"");
    assert_eq!(watching.interrupt(), Some(0));
    until("all processes are gone", || programs() == 0);
}

#[test]
fn a_function_that_could_not_be_built_yet_is_refused_until_it_is() {
    let place = python("BROKEN");
    let settings = std::fs::read_to_string(place.path("lambda-img.toml")).unwrap();
    place.write("lambda-img.toml", settings + "pre-build = \"! grep BROKEN fn/app.py\"\n");
    let watching = Watching::start(place, "--serve 127.0.0.1:0 --url");
    let line = watching.line("serving hello at ");
    let url = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap().trim_end_matches(';');
    let ask = || must(watching.place.program("curl").args(["-sS", "-w", " %{http_code}", url])).stdout;
    let refused = ask();
    assert!(refused.contains("is not ready") && refused.ends_with(" 409"), "{refused}");
    watching.line("watching ");
    watching.place.write("fn/app.py", code("made"));
    watching.line("serving the new hello");
    assert_eq!(ask(), "\"made\" 200");
}

#[test]
fn an_event_is_answered_again_after_each_change() {
    let mut watching = Watching::start(python(&code("one")), "--quiet");
    watching.line("\"one\"");
    watching.place.write("fn/app.py", "def handler(event, context):\n    raise ValueError('oh')\n");
    watching.line("ValueError");
    watching.place.write("fn/app.py", code("two"));
    watching.line("\"two\"");
    assert_eq!(watching.interrupt(), Some(0));

    let ran = watching.place.run("invoke oci:out --watch");
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("`--watch` needs a function"), "{ran:?}");
}

/// With `--watch` and without it; an event that would be at work for a quarter of an hour.
#[test]
fn an_interrupt_ends_an_event_at_once() {
    let code =
        "import time\ndef handler(event, context):\n    print('at work', flush=True)\n    time.sleep(800)\n";
    for options in ["--watch", ""] {
        let place = python(code);
        let marker = format!("INTERRUPTED={}{options}", std::process::id());
        let arguments = format!("invoke hello --function-timeout 900 --set-env {marker} {options}");
        let mut child = place.tool(&arguments).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let mut lines = lines.skip_while(|line| line != "at work");
        assert!(lines.next().is_some(), "{options}");
        must(std::process::Command::new("kill").args(["-INT", &child.id().to_string()]));
        let rest: Vec<_> = lines.collect();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{options}: {rest:?}");
        assert!(!rest.iter().any(|line| line.starts_with("REPORT ")), "{rest:?}");
        until("all processes are gone", || processes_with(&marker) == 0);
    }
}
