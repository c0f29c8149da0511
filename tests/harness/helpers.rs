//! Programs that the tests need and start.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server that ends with the test.
pub struct Server {
    child: Child,
    pub host: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The command, which must be installed: `package` is Debian's.
pub fn program(name: &str, package: &str) -> Command {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()));
    assert!(found, "`{name}` is missing: {package}");
    Command::new(name)
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Starts a server on `port` and waits until it accepts connections.
pub fn start(mut command: Command, port: u16) -> Server {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(120);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if child.try_wait().unwrap().is_some() {
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("{command:?} ended: {said}");
        }
        assert!(Instant::now() < deadline, "{command:?} does not listen on {port}");
        std::thread::sleep(Duration::from_millis(50));
    }
    // Its log must not fill the pipe.
    let stderr = child.stderr.take();
    std::thread::spawn(move || stderr.map(|mut stderr| std::io::copy(&mut stderr, &mut std::io::sink())));
    Server { child, host: format!("127.0.0.1:{port}") }
}

/// Debian's docker-registry with these lines added to its configuration, storing in `folder`.
pub fn docker_registry(folder: &Path, http: &str, rest: &str) -> Server {
    let port = free_port();
    let config = folder.join("config.yml");
    let text = format!(
        "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {0}/data\nhttp:\n  addr: 127.0.0.1:{port}\n{http}{rest}",
        folder.display()
    );
    std::fs::File::create(&config).unwrap().write_all(text.as_bytes()).unwrap();
    let mut command = program("docker-registry", "apt-get install docker-registry");
    command.arg("serve").arg(config);
    start(command, port)
}

/// A self-signed certificate for 127.0.0.1 and localhost: certificate and key.
pub fn certificate(folder: &Path) -> (PathBuf, PathBuf) {
    let names = "subjectAltName=DNS:localhost,IP:127.0.0.1,DNS:*.dkr.ecr.us-east-1.amazonaws.com,DNS:*.dkr.ecr.eu-west-1.amazonaws.com,DNS:api.ecr.eu-west-1.amazonaws.com,DNS:public.ecr.aws";
    // webpki takes no CA certificate for an end entity's.
    let entity = "basicConstraints=critical,CA:FALSE";
    let more = ["-days", "2", "-subj", "/CN=localhost", "-addext", names, "-addext", entity];
    self_signed(folder, ["cert.pem", "key.pem"], &more)
}

/// A certificate that signs itself, made by `openssl req -x509`, which makes an authority of every certificate unless
/// `more` says otherwise: certificate and key, in files of these names.
pub fn self_signed(folder: &Path, names: [&str; 2], more: &[&str]) -> (PathBuf, PathBuf) {
    let [certificate, key] = names.map(|name| folder.join(name));
    let made = program("openssl", "apt-get install openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(more)
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    (certificate, key)
}
