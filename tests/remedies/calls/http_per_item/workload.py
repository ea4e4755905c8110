"""A server in a thread of this process, which keeps connections and writes each answer at once."""

import contextlib
import http.server
import io
import threading


class Answering(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # header and body in one packet

    def do_GET(self):
        body = f"text of {self.path}".encode()
        self.send_response(404 if self.path.endswith("7") else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_):
        """Nothing is printed."""


def run(module, make=str, size=12):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        addresses = [make(f"{base}/{n}") for n in range(size)]
        with contextlib.redirect_stdout(io.StringIO()):
            size = module.sizes(base, ["a", "b"] * 6)
        statuses = module.answers(addresses)
        found = module.texts(addresses), size, list(statuses.values())
        server.shutdown()
    return found


def measure(module):
    return run(module, size=60)
