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
//! | how an environment answers several events at once | `shared`, `api::workers` |
//! | what callers with an SDK or `curl` are answered | `serve` |
//! | what extensions are told of logs and of Lambda's work | `telemetry` |
//! | the lines START, END and REPORT | `report` |
//!
//! Source of the rules: AWS Lambda Developer Guide, "Lambda execution environment", "Runtime API", "Extensions API";
//! AWS's emulator (aws-lambda-runtime-interface-emulator). Both are graded in `docs/reference/lambda-and-ecr.md`.

mod answer;
mod api;
mod clock;
mod end;
mod environment;
mod error;
mod function;
#[doc(hidden)]
pub mod http;
mod identifier;
mod instance;
mod memory;
mod processes;
mod report;
mod root;
mod sandbox;
mod serve;
mod shared;
mod telemetry;
mod variables;

pub use self::api::Failure;
pub use self::environment::Listener;
pub use self::error::{InvokeError, ReservedVariable};
pub use self::function::{Configuration, Function};
pub use self::instance::{Instance, Invocation, Outcome};
pub use self::report::{Fault, Report, end as end_line, start as start_line};
pub use self::root::RootError;
pub use self::sandbox::{Means, Mode, SandboxError, enter, find_means};
pub use self::serve::{Front, LambdaApi};
pub use self::shared::SharedInstance;
pub use self::variables::Identity;
