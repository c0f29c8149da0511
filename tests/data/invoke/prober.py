#!/var/lang/bin/python3.11
"""A runtime that asks for what it must not ask for, and answers its second event with what it was told."""

import http.client
import json
import os
import threading

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
RUNTIME, EXTENSION = "/2018-06-01/runtime", "/2020-01-01/extension"
told = {}


def call(method, path, body=None, headers=None):
    connection = http.client.HTTPConnection(API)
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), answer.headers


def probe(name, method, path, body=None, headers=None):
    status, text, _ = call(method, path, body, headers)
    try:
        text = json.loads(text)
    except ValueError:
        text = text.strip()
    told[name] = [status, text]


def extension(name, path, method="GET", body=None, **headers):
    probe(name, method, EXTENSION + path, body, {key.replace("_", "-"): value for key, value in headers.items()})


NAME, ID = "Lambda-Extension-Name", "Lambda-Extension-Identifier"
ACCOUNT = {"Lambda-Extension-Accept-Feature": "accountId"}
UNKNOWN = "00000000-0000-4000-8000-000000000000"
probe("ping", "GET", RUNTIME.replace("runtime", "ping"))
probe("path of no interface", "GET", "/2018-06-01/nothing")
probe("method of no interface", "DELETE", f"{RUNTIME}/invocation/next")
probe("restore without SnapStart", "GET", f"{RUNTIME}/restore/next")
probe("failed restore without SnapStart", "POST", f"{RUNTIME}/restore/error", "{}")
probe("answer before an event", "POST", f"{RUNTIME}/invocation/x/response", "1")
probe("error before an event", "POST", f"{RUNTIME}/invocation/x/error", "{}")
extension("register without a name", "/register", "POST", '{"events": []}')
extension("register without JSON", "/register", "POST", "no", Lambda_Extension_Name="one")
extension("register for an unknown event", "/register", "POST", '{"events": ["OTHER"]}', Lambda_Extension_Name="one")
extension("internal for SHUTDOWN", "/register", "POST", '{"events": ["SHUTDOWN"]}', Lambda_Extension_Name="one")
_, body, headers = call("POST", f"{EXTENSION}/register", '{"events": []}', {NAME: "two"})
told["answer to a registration"] = sorted(json.loads(body))
extension("register twice", "/register", "POST", '{"events": []}', Lambda_Extension_Name="two")
known = {ID: headers.get(ID, UNKNOWN)}
extension("event without an identifier", "/event/next")
extension("event with a malformed identifier", "/event/next", Lambda_Extension_Identifier="x")
extension("event with an unknown identifier", "/event/next", Lambda_Extension_Identifier=UNKNOWN)
_, body, headers = call("POST", f"{EXTENSION}/register", '{"events": ["INVOKE"]}', {NAME: "accounts", **ACCOUNT})
told["answer to a registration for the account"] = sorted(json.loads(body))
hears = {ID: headers[ID]}
others = [call("POST", f"{EXTENSION}/register", '{"events": []}', {NAME: f"more {n}"})[2][ID] for n in range(8)]
extension("register an eleventh", "/register", "POST", '{"events": []}', Lambda_Extension_Name="eleventh")
probe("extension's error without a type", "POST", f"{EXTENSION}/exit/error", "{}", known)
subscription = {
    "schemaVersion": "2022-07-01",
    "types": ["platform"],
    "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:4243"},
}
probe("subscribe to telemetry", "PUT", "/2022-07-01/telemetry", json.dumps(subscription), known)
probe("subscribe to telemetry without an identifier", "PUT", "/2022-07-01/telemetry", json.dumps(subscription))
logs = {"schemaVersion": "2020-08-15", "types": ["platform"], "destination": subscription["destination"]}
probe("subscribe to logs", "PUT", "/2020-08-15/logs", json.dumps(logs), {ID: others[0]})


def event():
    return call("GET", f"{RUNTIME}/invocation/next")[2]


def ask(identifier):
    return call("GET", f"{EXTENSION}/event/next", None, identifier)


def hear():
    _, body, headers = ask(hears)
    told["event of an extension"] = sorted(json.loads(body))
    told["headers of an event of an extension"] = sorted(name for name in headers if name.startswith("Lambda-"))
    failure = {**hears, "Lambda-Extension-Function-Error-Type": "Extension.Own"}
    probe("extension's init error after its first event", "POST", f"{EXTENSION}/init/error", "{}", failure)
    while True:
        ask(hears)


# An event is complete when extensions ask for the next one, too.
threading.Thread(target=hear, daemon=True).start()
for identifier in [known, *({ID: other} for other in others)]:
    threading.Thread(target=ask, args=(identifier,), daemon=True).start()
headers = event()
told["headers of an event"] = sorted(name for name in headers if name.startswith("Lambda-Runtime"))
told["content type of an event"] = headers.get("Content-Type")
probe("second event while one is open", "GET", f"{RUNTIME}/invocation/next")
probe("init error with an event", "POST", f"{RUNTIME}/init/error", "{}")
extension("register with an event", "/register", "POST", '{"events": []}', Lambda_Extension_Name="four")
request = headers["Lambda-Runtime-Aws-Request-Id"]
probe("answer to another request", "POST", f"{RUNTIME}/invocation/x/response", "1")
probe("error of another request", "POST", f"{RUNTIME}/invocation/x/error", "{}")
probe("answer", "POST", f"{RUNTIME}/invocation/{request}/response", '"first"')
probe("answer twice", "POST", f"{RUNTIME}/invocation/{request}/response", '"again"')
probe("error after the answer", "POST", f"{RUNTIME}/invocation/{request}/error", "{}")
request = event()["Lambda-Runtime-Aws-Request-Id"]
call("POST", f"{RUNTIME}/invocation/{request}/response", json.dumps(told))
request = event()["Lambda-Runtime-Aws-Request-Id"]
call("POST", f"{RUNTIME}/invocation/{request}/response", "x" * (7 << 20))
event()
