//! A way to a server that ends after a number of bytes: what is killed then is killed at that moment of its work,
//! however fast the machine is.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use super::common::until;

/// It listens on a port of its own, and ends with the test.
pub struct Relay {
    pub host: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    opened: Condvar,
}

#[derive(Default)]
struct State {
    /// Bytes that went either way.
    passed: u64,
    /// How many may.
    limit: Option<u64>,
    /// Whether more would have.
    full: bool,
}

impl Relay {
    pub fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let (shared, server) = (Arc::new(Shared::default()), server.to_owned());
        let relayed = shared.clone();
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let Ok(far) = TcpStream::connect(&server) else { continue };
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let shared = relayed.clone();
                    thread::spawn(move || shared.copy(from, to));
                }
            }
        });
        Self { host, shared }
    }

    /// How many bytes went either way.
    pub fn passed(&self) -> u64 {
        self.shared.state.lock().unwrap().passed
    }

    /// Lets everything pass from now on. What was held is lost with its connection.
    pub fn open(&self) {
        self.shared.state.lock().unwrap().limit = None;
        self.shared.opened.notify_all();
    }

    /// Runs a program and kills it when so many more bytes have passed: whether that found it running.
    pub fn kill_after(&self, bytes: u64, command: &mut Command) -> bool {
        {
            let mut state = self.shared.state.lock().unwrap();
            state.limit = Some(state.passed + bytes);
            state.full = false;
        }
        let mut child = command.spawn().unwrap();
        until("as many bytes, or the end", || {
            self.shared.state.lock().unwrap().full || child.try_wait().unwrap().is_some()
        });
        child.kill().unwrap();
        !child.wait().unwrap().success()
    }
}

impl Shared {
    fn copy(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut bytes = [0; 16 << 10];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            let allowed = self.allowed(count);
            if to.write_all(&bytes[..allowed]).is_err() || allowed < count && self.wait() {
                break;
            }
        }
        let _ = (to.shutdown(Shutdown::Write), from.shutdown(Shutdown::Read));
    }

    /// How many of these bytes may pass.
    fn allowed(&self, count: usize) -> usize {
        let mut state = self.state.lock().unwrap();
        let room = state.limit.map_or(u64::MAX, |limit| limit - state.passed);
        let allowed = room.min(count as u64);
        state.passed += allowed;
        state.full |= allowed < count as u64;
        allowed as usize
    }

    /// Waits until everything may pass; too late for this connection.
    fn wait(&self) -> bool {
        drop(self.opened.wait_while(self.state.lock().unwrap(), |state| state.limit.is_some()));
        true
    }
}
