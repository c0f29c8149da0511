//! Findings as SARIF 2.1.0 (OASIS), for code scanning.

use lambda_img::check::{CHECKS, Check, Finding, Level, Location};
use lambda_img::examine::Checked;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::check_page;

/// The log of one run.
pub fn log(checked: &Checked) -> Value {
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "rules": CHECKS.iter().map(|check| rule(check)).collect::<Vec<_>>(),
            }},
            "results": checked.report.findings.iter().map(|finding| result(checked, finding)).collect::<Vec<_>>(),
        }],
    })
}

fn rule(check: &Check) -> Value {
    json!({
        "id": check.id,
        "shortDescription": { "text": check_page::summary(check) },
        "fullDescription": { "text": check_page::why(check) },
        "help": { "text": check.page, "markdown": check.page },
        "defaultConfiguration": { "level": level(check.level) },
        "properties": { "tags": [check.group.to_string()], "grade": check.evidence.to_string() },
    })
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Warn => "warning",
        Level::Deny => "error",
    }
}

fn result(checked: &Checked, finding: &Finding) -> Value {
    let Finding { check, level: found, allowed, fault } = finding;
    // Viewers want a file: a path of the image, else the image.
    let uri = match &fault.location {
        Location::Path(_, path) => path,
        _ => &checked.name,
    };
    let mut result = json!({
        "ruleId": check.id,
        "ruleIndex": CHECKS.iter().position(|one| one.id == check.id),
        "level": level(*found),
        "message": { "text": format!("{}: {}; {}", fault.location, fault.message, fault.fix) },
        "locations": [{
            "physicalLocation": { "artifactLocation": { "uri": encoded(uri) } },
            "logicalLocations": [{ "fullyQualifiedName": format!("{} {}", checked.name, fault.location) }],
        }],
    });
    if *allowed {
        result["suppressions"] = json!([{ "kind": "external", "justification": "--allow" }]);
    }
    result
}

/// What stands for itself in a relative URI of a path: not `:`, which would end a scheme.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// A relative URI (RFC 3986) of a path or name.
fn encoded(path: &str) -> String {
    utf8_percent_encode(path.trim_start_matches('/'), PLAIN).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_have_no_scheme_and_no_space() {
        assert_eq!(encoded("/var/task/a b:\u{e9}"), "var/task/a%20b%3A%C3%A9");
    }
}
