"""Faults of functions. The variable FAULT names one of the module, the event one of the handler."""

import ctypes
import http.client
import os
import signal
import sys
import threading
import time

FAULT = os.environ.get("FAULT")
if FAULT == "exit in init":
    os._exit(5)
if FAULT == "hang in init":
    time.sleep(1000)
if FAULT == "missing module":
    import nothing_of_this_name


def an_exception():
    raise ValueError("no")


def shared_memory():
    # What `multiprocessing.Lock()` does, which the stand-in base lacks.
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.sem_open(b"/lock", os.O_CREAT, 0o600, 1) == 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def too_much_memory():
    kept = []
    while True:
        kept.append(bytearray(b"x" * (5 << 20)))
        time.sleep(0.01)


def flood():
    while True:
        sys.stdout.write("x" * 1000 + "\n")


def flood_of_output():
    threading.Thread(target=flood, daemon=True).start()
    return "done"


def fork_bomb():
    for count in range(5000):
        try:
            if os.fork() == 0:
                time.sleep(1000)
        except OSError as error:
            return [error.strerror, count < 1100]


def zombies():
    for _ in range(300):
        if os.fork() == 0:
            os._exit(0)
    return "done"


def orphans():
    for _ in range(20):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(1000)
            os._exit(0)
    return "done"


def thread_after_the_answer():
    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
    return "done"


def deaf_to_sigterm():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return "done"


def more_descriptors_than_allowed():
    kept = []
    while True:
        kept.append(open("/dev/null"))


def bad_streaming_header(context):
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    path = f"/2018-06-01/runtime/invocation/{context.aws_request_id}/response"
    connection.request("POST", path, "{}", {"Lambda-Runtime-Function-Response-Mode": "nonsense"})
    connection.getresponse().read()
    time.sleep(1000)


def handler(event, context):
    faults = {
        "an exception": an_exception,
        "root-only file": lambda: open("/var/task/secret").read(),
        "write to the code": lambda: open("/var/task/new", "w"),
        "shared memory": shared_memory,
        "home directory": lambda: os.makedirs(os.path.expanduser("~/.cache")),
        "hang": lambda: time.sleep(1000),
        "exit": lambda: os._exit(3),
        "exit without a word": lambda: os._exit(0),
        "abort": os.abort,
        "too much memory": too_much_memory,
        "large answer": lambda: "x" * (7 << 20),
        "bad streaming header": lambda: bad_streaming_header(context),
        "flood of output": flood_of_output,
        "fork bomb": fork_bomb,
        "zombies": zombies,
        "orphans": orphans,
        "thread after the answer": thread_after_the_answer,
        "deaf to SIGTERM": deaf_to_sigterm,
        "more descriptors than allowed": more_descriptors_than_allowed,
    }
    return faults[event]()
