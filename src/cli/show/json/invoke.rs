//! The object of `invoke --json`.

use lambda_img::invoke::{Means, Outcome};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::values::Version;

/// What became of an event.
#[derive(Serialize, JsonSchema)]
pub struct Invoked {
    version: Version<1>,
    /// Its request id.
    request_id: String,
    /// The function's answer or error: JSON, or a string where it is not JSON.
    payload: Value,
    /// The type of the error, that of `payload` where it names one, else Lambda's; null where the function did not fail.
    error_type: Option<String>,
    /// The last 4 KiB of the log.
    log: String,
    /// Milliseconds from the event to the answer.
    duration_ms: f64,
    /// Milliseconds that Lambda bills.
    billed_duration_ms: u64,
    /// Milliseconds of the init phase; null where the environment was there already.
    init_duration_ms: Option<f64>,
    /// Milliseconds of the restore with SnapStart; null where there was none.
    restore_duration_ms: Option<f64>,
    /// The function's memory in MB.
    memory_size_mb: u32,
    /// The most memory in use in MB.
    max_memory_used_mb: u32,
    sandbox: Sandbox,
}

/// What the function was shut in with.
#[derive(Serialize, JsonSchema)]
struct Sandbox {
    #[schemars(extend("enum" = ["root", "user-namespaces", "chroot", "off"]))]
    mode: &'static str,
    /// What Lambda enforces and this mode does not, for people.
    not_enforced: Vec<&'static str>,
}

impl Invoked {
    /// Of an outcome; `pieces` are those of an answer that came in pieces.
    pub fn of(outcome: &Outcome, pieces: &[u8], means: Means) -> Self {
        let (payload, error_type) = match &outcome.result {
            Ok(payload) => (payload, None),
            Err(failure) => (&failure.payload, Some(failure.name())),
        };
        let whole = [pieces, payload].concat();
        let payload = serde_json::from_slice(&whole)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&whole).into_owned()));
        let report = &outcome.report;
        Self {
            version: Version,
            request_id: outcome.request_id.clone(),
            payload,
            error_type,
            log: String::from_utf8_lossy(&outcome.log).into_owned(),
            duration_ms: report.duration.as_secs_f64() * 1e3,
            billed_duration_ms: u64::try_from(report.billed()).unwrap_or(u64::MAX),
            init_duration_ms: report.init.map(|init| init.as_secs_f64() * 1e3),
            restore_duration_ms: report.restore.map(|restore| restore.as_secs_f64() * 1e3),
            memory_size_mb: report.memory,
            max_memory_used_mb: report.memory_used,
            sandbox: Sandbox { mode: means.mode.name(), not_enforced: means.not_enforced() },
        }
    }
}
