//! A step of making a sandbox that the host refuses, and the plan of which it is a step.

use std::io::{self, Read};

use super::protocol::{Plan, receive};

/// A step of making a sandbox that the host refused.
pub struct Refused {
    pub step: String,
    pub errno: i32,
}

impl Refused {
    /// For `map_err`.
    pub fn at<E: Into<io::Error>>(step: impl Into<String>) -> impl FnOnce(E) -> Self {
        let step = step.into();
        move |error| Self { step, errno: error.into().raw_os_error().unwrap_or_default() }
    }
}

/// Reads the plan, byte for byte: what follows it on stdin belongs to the next process.
pub fn plan() -> Result<Plan, Refused> {
    struct Stdin;
    impl Read for Stdin {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            Ok(rustix::io::read(rustix::stdio::stdin(), buf)?)
        }
    }
    receive(&mut Stdin)
        .and_then(|plan| plan.ok_or_else(|| io::ErrorKind::UnexpectedEof.into()))
        .map_err(Refused::at("read the plan"))
}
