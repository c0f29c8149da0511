//! What runtimes do of the Runtime API: a program that speaks it itself, and the hooks of SnapStart.

use super::{hello, invoke, python};

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
    let place = hello("provided.al2023", "");
    place.script("fn/bootstrap", SHELL);
    let ran = invoke(&place, "--event {\"a\":1} --count 2");
    assert_eq!(ran.stdout, "{\"seen\":{\"a\":1}}\n{\"seen\":{\"a\":1}}\n", "{ran:?}");
    assert_eq!(ran.stderr.matches("an event of 7 bytes").count(), 2, "{ran:?}");
    let ran = invoke(&place, "--event {\"fail\":1}");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(ran.stdout, "{\"errorMessage\":\"no\",\"errorType\":\"Refused\"}\n");
}

/// AWS's client for Python runs hooks that functions register.
#[test]
fn the_hooks_of_snapstart_run_around_the_restore() {
    let place = python(
        "import os\nfrom snapshot_restore_py import register_after_restore, register_before_snapshot\nsaid = []\n\
         def after():\n    said.append('after')\n    if 'FAIL' in os.environ: raise ValueError('not restored')\n\
         register_before_snapshot(said.append, 'before')\nregister_after_restore(after)\n\
         def handler(event, context):\n\
         \x20   names = ['AWS_LAMBDA_INITIALIZATION_TYPE', 'AWS_LAMBDA_LOG_GROUP_NAME']\n\
         \x20   return [said, [os.environ.get(name) for name in names]]\n",
    );
    let ran = invoke(&place, "--snapstart --count 2");
    let answer = "[[\"before\", \"after\"], [\"snap-start\", null]]\n";
    assert_eq!(ran.stdout, answer.repeat(2), "{ran:?}");
    let lines = |with: &str| ran.stderr.lines().filter(|line| line.contains(with)).count();
    assert_eq!(
        (lines("INIT_REPORT Init Duration: "), lines("\tBilled Restore Duration: ")),
        (1, 1),
        "{ran:?}"
    );
    assert_eq!(lines("\tInit Duration: "), 0, "{ran:?}");
    let without = invoke(&place, "");
    assert_eq!(without.stdout, "[[], [\"on-demand\", \"/aws/lambda/hello\"]]\n", "{without:?}");

    let failed = invoke(&place, "--snapstart --set-env FAIL=1");
    assert_eq!(failed.code, Some(1), "{failed:?}");
    assert!(failed.stdout.contains("not restored"), "{failed:?}");
}
