//! A real Docker engine of the test process's own, and functions that run on it.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, Weak, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::{emulator, output, program};

/// How long engines and functions may take to start, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the emulator calls every function.
const INVOKE: &str = "/2015-03-31/functions/function/invocations";

/// The engine of this process, while a test uses it.
static ENGINE: Mutex<Weak<Engine>> = Mutex::new(Weak::new());

/// A Docker engine with its own socket and data, shared by the tests of one process that run at one
/// time; the last one to go stops it.
#[derive(Clone)]
pub struct Docker(Arc<Engine>);

struct Engine {
    /// Socket and run-time state: the path of a socket has to be short.
    run: TempDir,
    /// Images and containers.
    _data: TempDir,
    stop: Option<mpsc::Sender<()>>,
    keeper: Option<JoinHandle<()>>,
}

impl Docker {
    /// The engine, started if it is not there yet.
    pub fn start() -> Docker {
        let mut engine = ENGINE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(engine) = engine.upgrade() {
            return Docker(engine);
        }
        let started = Arc::new(Engine::start());
        *engine = Arc::downgrade(&started);
        Docker(started)
    }

    /// The client, pointed at this engine.
    pub fn command(&self) -> Command {
        self.0.client()
    }

    /// Runs the client and returns what it prints.
    pub fn run(&self, args: &[&str]) -> String {
        output(self.command().args(args)).trim().to_owned()
    }

    /// Loads a Docker archive that names its image, and returns that name.
    pub fn load(&self, archive: &Path) -> String {
        let said = output(self.command().args(["load", "--input"]).arg(archive));
        let name = said.lines().find_map(|line| line.strip_prefix("Loaded image: "));
        name.unwrap_or_else(|| panic!("docker load said {said}")).to_owned()
    }

    /// Starts an image as it is, in a network of its own: its entry point brings the emulator, on the
    /// emulator's own ports.
    pub fn serve_as_is(&self, image: &str, options: &[&str]) -> Function {
        let id = output(self.command().args(["run", "-d", "--network=none"]).args(options).arg(image));
        let id = id.trim().to_owned();
        let pid = self.run(&["inspect", "--format", "{{.State.Pid}}", &id]);
        Function { docker: self.clone(), id, reach: Reach::Inside { pid } }
    }

    /// Starts an image under the emulator of the host, in the network of the host, on ports that are
    /// free: for images without the emulator, and beside others.
    pub fn serve(&self, image: &str, options: &[&str]) -> Function {
        let config: Value =
            serde_json::from_str(&self.run(&["inspect", "--format", "{{json .Config}}", image]))
                .expect("the image's configuration");
        let words = |key: &str| {
            let list = config[key].as_array().cloned().unwrap_or_default();
            list.into_iter().map(|word| word.as_str().expect("a word").to_owned()).collect::<Vec<_>>()
        };
        // Both listeners live until both ports are known: two different ones.
        let held = [(); 2].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port"));
        let [port, api] = held.each_ref().map(|held| held.local_addr().expect("its address").port());
        let mount = format!("{}:/.emulator:ro", emulator().display());
        let mut command = self.command();
        command.args(["run", "-d", "--network=host", "--entrypoint=/.emulator", "-v", &mount]).args(options);
        command.arg(image).args(["--runtime-interface-emulator-address", &format!("127.0.0.1:{port}")]);
        command.args(["--runtime-api-address", &format!("127.0.0.1:{api}")]);
        drop(held);
        let id = output(command.args(words("Entrypoint")).args(words("Cmd"))).trim().to_owned();
        Function { docker: self.clone(), id, reach: Reach::Port(port) }
    }
}

impl Engine {
    fn start() -> Engine {
        let run =
            tempfile::Builder::new().prefix("lambda-img-").tempdir().expect("a directory for the engine");
        let data = super::scratch();
        let log = fs::File::create(run.path().join("log")).expect("the engine's log");
        let mut command = program("dockerd");
        command.args(["--storage-driver=vfs", "--iptables=false", "--ip6tables=false", "--bridge=none"]);
        command.arg("--host").arg(format!("unix://{}", run.path().join("socket").display()));
        command.arg("--data-root").arg(data.path()).arg("--exec-root").arg(run.path().join("exec"));
        command.arg("--pidfile").arg(run.path().join("pid"));
        // The engine dies with the thread that starts it, so that thread does nothing else, and the
        // engine goes even when the tests are killed.
        let mut kept = program("setpriv");
        kept.args(["--pdeathsig", "TERM"]).arg(command.get_program()).args(command.get_args());
        kept.stdin(Stdio::null()).stdout(log.try_clone().expect("the engine's log")).stderr(log);
        let (stop, stopped) = mpsc::channel::<()>();
        let keeper = thread::spawn(move || {
            let mut child = kept.spawn().expect("start dockerd");
            let _ = stopped.recv();
            end(&mut child);
        });
        let engine = Engine { run, _data: data, stop: Some(stop), keeper: Some(keeper) };
        let deadline = Instant::now() + PATIENCE;
        while !engine.client().arg("version").output().expect("run docker").status.success() {
            let log = || fs::read_to_string(engine.run.path().join("log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "dockerd does not answer:\n{}", log());
            thread::sleep(Duration::from_millis(100));
        }
        engine
    }

    fn client(&self) -> Command {
        let mut command = program("docker");
        command.env("DOCKER_HOST", format!("unix://{}", self.run.path().join("socket").display()));
        command.env("DOCKER_CONFIG", self.run.path()).env_remove("DOCKER_CONTEXT");
        command
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(keeper) = self.keeper.take() {
            let _ = keeper.join();
        }
        // The engine leaves the network of the host mounted, which would keep the directory.
        let _ = program("umount").arg(self.run.path().join("exec/netns/default")).output();
    }
}

/// Ends the engine in the way that lets it stop its containers and its containerd.
fn end(child: &mut Child) {
    let pid = child.id().to_string();
    let _ = Command::new("kill").args(["-TERM", &pid]).status();
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        if matches!(child.try_wait(), Ok(Some(_)) | Err(_)) {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// A running function; gone when dropped.
pub struct Function {
    docker: Docker,
    id: String,
    reach: Reach,
}

enum Reach {
    /// A port of this host.
    Port(u16),
    /// The emulator's own port in the network of a process.
    Inside { pid: String },
}

impl Function {
    /// Sends an event and returns the answer.
    pub fn invoke(&self, event: &Value) -> Value {
        let event = event.to_string();
        let answer = match &self.reach {
            Reach::Port(port) => invoke(*port, &event),
            Reach::Inside { pid } => self.invoke_inside(pid, &event),
        };
        let answer = answer.unwrap_or_else(|error| panic!("{error}; the function said:\n{}", self.logs()));
        serde_json::from_str(&answer)
            .unwrap_or_else(|error| panic!("{error} in `{answer}`; the function said:\n{}", self.logs()))
    }

    /// What the container has written so far.
    pub fn logs(&self) -> String {
        let out = self.docker.command().args(["logs", &self.id]).output().expect("docker logs");
        String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned()
    }

    fn invoke_inside(&self, pid: &str, event: &str) -> Result<String, String> {
        let mut command = program("nsenter");
        command.arg(format!("--net=/proc/{pid}/ns/net")).arg(program("curl").get_program());
        command.args([
            "-sS",
            "--retry",
            "60",
            "--retry-connrefused",
            "--retry-delay",
            "1",
            "--max-time",
            "120",
        ]);
        command.args(["--data-binary", event]).arg(format!("http://127.0.0.1:8080{INVOKE}"));
        let out = command.output().map_err(|error| error.to_string())?;
        if !out.status.success() {
            return Err(String::from_utf8_lossy(&out.stderr).into_owned());
        }
        Ok(String::from_utf8_lossy(&out.stdout).into_owned())
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.docker.command().args(["rm", "--force", &self.id]).output();
    }
}

/// Sends an event to the emulator on a port of this host, once it listens.
pub fn invoke(port: u16, event: &str) -> Result<String, String> {
    let deadline = Instant::now() + PATIENCE;
    let mut stream = loop {
        match TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
            Ok(stream) => break stream,
            Err(error) if Instant::now() > deadline => {
                return Err(format!("connect to port {port}: {error}"));
            }
            Err(_) => thread::sleep(Duration::from_millis(50)),
        }
    };
    let exchange = |stream: &mut TcpStream| {
        stream.set_read_timeout(Some(PATIENCE))?;
        // HTTP/1.0: the answer comes whole, not in chunks, and the connection ends with it.
        write!(stream, "POST {INVOKE} HTTP/1.0\r\nContent-Length: {}\r\n\r\n{event}", event.len())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    let answer =
        exchange(&mut stream).map_err(|error: std::io::Error| format!("invoke on port {port}: {error}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| format!("no HTTP answer: `{answer}`"))?;
    if !head.contains(" 200 ") {
        return Err(answer);
    }
    Ok(body.to_owned())
}
