//! What extensions are told of a restore from a snapshot.

use std::time::Duration;

use serde_json::json;

use super::{Status, Telemetry, milliseconds};
use crate::invoke::variables::Identity;

impl Telemetry {
    /// The environment is restored from a snapshot.
    pub fn restore_started(&self, identity: &Identity) {
        let record = json!({
            "functionName": identity.name,
            "functionVersion": identity.version,
            "instanceMaxMemory": u64::from(identity.memory) << 20,
        });
        self.platform("platform.restoreStart", record);
    }

    /// The runtime is ready after the restore, or failed, after this time.
    pub fn restore_ended(&self, status: Status<'_>, duration: Duration) {
        let mut record = json!({});
        status.put_into(&mut record);
        self.platform("platform.restoreRuntimeDone", record.clone());
        record["metrics"] = json!({ "durationMs": milliseconds(duration) });
        self.platform("platform.restoreReport", record);
    }
}
