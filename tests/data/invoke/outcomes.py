#!/var/lang/bin/python3.11
"""A runtime that ends each event as the event says."""

import http.client
import json
import os
import signal
import socket

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
RUNTIME = "/2018-06-01/runtime"
TYPE, MODE = "Lambda-Runtime-Function-Error-Type", "Lambda-Runtime-Function-Response-Mode"


def call(method, path, body=None, headers={}, **more):
    connection = http.client.HTTPConnection(API)
    connection.request(method, RUNTIME + path, body, headers, **more)
    answer = connection.getresponse()
    return answer.read(), answer.headers


def cut_off(path):
    host, port = API.split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(f"POST {RUNTIME}{path} HTTP/1.1\r\nHost: {API}\r\nContent-Length: 100\r\n\r\nhalf".encode())


if "INIT_FAILS" in os.environ:
    call("POST", "/init/error", '{"errorMessage":"not begun","errorType":"Own"}', {TYPE: "Runtime.NotBegun"})
    raise SystemExit(1)

while True:
    event, headers = call("GET", "/invocation/next")
    event, at = json.loads(event), "/invocation/" + headers["Lambda-Runtime-Aws-Request-Id"]
    if "answer" in event:
        call("POST", f"{at}/response", event["answer"])
    elif "error" in event:
        call("POST", f"{at}/error", event["error"], {TYPE: event["type"]} if "type" in event else {})
    elif "mode" in event:
        call("POST", f"{at}/response", "1", {MODE: event["mode"]})
    elif "pieces" in event:
        call("POST", f"{at}/response", iter([b"one ", b"two"]), {MODE: "streaming"}, encode_chunked=True)
    elif "cut" in event:
        cut_off(f"{at}/response")
    elif "exit" in event:
        os._exit(event["exit"])
    elif "signal" in event:
        os.kill(os.getpid(), getattr(signal, event["signal"]))
