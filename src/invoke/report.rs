//! The lines that Lambda writes around an invocation, and the durations in them.

use std::time::Duration;

/// What an invocation took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
        line
    }
}

/// The line `INIT_REPORT`: of an init phase before the first invocation.
pub fn init(duration: Duration) -> String {
    format!("INIT_REPORT Init Duration: {} ms\tPhase: init\t", milliseconds(duration))
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
        };
        let line = "REPORT RequestId: X\tDuration: 91.21 ms\tBilled Duration: 236 ms\tMemory Size: 128 MB\tMax Memory Used: 13 MB\tInit Duration: 143.90 ms\t";
        assert_eq!(report.line("X"), line);
    }
}
