"""The dashboard as a web server: GET /sales/7, POST /orders/7, GET /metrics."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

from whet_runtime import Metrics
from whet_runtime.observe import CONTENT_TYPE

if TYPE_CHECKING:
    from shop import Shop


class Dashboard:
    """A server in threads of its own, on a free port of this machine."""

    def __init__(self, shop: Shop) -> None:
        self.metrics = Metrics()
        self.metrics.register("shop", shop.pool)
        if shop.cache is not None:
            self.metrics.register("shop", shop.cache)
        handler = type("Handler", (_Handler,), {"shop": shop, "metrics": self.metrics})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Dashboard:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections stay open between requests
    disable_nagle_algorithm = True  # else an answer may wait 40 ms for the client's receipt
    shop: Shop
    metrics: Metrics

    def do_GET(self) -> None:
        if self.path == "/metrics":
            self._answer(self.metrics.openmetrics(), CONTENT_TYPE)
        elif self.path.startswith("/sales/"):
            sales = self.shop.sales(int(self.path.removeprefix("/sales/")))
            self._answer(json.dumps(sales), "application/json")
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        if self.path.startswith("/orders/"):
            self.shop.order(int(self.path.removeprefix("/orders/")), day=364, cents=1000)
            self._answer("{}", "application/json")
        else:
            self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the terminal for the figures."""

    def _answer(self, text: str, kind: str) -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
