//! The lines that Lambda writes around an invocation, and the durations in them.

use std::time::Duration;

/// How an invocation or an init phase ended that an environment did not survive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It took too long.
    Timeout,
    /// A program ended or failed, for a reason of this type.
    Error(String),
}

/// What an invocation took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// From the event to the answer.
    pub duration: Duration,
    /// The init phase, where this invocation began an environment.
    pub init: Option<Duration>,
    /// The restore from a snapshot, where this invocation began an environment so.
    pub restore: Option<Duration>,
    /// The function's memory in MiB.
    pub memory: u32,
    /// The most memory that was in use, in MiB.
    pub memory_used: u32,
    /// Why the environment ended with it.
    pub fault: Option<Fault>,
}

impl Report {
    /// What Lambda bills, in milliseconds: of image functions, init and duration together, rounded up. The hooks after a
    /// restore are billed, too.
    pub fn billed(&self) -> u128 {
        whole(self.duration + self.init.unwrap_or_default() + self.restore.unwrap_or_default())
    }

    /// The line `REPORT`.
    pub fn line(&self, request_id: &str) -> String {
        let mut line = format!(
            "REPORT RequestId: {request_id}\tDuration: {} ms\tBilled Duration: {} ms\tMemory Size: {} MB\tMax Memory Used: {} MB\t",
            milliseconds(self.duration),
            self.billed(),
            self.memory,
            self.memory_used,
        );
        if let Some(init) = self.init {
            line += &format!("Init Duration: {} ms\t", milliseconds(init));
        }
        if let Some(restore) = self.restore {
            let billed = whole(restore);
            line += &format!(
                "Restore Duration: {} ms\tBilled Restore Duration: {billed} ms\t",
                milliseconds(restore)
            );
        }
        line + &ended(self.fault.as_ref())
    }
}

/// The line `INIT_REPORT`: of an init phase that failed, or was not begun for an event. `phase` is `init`, or `invoke` for
/// the second try.
pub fn init(duration: Duration, phase: &str, fault: Option<&Fault>) -> String {
    format!("INIT_REPORT Init Duration: {} ms\tPhase: {phase}\t{}", milliseconds(duration), ended(fault))
}

/// The last fields of a line (AWS Lambda Developer Guide, "Failures during the Init phase"; logs of 2025 and 2026 have them
/// in `REPORT`, too).
fn ended(fault: Option<&Fault>) -> String {
    match fault {
        None => String::new(),
        Some(Fault::Timeout) => "Status: timeout".to_owned(),
        Some(Fault::Error(error_type)) => format!("Status: error\tError Type: {error_type}"),
    }
}

/// The line `START`.
pub fn start(request_id: &str, version: &str) -> String {
    format!("START RequestId: {request_id} Version: {version}")
}

/// The line `END`.
pub fn end(request_id: &str) -> String {
    format!("END RequestId: {request_id}")
}

/// Milliseconds, rounded up.
fn whole(duration: Duration) -> u128 {
    duration.as_nanos().div_ceil(1_000_000)
}

/// Milliseconds with two digits behind the point.
fn milliseconds(duration: Duration) -> String {
    let hundredths = (duration.as_micros() + 5) / 10;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The log of a real image function: bruceadams/run-command-on-aws-lambda, its demonstration.
    #[test]
    fn the_line_of_a_real_image_function() {
        let report = Report {
            duration: Duration::from_micros(91_210),
            init: Some(Duration::from_micros(143_900)),
            restore: None,
            memory: 128,
            memory_used: 13,
            fault: None,
        };
        let line = "REPORT RequestId: X\tDuration: 91.21 ms\tBilled Duration: 236 ms\tMemory Size: 128 MB\tMax Memory Used: 13 MB\tInit Duration: 143.90 ms\t";
        assert_eq!(report.line("X"), line);
    }
    /// Logs of real functions: DataBiosphere/azul#8140 (June 2026), and one of provided.al2023.
    #[test]
    fn the_lines_of_real_functions_that_failed() {
        let report = Report {
            duration: Duration::from_secs(180),
            memory: 1280,
            memory_used: 1201,
            fault: Some(Fault::Timeout),
            ..Report::default()
        };
        let line = "REPORT RequestId: X\tDuration: 180000.00 ms\tBilled Duration: 180000 ms\tMemory Size: 1280 MB\tMax Memory Used: 1201 MB\tStatus: timeout";
        assert_eq!(report.line("X"), line);
        let fault = Fault::Error("Runtime.InvalidEntrypoint".to_owned());
        let line = "INIT_REPORT Init Duration: 0.27 ms\tPhase: init\tStatus: error\tError Type: Runtime.InvalidEntrypoint";
        assert_eq!(init(Duration::from_micros(270), "init", Some(&fault)), line);
    }
}
