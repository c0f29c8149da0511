//! What `invoke` says of a command line that it cannot do, and what it takes for one that it can.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use super::served::Served;
use super::{answer, invoke, python};
use crate::harness::common::run;

const HANDLER: &str = "def handler(event, context):\n    return event\n";

#[test]
fn functions_are_served_at_a_port_of_this_machine() {
    for address in ["0", "localhost:0", "127.0.0.1:0"] {
        let served = Served::at(python(HANDLER), address, "hello");
        assert!(served.url.starts_with("http://127.0.0.1:"), "{address}: {}", served.url);
    }
    let place = python(HANDLER);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    for (arguments, code, words) in [
        (format!("--serve {port} hello"), 1, "end it, or take another port"),
        ("--serve 192.0.2.1:9000 hello".to_owned(), 1, "this machine has no such address"),
        ("--serve hello".to_owned(), 2, "a function is named before this option"),
        ("--serve example.com:9000 hello".to_owned(), 2, "give PORT, localhost:PORT or IP:PORT"),
    ] {
        let ran = place.run(&format!("invoke {arguments}"));
        assert_eq!(ran.code, Some(code), "{ran:?}");
        assert!(ran.stderr.contains(words), "{arguments}: {}", ran.stderr);
    }
}

#[test]
fn a_request_that_proxies_might_read_otherwise_is_refused() {
    let served = Served::at(python(HANDLER), "0", "hello");
    let address = served.url.strip_prefix("http://").unwrap();
    let path = "/2015-03-31/functions/hello/invocations";
    for (head, body) in [
        ("Host: a\r\nHost: b\r\nContent-Length: 2\r\n", "{}"),
        ("Host: a\r\nTransfer-Encoding: chunked\r\n", "2\r\n{}2\r\n0\r\n\r\n"),
        ("Host: a\r\nTransfer-Encoding: chunked\r\n", "no size\r\n{}\r\n0\r\n\r\n"),
    ] {
        let mut connection = TcpStream::connect(address).unwrap();
        write!(connection, "POST {path} HTTP/1.1\r\n{head}\r\n{body}").unwrap();
        let mut answer = String::new();
        // It ends: the connection is closed.
        connection.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{head}{body}: {answer}");
        assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
        assert!(answer.contains("InvalidRequestContentException"), "{answer}");
    }
}

#[test]
fn what_does_not_exist_is_named_with_what_is_meant() {
    let place = python(HANDLER);
    for (options, words) in [
        ("--event sqss", "did you mean the sample `sqs`?"),
        ("--event order", "`lambda-img invoke --list-events` lists them"),
        ("--set-env NOT_SET_ANYWHERE", "`--set-env NOT_SET_ANYWHERE=VALUE`"),
    ] {
        let ran = invoke(&place, options);
        assert_eq!(ran.code, Some(2), "{options}: {ran:?}");
        assert!(ran.stderr.contains(words), "{options}: {}", ran.stderr);
    }
    let ran = place.run("invoke --list-events dynamo");
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("did you mean `dynamodb`?"), "{}", ran.stderr);
}

#[test]
fn a_profile_says_the_region_of_the_function() {
    let place = python(
        "import os\ndef handler(event, context):\n    return [os.environ['AWS_REGION'], os.environ['AWS_ACCESS_KEY_ID']]\n",
    );
    let profiles = "[profile work]\nregion = eu-west-3\naws_access_key_id = a\naws_secret_access_key = b\n";
    let profiles = place.write("profiles", profiles);
    let ask = |options: &str| {
        let mut command = place.tool(&format!("invoke hello --function-timeout 100 {options}"));
        run(command.env("AWS_CONFIG_FILE", &profiles).env("AWS_SHARED_CREDENTIALS_FILE", place.path("none")))
    };
    assert_eq!(ask("--aws-profile work").stdout, "[\"eu-west-3\", \"a\"]\n");
    assert_eq!(ask("--aws-profile work --region eu-north-1").stdout, "[\"eu-north-1\", \"a\"]\n");
    let ran = ask("--aws-profile wrok");
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("`aws configure list-profiles`"), "{}", ran.stderr);
}

#[test]
fn without_a_sandbox_a_function_that_fails_says_so() {
    let place = python(HANDLER);
    let ran = invoke(&place, "--no-sandbox --entrypoint /nowhere");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("omit `--no-sandbox`"), "{}", ran.stderr);
    assert_eq!(answer(&place, "--event 1 --function-timeout 100"), 1);
}
