//! What to do about a function that cannot be run here, or that failed.

use lambda_img::invoke::{InvokeError, SandboxError};

/// What a function's error or log says, and the check that finds it in the image. The first that fits counts.
const FOUND_BY: [(&[&str], &str); 12] = [
    (&["Runtime.InvalidEntrypoint", "no such file or directory"], "start-missing"),
    (&["Runtime.InvalidEntrypoint", "permission denied"], "start-not-executable"),
    (&["Runtime.InvalidEntrypoint", "exec format error"], "start-format"),
    (&["Runtime.InvalidWorkingDir"], "workdir"),
    (&["Runtime.HandlerNotFound"], "handler-symbol"),
    (&["error while loading shared libraries"], "library-missing"),
    (&["cannot open shared object file"], "library-missing"),
    (&["version `GLIBC_", "not found"], "symbol-version"),
    (&["invalid ELF header"], "elf-architecture"),
    (&["wrong ELF class"], "elf-architecture"),
    (&["Runtime.ImportModuleError"], "handler-missing"),
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
        InvokeError::NoStart => "set one with `--entrypoint` or `--cmd` when you build the image".to_owned(),
        _ => return None,
    })
}

/// What to do about a function that failed: `said` are its error and its log.
pub fn failed(said: &str) -> Option<String> {
    let (_, check) = FOUND_BY.iter().find(|(words, _)| words.iter().all(|word| said.contains(word)))?;
    Some(format!(
        "`lambda-img check --all-layers` finds this in the image, and `lambda-img explain {check}` explains it"
    ))
}
