//! Programs that tests run.

use std::process::Command;

/// A program, or a panic that says what installs it.
pub fn program(name: &str) -> Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // dockerd and runc are in sbin, which is not on everybody's path.
    let more = ["/usr/sbin", "/sbin"].map(Into::into);
    let Some(found) =
        std::env::split_paths(&path).chain(more).map(|dir| dir.join(name)).find(|file| file.is_file())
    else {
        panic!("this test needs `{name}`: run `bash .ci/install`");
    };
    Command::new(found)
}

/// What a command prints; a panic with all it said if it fails.
pub fn output(command: &mut Command) -> String {
    let out = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(
        out.status.success(),
        "{command:?}: {}\n{text}{}",
        out.status,
        String::from_utf8_lossy(&out.stderr)
    );
    text
}
