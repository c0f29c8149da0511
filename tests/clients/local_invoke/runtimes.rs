//! Runtimes that are not AWS's: programs that speak the Runtime API themselves.

use super::invoke;
use crate::harness::common::Place;
use crate::harness::support::stand_in;

/// The custom runtime of AWS's tutorial, with the HTTP client of BusyBox in place of curl.
const SHELL: &str = r#"#!/bin/sh
set -eu
api=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime
while :; do
    event=$(busybox wget -q -S -O - "$api/invocation/next" 2>/tmp/headers)
    id=$(busybox sed -n 's/\r$//; s/^ *[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: *//p' /tmp/headers)
    echo "an event of ${#event} bytes" >&2
    case $event in
    *fail*) busybox wget -q -O - --header "Lambda-Runtime-Function-Error-Type: Function.Refused" \
        --post-data '{"errorMessage":"no","errorType":"Refused"}' "$api/invocation/$id/error" ;;
    *) busybox wget -q -O - --post-data "{\"seen\":$event}" "$api/invocation/$id/response" ;;
    esac >/tmp/said
done
"#;

#[test]
fn a_shell_script_is_a_runtime() {
    let place = Place::new();
    place.script("fn/bootstrap", SHELL);
    let base = stand_in("provided.al2023");
    let settings = format!(
        "[functions.hello]\nruntime = \"provided.al2023\"\npath = \"fn\"\nbase = \"oci:{}:base\"\n",
        base.display()
    );
    place.write("lambda-img.toml", settings);
    let ran = invoke(&place, "--event {\"a\":1} --count 2");
    assert_eq!(ran.stdout, "{\"seen\":{\"a\":1}}\n{\"seen\":{\"a\":1}}\n", "{ran:?}");
    assert_eq!(ran.stderr.matches("an event of 7 bytes").count(), 2, "{ran:?}");
    let ran = invoke(&place, "--event {\"fail\":1}");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(ran.stdout, "{\"errorMessage\":\"no\",\"errorType\":\"Refused\"}\n");
}
