//! What is given to the programs of a function, and what they say.

use serde_json::json;

/// One event on its way to the runtime.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Its request id.
    pub request_id: String,
    /// One for each attempt: an answer that names another one comes too late.
    pub invocation_id: String,
    /// The end of its time, in milliseconds since 1970.
    pub deadline: u128,
    /// The function's ARN.
    pub arn: String,
    /// The trace header of X-Ray.
    pub trace_id: String,
    /// What the caller sent as client context, decoded.
    pub client_context: Option<String>,
    /// The tenant that it is for.
    pub tenant_id: Option<String>,
    /// The content type that the caller gave.
    pub content_type: String,
    /// The event.
    pub payload: Vec<u8>,
}

impl Offer {
    /// What extensions are told of it.
    pub fn told(&self) -> String {
        let told = json!({
            "eventType": "INVOKE",
            "deadlineMs": self.deadline as u64,
            "requestId": self.request_id,
            "invokedFunctionArn": self.arn,
            "tracing": { "type": "X-Amzn-Trace-Id", "value": self.trace_id },
        });
        told.to_string()
    }
}

/// What the programs in the sandbox said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// The runtime asks for the next event.
    RuntimeReady,
    /// The runtime waits for the snapshot to be made, and for the restore.
    SnapshotReady,
    /// The runtime failed to begin.
    InitError(Failure),
    /// The runtime answers in pieces; this is one.
    Piece(Vec<u8>),
    /// The runtime's answer is complete: the whole, or nothing where it came in pieces.
    Response(Vec<u8>),
    /// The runtime reports that the function failed; or its answer was cut off, or is refused.
    InvocationError(Failure),
    /// An extension asks for its next event.
    ExtensionReady(String),
    /// An extension failed.
    ExtensionError {
        /// Its name.
        name: String,
        /// The type that it gave.
        error_type: String,
        /// Whether it did so before its first event.
        init: bool,
    },
    /// A worker has taken the event that is given with it.
    Taken,
    /// One of several events at once.
    About {
        /// Its request id.
        request_id: String,
        /// What is said of it.
        said: Box<Said>,
    },
}

impl Said {
    /// `said` of this event.
    pub fn about(request_id: &str, said: Said) -> Self {
        Said::About { request_id: request_id.to_owned(), said: Box::new(said) }
    }
}

/// An error as a caller gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Lambda's type: `Runtime.ExitError`.
    pub error_type: String,
    /// The payload: JSON as the runtime gave it.
    pub payload: Vec<u8>,
}

impl Failure {
    /// The type that the function itself names in its payload, else Lambda's.
    pub fn name(&self) -> String {
        let payload: serde_json::Value = serde_json::from_slice(&self.payload).unwrap_or_default();
        payload["errorType"].as_str().unwrap_or(&self.error_type).to_owned()
    }
}
