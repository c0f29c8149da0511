"""A runtime of several workers, one thread each: what the Runtime API answers them is in its log."""

import http.client
import json
import os
import sys
import threading
import time

API = "/2018-06-01/runtime/invocation"
WORKERS = int(os.environ["AWS_LAMBDA_MAX_CONCURRENCY"])


def ask(method, path, body=None, headers={}):
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    connection.request(method, API + path, body, headers)
    response = connection.getresponse()
    return response, response.read()


def say(*words):
    # In one write: lines of several threads do not mix.
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def handle(event, number):
    """Makes a file, waits for one that another event makes, exits, or says which worker it is."""
    if "make" in event:
        open("/tmp/" + event["make"], "w").close()
    if "wait" in event:
        while not os.path.exists("/tmp/" + event["wait"]):
            time.sleep(0.01)
    if "exit" in event:
        os._exit(event["exit"])
    return {"worker": number, "process": os.getpid(), "event": event}


def work(number):
    while True:
        response, body = ask("GET", "/next")
        if response.status != 200:
            say("next", response.status)
            return
        event = json.loads(body)
        request_id = response.getheader("Lambda-Runtime-Aws-Request-Id")
        headers = {"Lambda-Runtime-Invocation-Id": response.getheader("Lambda-Runtime-Invocation-Id")}
        if "fail" in event:
            error = json.dumps({"errorType": "Failed", "errorMessage": event["fail"]})
            ask("POST", f"/{request_id}/error", error, headers)
            continue
        answer = json.dumps(handle(event, number))
        response, _ = ask("POST", f"/{request_id}/response", answer, headers)
        say("answer", response.status)


if __name__ == "__main__":
    threads = [threading.Thread(target=work, args=(number,)) for number in range(WORKERS)]
    [thread.start() for thread in threads]
    say("unknown", ask("POST", "/unknown/response", "{}")[0].status)
    [thread.join() for thread in threads]
