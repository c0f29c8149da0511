//! The same requests to our Runtime API and to that of AWS's emulator: the same answers, but for the differences that
//! `docs/reference/invoke-interfaces.md` lists.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::harness::common::{Place, run, until};
use crate::harness::support::{repository, stand_in};

/// The answers to three events: the first event, the record of the prober, what is too large.
fn ours(place: &Place) -> Vec<Value> {
    let base = stand_in("python3.11");
    let options =
        format!("--runtime provided.al2023 --handler any --base oci:{}:base --count 3", base.display());
    let ran = place.run(&format!("invoke fn {options} --function-timeout 30"));
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{ran:?}"))).collect()
}

fn emulators(place: &Place) -> Vec<Value> {
    // Two ports that are free now.
    let ports = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let [api, invoke] = ports.map(|listener| listener.local_addr().unwrap().to_string());
    let emulator = stand_in("python3.11").parent().unwrap().join("aws-lambda-rie");
    let mut command = place.program(emulator.to_str().unwrap());
    command.args(["--runtime-api-address", &api, "--runtime-interface-emulator-address", &invoke]);
    command.args(["/usr/bin/python3.11", "fn/bootstrap"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut emulator = command.spawn().unwrap();
    until("the emulator listens", || std::net::TcpStream::connect(&invoke).is_ok());
    let url = format!("http://{invoke}/2015-03-31/functions/function/invocations");
    let answers =
        (0..3).map(|_| run(place.program("curl").args(["-sS", "-m", "60", "-d", "{}", &url])).stdout);
    let answers: Vec<_> = answers.collect();
    let _ = emulator.kill();
    let _ = emulator.wait();
    answers.iter().map(|text| serde_json::from_str(text).unwrap_or_else(|_| panic!("{text}"))).collect()
}

#[test]
fn our_runtime_api_answers_as_the_emulator_does() {
    let place = Place::new();
    place.script("fn/bootstrap", std::fs::read_to_string(repository("tests/data/invoke/prober.py")).unwrap());
    let (ours, emulators) = (ours(&place), emulators(&place));
    assert_eq!(ours[0], emulators[0]);
    let (told, others) = (ours[1].as_object().unwrap(), emulators[1].as_object().unwrap());
    assert_eq!(told.keys().collect::<Vec<_>>(), others.keys().collect::<Vec<_>>());
    let different: BTreeSet<_> = told.keys().filter(|name| told[*name] != others[*name]).collect();
    let documented = ["headers of an event", "subscribe to telemetry"].map(str::to_owned);
    assert_eq!(different, documented.iter().collect(), "{told:#?}\n{others:#?}");
    assert_eq!(told["subscribe to telemetry"], json!([200, "OK"]));
    let more = ["Lambda-Runtime-Invocation-Id", "Lambda-Runtime-Trace-Id"];
    let theirs = others["headers of an event"].as_array().unwrap();
    let added = told["headers of an event"].as_array().unwrap().iter().filter(|name| !theirs.contains(name));
    assert_eq!(added.collect::<Vec<_>>(), more);
    assert_eq!(ours[2]["errorType"], "Function.ResponseSizeTooLarge");
    assert_eq!(ours[2]["errorType"], emulators[2]["errorType"]);
}
