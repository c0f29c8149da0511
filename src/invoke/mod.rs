//! Running a function's image here, as Lambda runs it: no daemon, no other image around it.
//!
//! ```text
//! image ── root (unpacked once, in the cache) ──→ Function
//! Function ── Environment: sandbox (namespaces, user 993, read-only root) + api (Runtime API, Extensions API) ──→ Answer
//! ```
//!
//! | to change … | see |
//! |---|---|
//! | what of an image is unpacked, and with which permissions | `root` |
//! | what a function may see and do | `sandbox` |
//! | what runtimes and extensions are answered | `api` |
//! | which variables a function gets | `variables` |
//! | when a function is started, timed out, ended | `environment`, `end` |
//! | the lines START, END and REPORT | `report` |
//!
//! Source of the rules: AWS Lambda Developer Guide, "Lambda execution environment", "Runtime API", "Extensions API";
//! AWS's emulator (aws-lambda-runtime-interface-emulator). Both are graded in `docs/reference/lambda-and-ecr.md`.

mod api;
mod end;
mod environment;
mod error;
mod function;
mod instance;
mod memory;
mod report;
mod root;
mod sandbox;
mod variables;

use std::fs::File;
use std::io::{self, Read};

pub use self::api::Failure;
pub use self::environment::Listener;
pub use self::error::InvokeError;
pub use self::function::{Configuration, Function};
pub use self::instance::{Instance, Invocation, Outcome};
pub use self::report::{Report, end as end_line, start as start_line};
pub use self::root::RootError;
pub use self::sandbox::{Mode, SandboxError, enter, find_mode};
pub use self::variables::{Identity, ReservedVariable};

/// A random identifier in the form of a UUID of version 4 (RFC 9562).
fn identifier() -> io::Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
}
