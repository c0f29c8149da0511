//! What programs in a sandbox write, passed on in order.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::protocol::{Event, send};
use crate::work::lock;

/// The most bytes that are passed on at once.
const PIECE: usize = 16 << 10;

/// The most pieces of a pipe that are passed on when programs are stopped: its capacity, which is 1 MiB at most without
/// privileges (`/proc/sys/fs/pipe-max-size`, pipe(7)).
const PIECES_MAX: usize = (1 << 20) / PIECE;

/// The pipes to which programs write. The lock orders what is passed on: a piece is read and told while it is held.
#[derive(Default)]
pub struct Outputs(Mutex<Vec<Arc<Output>>>);

/// A pipe to which the program `id` writes.
struct Output {
    id: u32,
    pipe: OwnedFd,
}

enum Piece {
    PassedOn,
    NoneNow,
    Ended,
}

impl Outputs {
    /// Passes on what a program writes to these pipes from now on, and tells when it closed both.
    pub fn pass_on(self: &Arc<Self>, id: u32, stdout: Option<OwnedFd>, stderr: Option<OwnedFd>) {
        let listed = |pipe: OwnedFd| {
            // It cannot fail for a pipe.
            let _ = rustix::io::ioctl_fionbio(&pipe, true);
            let output = Arc::new(Output { id, pipe });
            lock(&self.0).push(Arc::clone(&output));
            let outputs = Arc::clone(self);
            thread::spawn(move || outputs.follow(&output))
        };
        let threads: Vec<_> = [stdout, stderr].into_iter().flatten().map(listed).collect();
        thread::spawn(move || {
            threads.into_iter().for_each(|thread| drop(thread.join()));
            tell(&Event::OutputEnded { id });
        });
    }

    /// Passes on all that the pipes hold now.
    pub fn pass_on_all(&self) {
        for output in &*lock(&self.0) {
            let _ = (0..PIECES_MAX).find(|_| !matches!(output.pass_on_piece(), Piece::PassedOn));
        }
    }

    fn follow(&self, output: &Arc<Output>) {
        loop {
            match poll(&mut [PollFd::new(&output.pipe, PollFlags::IN)], None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(_) => return,
            }
            let mut listed = lock(&self.0);
            if let Piece::Ended = output.pass_on_piece() {
                listed.retain(|other| !Arc::ptr_eq(other, output));
                return;
            }
        }
    }
}

impl Output {
    fn pass_on_piece(&self) -> Piece {
        let mut buffer = [0; PIECE];
        match rustix::io::read(&self.pipe, &mut buffer) {
            Ok(0) => Piece::Ended,
            Ok(count) => {
                tell(&Event::Output { id: self.id, bytes: buffer[..count].to_vec() });
                Piece::PassedOn
            }
            Err(Errno::AGAIN | Errno::INTR) => Piece::NoneNow,
            Err(_) => Piece::Ended,
        }
    }
}

/// Tells the program that invokes; where it is gone, this process ends with it.
pub fn tell(event: &Event) {
    let _ = send(&mut io::stdout().lock(), event);
}
