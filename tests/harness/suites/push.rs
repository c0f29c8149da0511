//! What the tests of `push` share, whichever binary they are in.

use super::super::common::{noise, seed};
use super::super::support::{lambda_img, output, program};
use std::fs::{self, File};
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A registry with its log of requests.
pub struct Registry {
    pub child: Child,
    pub dir: PathBuf,
    pub host: String,
}

impl Registry {
    /// With these lines added below `http:` and at the end of its configuration.
    pub fn start(dir: &Path, http: &str, rest: &str) -> Registry {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = format!(
            "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {}/data\n\
             http:\n  addr: 127.0.0.1:{port}\n{http}{rest}",
            dir.display()
        );
        fs::write(dir.join("config.yml"), config).unwrap();
        let log = File::create(dir.join("log")).unwrap();
        let child = program("docker-registry")
            .arg("serve")
            .arg(dir.join("config.yml"))
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let registry = Registry { child, dir: dir.to_owned(), host: format!("127.0.0.1:{port}") };
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(&registry.host).is_err() {
            assert!(Instant::now() < deadline, "docker-registry does not listen");
            thread::sleep(Duration::from_millis(20));
        }
        registry
    }

    pub fn plain(dir: &Path) -> Registry {
        Registry::start(dir, "", "")
    }

    /// `METHOD path` of each request so far that writes.
    pub fn writes(&self) -> Vec<String> {
        let log = fs::read_to_string(self.dir.join("log")).unwrap();
        let asked = log.lines().filter_map(|line| line.split('"').nth(1)).map(str::to_owned);
        asked.filter(|line| ["POST", "PUT", "PATCH"].iter().any(|verb| line.starts_with(verb))).collect()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A function that says hello, with a few MB that do not compress.
pub fn function(dir: &Path, size: usize) -> PathBuf {
    let source = dir.join("hello.c");
    fs::write(&source, "#include <stdio.h>\nint main(void) { puts(\"hello from the image\"); return 0; }\n")
        .unwrap();
    let at = dir.join("function");
    fs::create_dir_all(&at).unwrap();
    output(program("gcc").args(["-static", "-O1", "-o"]).arg(at.join("bootstrap")).arg(&source));
    let mut seed = 1u64;
    let noise: Vec<u8> = (0..size / 8)
        .flat_map(|_| {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed ^ (seed >> 33)).wrapping_mul(0xff51afd7ed558ccd).to_le_bytes()
        })
        .collect();
    fs::write(at.join("noise"), noise).unwrap();
    at
}

/// The tool with nothing of this machine's user.
pub fn tool(home: &Path) -> Command {
    let mut command = lambda_img();
    command.env("HOME", home).env("LAMBDA_IMG_CACHE", home.join("cache")).env_remove("DOCKER_CONFIG");
    command.env_remove("REGISTRY_AUTH_FILE").env_remove("XDG_RUNTIME_DIR").env_remove("XDG_CONFIG_HOME");
    command.stdin(Stdio::null()).current_dir(home);
    command
}

pub fn build(home: &Path, function: &Path) -> Command {
    let mut command = tool(home);
    command.arg("build").arg(function).args(["--runtime", "provided.al2023", "--base", "embedded"]);
    command
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub fn failed(out: &Output, code: i32, words: &[&str]) {
    let said = text(&out.stderr);
    assert_eq!(out.status.code(), Some(code), "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is missing in: {said}");
    }
    assert!(
        said.contains("hint: ") || code == 130 || said.contains("For more information"),
        "no hint: {said}"
    );
    assert!(out.stdout.is_empty());
}

pub fn digest(pinned: &str) -> &str {
    pinned.trim().rsplit_once('@').unwrap().1
}

/// Puts an index of the two images under `index:v1`.
pub fn index_of(registry: &Registry, pushed: &str) {
    let manifest = |line: &str| {
        let raw = output(program("skopeo").args([
            "inspect",
            "--raw",
            "--tls-verify=false",
            &format!("docker://{line}"),
        ]));
        raw.len()
    };
    let entries: Vec<_> = pushed
        .lines()
        .zip(["amd64", "arm64"])
        .map(|(line, arch)| {
            serde_json::json!({"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest(line),
                "size": manifest(line), "platform": {"os": "linux", "architecture": arch}})
        })
        .collect();
    let kind = "application/vnd.oci.image.index.v1+json";
    let index = serde_json::json!({"schemaVersion": 2, "mediaType": kind, "manifests": entries}).to_string();
    output(program("curl").args([
        "-sSf",
        "-X",
        "PUT",
        "-H",
        &format!("Content-Type: {kind}"),
        "-d",
        &index,
        &format!("http://{}/v2/index/manifests/v1", registry.host),
    ]));
}
