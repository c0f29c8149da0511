//! Starts a bootstrap that stays next to its files.
//!
//! AWS's entry script starts `/var/runtime/bootstrap`. In a zip, the bootstrap is in `/var/task`, next to the files
//! that it needs. A symbolic link is enough for programs, which find themselves by `/proc/self/exe`, and for
//! interpreters that resolve the link. Shells, Python, Perl and Ruby take the path of the link for the path of the
//! script (`$0`, `__file__`). For those, a script in the same language starts the bootstrap by its own path.

// Not for users of the library: it is public for the command line and for tests.
#![doc(hidden)]

use crate::survey::Script;

/// The bootstraps that Lambda looks for in a zip and in Lambda layers.
pub const PLACES: [&str; 2] = ["/var/task/bootstrap", "/opt/bootstrap"];

/// The second line of every launcher.
const COMMENT: &str = "# Made by lambda-img: starts the bootstrap where its files are.";

/// A language whose scripts go by the name that they were called by.
#[derive(Clone, Copy)]
enum Language {
    Shell,
    Python,
    Perl,
    Ruby,
}

impl Language {
    const ALL: [Self; 4] = [Self::Shell, Self::Python, Self::Perl, Self::Ruby];

    fn of(script: &Script) -> Option<Self> {
        let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let argument = script.argument.as_deref().unwrap_or_default();
        let mut words = argument.split_whitespace();
        let interpreter = match &*name(&script.interpreter) {
            "env" => name(words.find(|word| !word.starts_with('-') && !word.contains('='))?),
            "busybox" => name(words.next()?),
            other => other.to_owned(),
        };
        let version = |c: char| c.is_ascii_digit() || c == '.';
        Some(match interpreter.trim_end_matches(version) {
            "sh" | "ash" | "bash" | "dash" | "ksh" | "mksh" | "zsh" => Self::Shell,
            "python" | "pypy" => Self::Python,
            "perl" => Self::Perl,
            "ruby" => Self::Ruby,
            _ => return None,
        })
    }

    /// The lines that start `program` with the same arguments.
    fn lines(self, program: &str) -> String {
        let start = match self {
            Self::Shell => format!("exec {program} \"$@\""),
            Self::Python => {
                format!("import os, sys\nos.execv(\"{program}\", [\"{program}\"] + sys.argv[1:])")
            }
            Self::Perl => format!("exec {{ \"{program}\" }} \"{program}\", @ARGV;"),
            Self::Ruby => format!("exec([\"{program}\", \"{program}\"], *ARGV)"),
        };
        format!("{COMMENT}\n{start}\n")
    }
}

/// The script that starts the bootstrap at `program`, which begins with the bytes `head`; `None` where a link does.
pub fn script(head: &[u8], program: &str) -> Option<String> {
    let script = Script::of_bytes(head).filter(|script| !script.carriage && !script.cut)?;
    let language = Language::of(&script)?;
    let first = str::from_utf8(head.split(|byte| *byte == b'\n').next()?).ok()?;
    Some(format!("{first}\n{}", language.lines(program)))
}

/// Whether the path of a program means itself in every language, without quotes.
pub fn is_plain(program: &str) -> bool {
    program.chars().all(is_plain_in_path)
}

fn is_plain_in_path(c: char) -> bool {
    c.is_ascii_alphanumeric() || "/._+-".contains(c)
}

/// The program that a text starts, if it is a script of [`script`].
pub fn started(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once('\n')?;
    let from = &rest[rest.find('/')?..];
    let program = &from[..from.find(|c| !is_plain_in_path(c))?];
    Language::ALL.iter().any(|language| language.lines(program) == rest).then_some(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_that_go_by_their_name_get_one_in_their_language() {
        for (line, start) in [
            ("#!/bin/sh", "exec /var/task/bootstrap \"$@\""),
            ("#!/bin/bash -e", "exec /var/task/bootstrap \"$@\""),
            ("#!/usr/bin/env -S bash -eu", "exec /var/task/bootstrap \"$@\""),
            ("#!/bin/busybox sh", "exec /var/task/bootstrap \"$@\""),
            ("#!/usr/bin/env python3.12", "os.execv("),
            ("#!/var/lang/bin/ruby", "exec([\"/var/task/bootstrap\""),
            ("#!/usr/bin/perl -w", "@ARGV;"),
        ] {
            let made = script(format!("{line}\nmore").as_bytes(), PLACES[0]).unwrap();
            assert!(made.starts_with(&format!("{line}\n#")) && made.contains(start), "{made}");
            assert_eq!(started(&made), Some(PLACES[0]), "{made}");
        }
        for other in [PLACES[1], "/var/task/bin/run-it_2.sh"] {
            assert_eq!(started(&script(b"#!/bin/sh\n", other).unwrap()), Some(other));
        }
        assert!(is_plain("/var/task/bin/run.sh") && !is_plain("/var/task/my run") && !is_plain("/a$b"));
        for other in
            ["#!/var/lang/bin/node\n", "#!/bin/sh\r\n", "\x7fELF", "#!/usr/bin/env\n", "exec x\n", "", "#!\n"]
        {
            assert_eq!(script(other.as_bytes(), PLACES[0]), None, "{other:?}");
        }
        assert_eq!(started("#!/bin/sh\nexec /var/task/bootstrap \"$@\"\n"), None);
    }
}
