//! The AWS CLI against `invoke --serve`. It is version 1, the one that PyPI has, and version 1 has no command for
//! streamed answers.

use serde_json::{Value, json};

use super::served::Served;
use crate::harness::common::{Ran, run};
use crate::harness::helpers;

/// `aws lambda invoke` with options that spaces part, and the event.
fn aws(served: &Served, options: &str, event: &str) -> Ran {
    let mut aws = helpers::program("aws", "bash .ci/install");
    aws.args(["lambda", "invoke", "--endpoint-url", &served.url, "--function-name", "orders"]);
    aws.args(["--payload", event]).args(options.split_whitespace()).arg(served.place.path("answer.json"));
    aws.env("AWS_CONFIG_FILE", "/nonexistent").env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
    aws.env("AWS_ACCESS_KEY_ID", "a").env("AWS_SECRET_ACCESS_KEY", "b").env("AWS_REGION", "us-east-1");
    run(aws.env("AWS_DEFAULT_REGION", "us-east-1").env("AWS_MAX_ATTEMPTS", "1"))
}

/// What it prints, and the answer that it writes.
fn told(served: &Served, options: &str, event: &str) -> (Value, String) {
    let ran = aws(served, options, event);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let answer = std::fs::read_to_string(served.place.path("answer.json")).unwrap();
    (serde_json::from_str(&ran.stdout).unwrap(), answer)
}

#[test]
fn the_aws_cli_invokes_unchanged() {
    let served = Served::start(
        "def handler(event, context):\n    print('a line of the log')\n    if 'fail' in event: raise ValueError('no')\n\
         \x20   return {'seen': event, 'client': context.client_context and context.client_context.custom}\n",
        "",
    );
    let context = "eyJjdXN0b20iOiB7ImsiOiAidiJ9fQ==";
    let (said, answer) =
        told(&served, &format!("--log-type Tail --client-context {context}"), "{\"a\": \"ü\"}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer, json!({"seen": {"a": "ü"}, "client": {"k": "v"}}));
    assert_eq!((&said["StatusCode"], &said["ExecutedVersion"]), (&200.into(), &"$LATEST".into()));
    assert_eq!(said.get("FunctionError"), None);
    let log = said["LogResult"].as_str().unwrap();
    let log = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, log).unwrap();
    let log = String::from_utf8(log).unwrap();
    assert!(log.contains("a line of the log\n") && log.contains("\tBilled Duration: "), "{log}");

    let (said, answer) = told(&served, "", "{\"fail\": 1}");
    assert_eq!((&said["StatusCode"], &said["FunctionError"]), (&200.into(), &"Unhandled".into()));
    assert_eq!(said.get("LogResult"), None);
    assert_eq!(serde_json::from_str::<Value>(&answer).unwrap()["errorMessage"], "no");

    let (said, answer) = told(&served, "--invocation-type Event", "{}");
    assert_eq!((&said["StatusCode"], &*answer), (&202.into(), ""));

    let refused = aws(&served, "", "{bad");
    assert_ne!(refused.code, Some(0), "{refused:?}");
    assert!(
        refused.stderr.contains("(InvalidRequestContentException) when calling the Invoke"),
        "{refused:?}"
    );
}
