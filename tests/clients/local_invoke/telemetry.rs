//! Telemetry API and Logs API: what an extension that subscribes is told.

use serde_json::{Value, json};

use super::{invoke, python};
use crate::harness::common::Place;
use crate::harness::support::repository;

/// A function with the extension `recorder`, and what that recorded of an invocation with these options.
fn recorded(options: &str) -> Value {
    let place = python(
        "import time\ndef handler(event, context):\n    print('a line')\n    time.sleep(event.get('sleep', 0))\n\
         \x20   if event.get('fail'): raise ValueError('no')\n    return 'done'\n",
    );
    place.script(
        "layer/extensions/recorder",
        std::fs::read_to_string(repository("tests/data/invoke/recorder.py")).unwrap(),
    );
    recorded_by(&place, options)
}

fn recorded_by(place: &Place, options: &str) -> Value {
    let ran = invoke(place, &format!("--lambda-layer layer {options}"));
    let line = ran.stderr.lines().find_map(|line| line.strip_prefix("RECORDED "));
    serde_json::from_str(line.unwrap_or_else(|| panic!("{ran:?}"))).unwrap()
}

/// The types of events, and the records of one type.
fn types(recorded: &Value) -> Vec<&str> {
    recorded["events"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect()
}

fn records<'a>(recorded: &'a Value, kind: &str) -> Vec<&'a Value> {
    let events = recorded["events"].as_array().unwrap().iter();
    events.filter(|event| event["type"] == kind).map(|event| &event["record"]).collect()
}

#[test]
fn an_extension_that_subscribes_hears_all_of_an_environment() {
    let heard = recorded("--count 2 --memory 256");
    assert_eq!(heard["reason"], "spindown");
    let refused = "Telemetry.SubscriptionClosed";
    assert_eq!(
        heard["said"],
        json!([
            [400, "ValidationError"],
            [400, "ValidationError"],
            [403, "Extension.UnknownExtensionIdentifier"],
            [200, "OK"],
            [403, "Logs.NotSupported"],
            [403, refused],
        ])
    );
    let of_event = ["platform.start", "function", "platform.runtimeDone", "platform.report"];
    let init = [
        "platform.initStart",
        "platform.telemetrySubscription",
        "platform.extension",
        "platform.initRuntimeDone",
        "platform.initReport",
    ];
    let mut expected = [&init[..], &of_event, &of_event].concat();
    // Lines come by another way than requests: one may be heard after the runtime is done.
    let mut heard_types = types(&heard);
    for types in [&mut expected, &mut heard_types] {
        assert_eq!(types[..init.len()], init, "{heard:#}");
        types.sort_unstable();
    }
    assert_eq!(heard_types, expected, "{heard:#}");
    let subscribed = json!({ "name": "recorder", "state": "Subscribed", "types": ["platform", "function"] });
    assert_eq!(records(&heard, "platform.telemetrySubscription"), [&subscribed]);
    let ready = json!({ "name": "recorder", "state": "Ready", "events": ["INVOKE", "SHUTDOWN"] });
    assert_eq!(records(&heard, "platform.extension"), [&ready]);
    assert_eq!(records(&heard, "function"), [&json!("a line\n"); 2]);
    let done = records(&heard, "platform.runtimeDone");
    let reports = records(&heard, "platform.report");
    for (at, start) in records(&heard, "platform.start").into_iter().enumerate() {
        assert_eq!(start["version"], "$LATEST");
        assert!(start["tracing"]["value"].as_str().unwrap().starts_with("Root=1-"), "{start}");
        assert_eq!(
            (&done[at]["requestId"], &reports[at]["requestId"]),
            (&start["requestId"], &start["requestId"])
        );
        assert_eq!((&done[at]["status"], &reports[at]["status"]), (&json!("success"), &json!("success")));
        // "done", with its quotes.
        assert_eq!(done[at]["metrics"]["producedBytes"], 6);
        let spans: Vec<_> = done[at]["spans"].as_array().unwrap().iter().map(|span| &span["name"]).collect();
        assert_eq!(spans, ["responseLatency", "responseDuration", "runtimeOverhead"]);
        let metrics = &reports[at]["metrics"];
        assert_eq!(metrics["memorySizeMB"], 256);
        assert_eq!(metrics.get("initDurationMs").is_some(), at == 0, "{metrics}");
    }
}

#[test]
fn what_goes_wrong_is_told_with_its_status() {
    let last = |recorded: &Value, kind: &str| (*records(recorded, kind).last().unwrap()).clone();
    let failed = recorded(r#"--event {"fail":true}"#);
    let done = last(&failed, "platform.runtimeDone");
    assert_eq!((&done["status"], &done["errorType"]), (&json!("error"), &json!("Runtime.Unknown")), "{done}");
    let late = recorded(r#"--event {"sleep":60} --function-timeout 3"#);
    assert_eq!(last(&late, "platform.report")["status"], "timeout");
    assert_eq!(late["reason"], "timeout");
}

#[test]
fn the_logs_api_delivers_its_own_events_also_over_tcp() {
    let heard = recorded("--set-env INTERFACE=logs --set-env PROTOCOL=TCP");
    let expected = [
        "platform.logsSubscription",
        "platform.extension",
        "platform.start",
        "function",
        "platform.runtimeDone",
        "platform.end",
        "platform.report",
    ];
    let (mut heard_types, mut expected) = (types(&heard), expected);
    heard_types.sort_unstable();
    expected.sort_unstable();
    assert_eq!(heard_types, expected, "{heard:#}");
    let start = records(&heard, "platform.start")[0];
    assert_eq!(start.as_object().unwrap().len(), 2, "{start}");
}
