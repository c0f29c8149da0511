"""network.py ROOT PROGRAM: in a network of its own, a name server and a registry with TLS; what PROGRAM, started in
ROOT as its whole world, asks the registry for is printed, a line for each request: HOST PATH."""

import ctypes, http.server, os, pathlib, socket, ssl, struct, subprocess, sys, threading

root, program = sys.argv[1:]
CLONE_NEWNET = 0x40000000
if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
    sys.exit(f"unshare: {os.strerror(ctypes.get_errno())}")
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
import fcntl

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as loopback:
    fcntl.ioctl(loopback, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def names(server):
    """Answers every question for an IPv4 address with 127.0.0.1, and others with nothing."""
    while True:
        query, who = server.recvfrom(512)
        end = query.index(b"\0", 12) + 5
        wants_ipv4 = query[end - 4 : end - 2] == b"\0\1"
        head = query[:2] + b"\x81\x80\0\1" + (b"\0\1" if wants_ipv4 else b"\0\0") + b"\0\0\0\0"
        answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1" if wants_ipv4 else b""
        server.sendto(head + query[12:end] + answer, who)


dns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
dns.bind(("127.0.0.1", 53))
threading.Thread(target=names, args=(dns,), daemon=True).start()


class Registry(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print(self.headers["Host"], self.path, flush=True)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


subprocess.run(
    ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=registry.test"]
    + ["-addext", "subjectAltName=DNS:registry.test,DNS:hosts.test", "-addext", "basicConstraints=CA:FALSE"]
    + ["-keyout", f"{root}/key.pem", "-out", f"{root}/ca.pem"],
    check=True,
    stderr=subprocess.DEVNULL,
)
web = http.server.HTTPServer(("127.0.0.1", 443), Registry)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(f"{root}/ca.pem", f"{root}/key.pem")
web.socket = tls.wrap_socket(web.socket, server_side=True)
threading.Thread(target=web.serve_forever, daemon=True).start()

etc = pathlib.Path(root, "etc")
etc.mkdir()
(etc / "resolv.conf").write_text("nameserver 127.0.0.1\n")
(etc / "hosts").write_text("127.0.0.1 hosts.test\n")
for host in ("registry.test", "hosts.test"):
    command = [program, "auth", "check", host, "--ca-cert", "/ca.pem", "--retries", "0"]
    enter = lambda: (os.chroot(root), os.chdir("/"))
    ran = subprocess.run(command, env={"HOME": "/"}, capture_output=True, timeout=60, preexec_fn=enter)
    print(ran.stdout.decode(), ran.stderr.decode(), file=sys.stderr)
