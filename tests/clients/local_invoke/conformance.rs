//! The same requests to our interfaces and to those of AWS's emulator: the same answers, but for the differences that
//! `docs/reference/invoke-interfaces.md` lists.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use super::hello;
use super::served::Served;
use crate::harness::common::{Place, must, until};
use crate::harness::support::{repository, stand_in};

/// The emulator with a program; it ends with the value.
struct Emulator {
    child: Child,
    url: String,
}

impl Emulator {
    fn start(place: &Place, variable: Option<&str>) -> Self {
        // Two ports that are free now.
        let ports = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [api, invoke] = ports.map(|listener| listener.local_addr().unwrap().to_string());
        let emulator = stand_in("provided.al2023").parent().unwrap().join("aws-lambda-rie");
        let mut command = place.program(emulator.to_str().unwrap());
        command.args(["--runtime-api-address", &api, "--runtime-interface-emulator-address", &invoke]);
        command.args(["/usr/bin/python3.11", "fn/bootstrap"]).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.envs(variable.map(|name| (name, "1"))).spawn().unwrap();
        until("the emulator listens", || std::net::TcpStream::connect(&invoke).is_ok());
        Self { child, url: format!("http://{invoke}") }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a caller gets for each event: status, header of an error, body.
fn callers(place: &Place, url: &str, events: &[Value]) -> Vec<(String, String, String)> {
    let url = format!("{url}/2015-03-31/functions/function/invocations");
    let ask = |event: &Value| {
        let mut curl = place.program("curl");
        curl.args(["-sS", "-m", "60", "-w", "\n%{http_code} %header{x-amz-function-error}", "-d"]);
        let said = must(curl.args([&event.to_string(), &url])).stdout;
        let (body, rest) = said.rsplit_once('\n').unwrap();
        let (status, error) = rest.split_once(' ').unwrap();
        (status.to_owned(), error.to_owned(), body.to_owned())
    };
    events.iter().map(ask).collect()
}

/// A function whose runtime is this program of `tests/data/invoke`.
fn function(program: &str) -> Place {
    let place = hello("python3.11", "");
    let settings = std::fs::read_to_string(place.path("lambda-img.toml")).unwrap();
    let settings =
        settings.replace("runtime = \"python3.11\"", "runtime = \"provided.al2023\"\nhandler = \"any\"");
    place.write("lambda-img.toml", settings);
    let program = std::fs::read_to_string(repository("tests/data/invoke").join(program)).unwrap();
    place.script("fn/bootstrap", program);
    place
}

/// What both say, the same requests given: ours first.
fn both(program: &str, variable: Option<&str>, events: &[Value]) -> [Vec<(String, String, String)>; 2] {
    let place = function(program);
    let emulator = Emulator::start(&place, variable);
    let emulators = callers(&place, &emulator.url, events);
    drop(emulator);
    let set = variable.map(|name| format!("--set-env {name}=1")).unwrap_or_default();
    let served = Served::of(place, &format!("hello --function-timeout 30 {set}"));
    let ours = callers(&served.place, &served.url, events);
    [ours, emulators]
}

/// Where status and type are the same, and the words are ours: the emulator's are those of its programming language and
/// of its own states.
const OTHER_WORDS: [&str; 5] = [
    "answer twice",
    "error after the answer",
    "extension's init error after its first event",
    "init error with an event",
    "register without JSON",
];

/// Where more differs.
const DIFFERENT: [&str; 6] = [
    "answer to a registration for the account",
    "event of an extension",
    "headers of an event",
    "subscribe to logs",
    "subscribe to telemetry",
    "subscribe to telemetry without an identifier",
];

#[test]
fn our_runtime_api_answers_as_the_emulator_does() {
    let [ours, emulators] = both("prober.py", None, &[json!({}), json!({}), json!({})]);
    assert_eq!(ours[0], emulators[0]);
    let record = |answers: &[(String, String, String)]| -> Value {
        serde_json::from_str(&answers[1].2).unwrap_or_else(|_| panic!("{answers:?}"))
    };
    let (told, others) = (record(&ours), record(&emulators));
    let (told, others) = (told.as_object().unwrap(), others.as_object().unwrap());
    assert_eq!(told.keys().collect::<Vec<_>>(), others.keys().collect::<Vec<_>>());
    let different: BTreeSet<_> = told.keys().filter(|name| told[*name] != others[*name]).collect();
    let documented: BTreeSet<_> =
        OTHER_WORDS.iter().chain(&DIFFERENT).map(|name| (*name).to_owned()).collect();
    assert_eq!(different, documented.iter().collect(), "{told:#?}\n{others:#?}");
    for name in OTHER_WORDS {
        let kind = |said: &Value| [said[0].clone(), said[1]["errorType"].clone()];
        assert_eq!(kind(&told[name]), kind(&others[name]), "{name}");
    }
    assert_eq!(told["subscribe to telemetry"], json!([200, "OK"]));
    assert_eq!(told["subscribe to telemetry without an identifier"][0], 403);
    let added = |name: &str| -> Vec<_> {
        let theirs = others[name].as_array().unwrap();
        told[name].as_array().unwrap().iter().filter(|one| !theirs.contains(one)).cloned().collect()
    };
    assert_eq!(added("headers of an event"), ["Lambda-Runtime-Invocation-Id", "Lambda-Runtime-Trace-Id"]);
    assert_eq!(added("event of an extension"), ["tracing"]);
    assert_eq!(added("answer to a registration for the account"), ["accountId"]);
    // An answer that is too large: the type is the same.
    let kind = |said: &(String, String, String)| -> Value {
        serde_json::from_str::<Value>(&said.2).unwrap()["errorType"].clone()
    };
    assert_eq!([kind(&ours[2]), kind(&emulators[2])], ["Function.ResponseSizeTooLarge"; 2]);
}

/// The body, with a name in place of the request id.
fn body(said: &(String, String, String)) -> Value {
    let mut body: Value = serde_json::from_str(&said.2).unwrap_or_else(|_| json!(said.2));
    if let Some(message) = body["errorMessage"].as_str().filter(|message| message.starts_with("RequestId: "))
    {
        body["errorMessage"] = json!(format!("RequestId: ID{}", &message["RequestId: ".len() + 36..]));
    }
    body
}

#[test]
fn callers_are_told_the_same_of_each_end_of_an_event() {
    let failure = "{\"errorMessage\":\"m\",\"errorType\":\"T\",\"more\":[1]}";
    let answers = [json!({"answer": "{\"a\": 1}"}), json!({"answer": ""}), json!({"answer": "no JSON"})];
    let pieces = [json!({"pieces": 1})];
    let errors = [
        json!({"error": failure, "type": "Function.Refused"}),
        json!({"error": failure, "type": "of no known form"}),
        json!({"error": "{}"}),
        json!({"error": "text"}),
        json!({"error": ""}),
    ];
    let ends =
        [json!({"exit": 0}), json!({"exit": 3}), json!({"signal": "SIGKILL"}), json!({"signal": "SIGTERM"})];
    let others = [json!({"mode": "other"}), json!({"cut": 1})];
    let events = [&answers[..], &pieces, &errors, &ends, &others, &answers[..1]].concat();
    let [ours, emulators] = both("outcomes.py", None, &events);
    for ((event, ours), emulators) in events.iter().zip(&ours).zip(&emulators) {
        let ours_ends_well = event.get("answer").or(event.get("pieces")).is_some();
        let error = if ours_ends_well { "" } else { "Unhandled" };
        assert_eq!((&*ours.0, &*ours.1), ("200", error), "{event}: {ours:?}");
        // The emulator has no header, and a status of its own where the runtime fails.
        let status = if ours_ends_well || event.get("error").is_some() { "200" } else { "502" };
        assert_eq!((&*emulators.0, &*emulators.1), (status, ""), "{event}: {emulators:?}");
        match event.as_object().unwrap().keys().next().unwrap().as_str() {
            "mode" => {
                assert_eq!(body(ours)["errorType"], "Runtime.InvalidResponseModeHeader");
                assert_eq!(emulators.2, "");
            }
            // There, the runtime gets no further event, and ends.
            "cut" => {
                assert_eq!(body(ours)["errorType"], "Runtime.TruncatedResponse");
                assert_eq!(body(emulators)["errorType"], "Runtime.ExitError");
            }
            _ => assert_eq!(body(ours), body(emulators), "{event}"),
        }
    }
    let [ours, emulators] = both("outcomes.py", Some("INIT_FAILS"), &[json!({})]);
    for (ours, emulators) in ours.iter().zip(&emulators) {
        assert_eq!(body(ours), json!({"errorMessage": "not begun", "errorType": "Own"}), "{ours:?}");
        assert_eq!(body(ours), body(emulators));
    }
}
