//! What to do about a function that cannot be run here, or that failed.

use std::io;

use lambda_img::invoke::{InvokeError, SandboxError};

use crate::cli::show::failed_function::FailedFunction;

/// What the error of a program says that the kernel does not find.
const NO_PROGRAM: [&str; 2] = ["Runtime.InvalidEntrypoint", "no such file or directory"];

/// What a function's error or log says, and the check that finds it in the image. The first that fits counts.
const FOUND_BY: [(&[&str], &str); 11] = [
    (&NO_PROGRAM, "start-missing"),
    (&["Runtime.InvalidEntrypoint", "permission denied"], "start-not-executable"),
    (&["Runtime.InvalidEntrypoint", "exec format error"], "start-format"),
    (&["Runtime.InvalidWorkingDir"], "workdir"),
    (&["Runtime.HandlerNotFound"], "handler-symbol"),
    (&["error while loading shared libraries"], "library-missing"),
    (&["cannot open shared object file"], "library-missing"),
    (&["version `GLIBC_", "not found"], "symbol-version"),
    (&["invalid ELF header"], "elf-architecture"),
    (&["wrong ELF class"], "elf-architecture"),
    (&["ermission denied"], "unreadable"),
];

/// What to do about it, if something helps.
pub fn invoke(error: &InvokeError) -> Option<String> {
    Some(match error {
        InvokeError::Sandbox(SandboxError::Refused { .. }) => {
            "allow user namespaces (on Ubuntu: `sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`), or run \
             lambda-img as root, or use `--no-sandbox`, which enforces almost nothing"
                .to_owned()
        }
        InvokeError::Network { .. } => {
            "leave out `--no-network`, or run lambda-img where it can make namespaces".to_owned()
        }
        InvokeError::Architecture { .. } => {
            "build the image for this machine with `--arch`, or install an emulator (Debian and Ubuntu: `apt-get install \
             qemu-user-static binfmt-support`)"
                .to_owned()
        }
        InvokeError::Serve { source, .. } => serve(source)?,
        InvokeError::NoStart => "set one with `--entrypoint` or `--cmd` when you build the image".to_owned(),
        _ => return None,
    })
}

/// What to do about a function that failed.
pub fn failed(failed: &FailedFunction) -> Option<String> {
    if !failed.in_sandbox {
        return Some(
            "without a sandbox, a program gets the files of this machine and not those of the image: omit \
             `--no-sandbox`, where a sandbox can be made"
                .to_owned(),
        );
    }
    let is_said = |words: &&str| failed.said.contains(*words);
    // The kernel calls the program missing where it is there, and what its first line or its head names is not.
    let lacks_interpreter = failed.has_program && NO_PROGRAM.iter().all(is_said);
    let check = match lacks_interpreter {
        true => "start-format",
        false if lacks_handler(&failed.said) => "handler-missing",
        false => FOUND_BY.iter().find(|(words, _)| words.iter().all(is_said))?.1,
    };
    let because = match lacks_interpreter {
        true => "the program is in the image, and what its `#!` line or its ELF header names is not: ",
        false => "",
    };
    Some(format!(
        "{because}`{}` finds this in the image, and `lambda-img explain {check}` explains it",
        failed.check
    ))
}

/// Whether the module is missing that the handler names, and not one that this module imports. Python's and Node's clients
/// say so.
fn lacks_handler(said: &str) -> bool {
    if !said.contains("Runtime.ImportModuleError") {
        return false;
    }
    let quoted = |before: &str| said.split_once(before).and_then(|(_, rest)| rest.split('\'').next());
    match quoted("Unable to import module '") {
        Some(module) => said.contains(&format!("No module named '{module}'")),
        // The first that required it is the client; in JSON, its end of line is escaped.
        None => ["\n", "\\n"].iter().any(|end| said.contains(&format!("Require stack:{end}- /var/runtime/"))),
    }
}

/// What to do where functions cannot be served at an address.
fn serve(error: &io::Error) -> Option<String> {
    Some(match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program listens there, perhaps another `lambda-img invoke --serve`: end it, or take another port, \
             such as `--serve 9001`; port 0 is any free one"
        }
        io::ErrorKind::PermissionDenied => "take a port above 1023, such as `--serve 9000`",
        io::ErrorKind::AddrNotAvailable => {
            "this machine has no such address: take one of its own, or a port alone, such as `--serve 9000`"
        }
        _ => return None,
    }
    .to_owned())
}

#[cfg(test)]
mod tests {
    use super::lacks_handler;

    #[test]
    fn a_module_that_the_handler_names_is_told_from_one_that_it_imports() {
        for (said, lacks) in [
            ("Runtime.ImportModuleError: Unable to import module 'app': No module named 'app'", true),
            ("Runtime.ImportModuleError: Unable to import module 'app': No module named 'requests'", false),
            (
                "Runtime.ImportModuleError: Error: Cannot find module 'index'\nRequire stack:\n- /var/runtime/index.mjs",
                true,
            ),
            (
                "Runtime.ImportModuleError: Error: Cannot find module 'aws-sdk'\nRequire stack:\n- /var/task/index.js\n- /var/runtime/index.mjs",
                false,
            ),
            ("Unable to import module 'app': No module named 'app'", false),
        ] {
            assert_eq!(lacks_handler(said), lacks, "{said}");
        }
    }
}
