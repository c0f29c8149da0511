#!/var/lang/bin/python3.11
"""An extension that subscribes to telemetry, and prints what it got when it is shut down."""

import http.client
import http.server
import json
import os
import socketserver
import threading

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
INTERFACE = os.environ.get("INTERFACE", "telemetry")
PATH, SCHEMA = {
    "telemetry": ("/2022-07-01/telemetry", "2022-12-13"),
    "logs": ("/2020-08-15/logs", "2021-03-18"),
}[INTERFACE]
events, changed = [], threading.Condition()


def hear(batch):
    with changed:
        events.extend(batch)
        changed.notify_all()


class Http(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        hear(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


class Tcp(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            hear([json.loads(line)])


def call(method, path, body=None, **headers):
    connection = http.client.HTTPConnection(API)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), answer.headers


def subscribe(path=PATH, **changes):
    body = {
        "schemaVersion": SCHEMA,
        "types": ["platform", "function"],
        "buffering": {"maxItems": 1000, "maxBytes": 262144, "timeoutMs": 25},
        "destination": DESTINATION,
        **changes,
    }
    status, text, _ = call("PUT", path, body, Lambda_Extension_Identifier=identifier)
    said.append([status, text if status == 200 else json.loads(text)["errorType"]])


if os.environ.get("PROTOCOL") == "TCP":
    server = socketserver.ThreadingTCPServer(("0.0.0.0", 0), Tcp)
    DESTINATION = {"protocol": "TCP", "port": server.server_address[1]}
else:
    server = http.server.ThreadingHTTPServer(("0.0.0.0", 0), Http)
    DESTINATION = {"protocol": "HTTP", "URI": f"http://sandbox.localdomain:{server.server_address[1]}/events"}
threading.Thread(target=server.serve_forever, daemon=True).start()

said = []
name = os.path.basename(__file__)
_, _, answered = call("POST", "/2020-01-01/extension/register", {"events": ["INVOKE", "SHUTDOWN"]}, Lambda_Extension_Name=name)
identifier = answered["Lambda-Extension-Identifier"]
subscribe(types=[])
subscribe(buffering={"timeoutMs": 1})
identifier, known = "00000000-0000-4000-8000-000000000000", identifier
subscribe()
identifier = known
subscribe()
subscribe("/2020-08-15/logs" if INTERFACE == "telemetry" else "/2022-07-01/telemetry")
while True:
    event = json.loads(call("GET", "/2020-01-01/extension/event/next", Lambda_Extension_Identifier=identifier)[1])
    if event["eventType"] == "SHUTDOWN":
        # The last delivery may still be on its way: a report and a line of each invocation.
        count = lambda kind: sum(one["type"] == kind for one in events)
        with changed:
            changed.wait_for(lambda: count("platform.start") == count("platform.report") == count("function"), 1.5)
        break
    if len(said) == 5:
        subscribe()
    # As AWS's guide has it: what belongs to an event is complete when the runtime is done.
    is_done = lambda: any(
        one["type"] == "platform.runtimeDone" and one["record"]["requestId"] == event["requestId"] for one in events
    )
    with changed:
        if not changed.wait_for(is_done, 20):
            said.append("waited in vain")
print("RECORDED " + json.dumps({"said": said, "events": events, "reason": event["shutdownReason"]}), flush=True)
