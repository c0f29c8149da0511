//! Programs that tests run.

use std::process::Command;

/// Which Debian package brings a program; those not named are in one of their own name.
const PACKAGES: [(&str, &str); 12] = [
    ("dockerd", "docker.io"),
    ("docker", "docker.io"),
    ("nsenter", "util-linux"),
    ("setpriv", "util-linux"),
    ("umount", "mount"),
    ("javac", "openjdk-17-jdk-headless"),
    ("pip3", "python3-pip"),
    ("go", "golang-go"),
    ("gem", "ruby"),
    ("tar", "tar"),
    ("htpasswd", "apache2-utils"),
    ("docker-credential-ecr-login", "amazon-ecr-credential-helper"),
];

/// A program, or a panic that says how to install it.
pub fn program(name: &str) -> Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // dockerd and runc are in sbin, which is not on everybody's path.
    let more = ["/usr/sbin", "/sbin"].map(Into::into);
    let Some(found) =
        std::env::split_paths(&path).chain(more).map(|dir| dir.join(name)).find(|file| file.is_file())
    else {
        let package =
            PACKAGES.iter().find(|(program, _)| *program == name).map_or(name, |(_, package)| package);
        panic!(
            "this test needs `{name}`: apt-get install -y --no-install-recommends {package} (or run .ci/install)"
        );
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
