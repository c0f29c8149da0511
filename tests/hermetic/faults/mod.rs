//! The program against registries that lie, drop, stall, throttle and answer what they should not: each
//! case is a transcript of the requests, the exit code and what was said, held by a file beside this one.

mod echo;
mod lies;
mod pull;
mod push;

use std::path::Path;

use crate::harness::pulling::emulator::{Emulator, Fault};
use crate::harness::pulling::{User, said};

/// The cases of one file, as they went.
struct Transcript {
    text: String,
    file: &'static str,
}

impl Transcript {
    fn new(file: &'static str) -> Self {
        Self { text: String::new(), file }
    }

    /// Runs the tool, and adds what it asked of `registries`, how it ended and what it said.
    fn run(&mut self, what: &str, user: &User, registries: &[(&Emulator, &str)], args: &[&str]) {
        registries.iter().for_each(|(registry, _)| drop(registry.log()));
        let (code, out, err) = said(user.command(args).output().unwrap());
        self.text += &format!("## {what}\n");
        let mut words = String::new();
        for (registry, name) in registries {
            let prefix = if registries.len() > 1 { format!("{name}: ") } else { String::new() };
            words.extend(registry.log().iter().map(|line| format!("{prefix}{line}\n")));
        }
        words += &format!("exit {code}\n{out}{err}\n");
        for (registry, name) in registries {
            words = words.replace(&registry.host, name);
            for (digest, named) in registry.names() {
                words = words.replace(&digest, &named);
            }
            for (size, named) in registry.sizes() {
                // As a length, and as the end of a range.
                words = replace(&words, &format!(r"\b{size}( bytes|\])"), &format!("SIZE-OF-{named}$1"));
                words = replace(&words, &format!(r" 0-{} \[", size - 1), &format!(" 0-END-OF-{named} ["));
            }
        }
        // What the layer format decides, and what a reader's buffer does.
        words = replace(&words, "sha256:[0-9a-f]{64}", "<another digest>");
        words = replace(&words, r"\([0-9.]+ k?B\)", "(SIZE)");
        words = replace(&words, "at least [0-9]+", "at least MORE");
        self.text += &words.replace(&user.dir.path().display().to_string(), "DIR");
    }

    /// Compares all of it with the file.
    fn check(self) {
        let path = Path::new("tests/hermetic/faults").join(self.file);
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        if self.text != expected {
            let found = Path::new(env!("CARGO_TARGET_TMPDIR")).join(self.file);
            std::fs::write(&found, &self.text).unwrap();
            let differs = self.text.lines().zip(expected.lines()).find(|(found, wanted)| found != wanted);
            panic!("{differs:?}: compare `{}` with what went: `{}`", path.display(), found.display());
        }
    }
}

fn replace(text: &str, pattern: &str, with: &str) -> String {
    regex::Regex::new(pattern).unwrap().replace_all(text, with).into_owned()
}

fn answer(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Fault {
    Fault::Answer(status, vec![("content-type", kind.to_owned())], body.into())
}

fn api(status: u16, code: &str, message: &str) -> Fault {
    let body = serde_json::json!({"errors": [{"code": code, "message": message}]}).to_string();
    answer(status, "application/json", body)
}
