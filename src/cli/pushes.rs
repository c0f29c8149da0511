//! What was pushed, in words, as JSON and as the lines of stdout.

use lambda_img::publish::registry::Pushed;
use serde_json::{Value, json};

use super::ui;

/// One line for people.
pub fn line(one: &Pushed) -> String {
    let tags = if one.tags.is_empty() { "by digest alone".to_owned() } else { one.tags.join(", ") };
    let blobs = one.blobs;
    let count = |count: usize| if count == 1 { "1 blob".to_owned() } else { format!("{count} blobs") };
    let what = if one.already {
        "already published".to_owned()
    } else {
        let sent = format!("sent {} ({})", count(blobs.sent), ui::bytes(blobs.bytes));
        format!("{sent}, mounted {}, {} there already", blobs.mounted, blobs.present)
    };
    format!("  {} ({tags}): {what}\n", one.pinned)
}

/// The same as JSON; sizes are bytes.
pub fn json(one: &Pushed) -> Value {
    json!({
        "reference": one.pinned.to_string(),
        "tags": one.tags,
        "already_published": one.already,
        "blobs": {
            "present": one.blobs.present,
            "mounted": one.blobs.mounted,
            "sent": one.blobs.sent,
            "sent_bytes": one.blobs.bytes,
        },
    })
}
