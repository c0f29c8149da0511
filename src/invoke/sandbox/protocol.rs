//! What the process that runs functions and the first process of a sandbox tell each other: frames over two pipes.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::mode::Mode;

/// The most bytes of a frame: a command's environment and arguments, or a piece of output.
const FRAME_MAX: u32 = 4 << 20;

/// What a sandbox must be like. The first frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// How the function is shut in.
    pub mode: Mode,
    /// Whether, with privileges, it has a user namespace of its own nevertheless: in it, its processes are counted apart.
    pub own_users: bool,
    /// Whether it has a process namespace of its own, and with it a `/proc` of its own.
    pub own_processes: bool,
    /// Whether it has a network of its own, without any connection.
    pub own_network: bool,
    /// The image's files.
    pub root: String,
    /// Bytes of `/tmp`.
    pub tmp_size: u64,
    /// Contents of files that are laid over those of the image: path without the first slash, and text.
    pub files: Vec<(String, String)>,
    /// The most open files of a process.
    pub descriptors: u64,
    /// The most processes and threads.
    pub processes: u64,
}

/// A program to be started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Path and arguments.
    pub arguments: Vec<String>,
    /// Its whole environment.
    pub variables: Vec<(String, String)>,
    /// Its working directory.
    pub directory: String,
    /// The `e_machine` of ELF files that can be started.
    pub machine: u16,
}

/// What the sandbox is told to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// The users are mapped.
    Mapped,
    /// Starts a program; events name it by `id`.
    Start {
        /// Its number in later commands and events.
        id: u32,
        /// What is started.
        program: Program,
    },
    /// Stops all processes, or lets them go on.
    Freeze {
        /// Which of the two.
        frozen: bool,
    },
    /// Sends a signal to a program and its process group.
    Signal {
        /// Which.
        id: u32,
        /// The number of the signal.
        signal: i32,
    },
}

/// What happened in the sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The sandbox has a network of its own, where this descriptor of the outer process listens for the Runtime API.
    Listening {
        /// The descriptor.
        descriptor: i32,
    },
    /// The first process waits for [`Command::Mapped`].
    Unmapped,
    /// The sandbox is ready for commands.
    Ready,
    /// The sandbox cannot be made.
    Refused {
        /// What was tried: `mount /proc`.
        step: String,
        /// The host's error number; 0 where it has none.
        errno: i32,
    },
    /// A program runs.
    Started {
        /// Which.
        id: u32,
        /// Its process id in the sandbox.
        pid: i32,
    },
    /// A program cannot be started.
    NotStarted {
        /// Which.
        id: u32,
        /// Whether its working directory is the reason.
        directory: bool,
        /// The host's error number; 0 where it has none.
        errno: i32,
    },
    /// A program wrote something.
    Output {
        /// Which.
        id: u32,
        /// What it wrote.
        bytes: Vec<u8>,
    },
    /// A program closed its output.
    OutputEnded {
        /// Which.
        id: u32,
    },
    /// All processes are stopped, and what they wrote was told before.
    Frozen,
    /// A program ended.
    Exited {
        /// Which.
        id: u32,
        /// Its exit code, where it had one.
        code: Option<i32>,
        /// The signal that ended it, where one did.
        signal: Option<i32>,
    },
}

/// Writes one frame.
///
/// # Errors
/// Those of `to`.
pub fn send(to: &mut dyn Write, frame: &impl Serialize) -> io::Result<()> {
    let bytes = postcard::to_stdvec(frame).map_err(io::Error::other)?;
    let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= FRAME_MAX);
    let length = length.ok_or_else(|| io::Error::other("a frame that is too long"))?;
    to.write_all(&[&length.to_le_bytes()[..], &bytes].concat())?;
    to.flush()
}

/// Reads one frame; `None` at the end.
///
/// # Errors
/// Those of `from`, and what is malformed.
pub fn receive<T: DeserializeOwned>(from: &mut dyn Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let length = u32::from_le_bytes(length);
    if length > FRAME_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame that is too long"));
    }
    let mut bytes = vec![0; length as usize];
    from.read_exact(&mut bytes)?;
    postcard::from_bytes(&bytes).map(Some).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back() {
        let mut wire = Vec::new();
        let events = [Event::Ready, Event::Output { id: 7, bytes: vec![1, 2, 3] }];
        events.iter().for_each(|event| send(&mut wire, event).unwrap());
        let mut read = &wire[..];
        for event in &events {
            assert_eq!(receive::<Event>(&mut read).unwrap().as_ref(), Some(event));
        }
        assert_eq!(receive::<Event>(&mut read).unwrap(), None);
        assert!(receive::<Event>(&mut &wire[..3]).unwrap().is_none());
        assert!(receive::<Event>(&mut &[255, 255, 255, 255, 0][..]).is_err());
    }
}
