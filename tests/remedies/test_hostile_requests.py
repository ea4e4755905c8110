"""Requests in loops: a kept session asks and answers as before, or the loop stays as it is."""

from __future__ import annotations

import http.server
import textwrap
import threading
from collections import Counter
from typing import ClassVar

import pytest

from whet.remedies import find_remedy

LOOP = """
import requests

def f(addresses):
    found = []
    for address in addresses:
        answer = requests.get(address, timeout=5)
        found.append((answer.status_code, answer.text, len(answer.history)))
    return found
"""


class Answering(http.server.BaseHTTPRequestHandler):
    """Redirects, errors, lengthy and empty answers; counts connections."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    connections: ClassVar[Counter[str]] = Counter()

    def setup(self):
        self.connections["all"] += 1
        super().setup()

    def do_GET(self):
        body = b"" if self.path == "/empty" else f"text of {self.path}".encode()
        status = {"/moved": 302, "/missing": 404, "/broken": 500}.get(self.path, 200)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/arrived")
        if self.path == "/closing":
            self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nothing is printed."""


@pytest.fixture
def base():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def fixed(bench, base):
    """The source with its loops rewritten by what a run on a dozen addresses showed."""

    def fix(source, make=list):
        source = textwrap.dedent(source).lstrip("\n")
        addresses = [f"{base}/{n}" for n in range(12)]
        return bench.fix(source, "http_per_item", lambda module: module.f(make(addresses)))

    return fix


def outcome(work):
    try:
        return work()
    except Exception as error:  # noqa: BLE001 -- compared, whatever it is
        return type(error)


PATHS = ["/a", "/moved", "/missing", "/broken", "/empty", "/closing", "/b", "/closing", "/c"]


@pytest.mark.parametrize(
    "odd", ["", "no address", "http://127.0.0.1:1/refused", "ftp://x/y", None]
)
def test_answers_and_exceptions_are_those_of_single_requests(bench, base, fixed, odd):
    after = fixed(LOOP)
    addresses = [base + path for path in PATHS] + ([] if odd == "" else [odd, f"{base}/never"])
    results = [outcome(lambda: bench.load(text).f(addresses)) for text in (LOOP, after)]  # noqa: B023
    assert results[0] == results[1]
    assert results[0] or odd != ""


def test_one_connection_serves_a_loop(bench, base, fixed):
    after = bench.load(fixed(LOOP))
    Answering.connections.clear()
    after.f([f"{base}/{n}" for n in range(9)])
    assert Answering.connections["all"] == 1


def matches(bench, source):
    module = bench.module(textwrap.dedent(source).lstrip("\n"))
    return [match.safety for match in bench.matches(module, find_remedy("http_per_item"))]


@pytest.mark.parametrize(
    "call",
    [
        "requests.get(address, stream=True)",
        "requests.get(address, **options)",
        "requests.get(address, {'a': 1})",
        "requests.get(*address)",
        "(lambda: requests.get(address))()",
        "found.append(lambda: requests.get(address))",
        "(requests.get(address).status_code for _ in '12')",
        'requests.get(address, data="""\n  a text\n""")',
        "[requests.get(address), httpx.get(address)]",
    ],
)
def test_loops_that_a_session_cannot_stand_for_get_advice_alone(bench, call):
    head = "import httpx, requests\ndef f(addresses, options, found):\n"
    source = f"{head}    for address in addresses:\n        {call}\n"
    assert "consent" not in matches(bench, source)
    assert matches(bench, source.replace(call, "requests.get(address)")) == ["consent"]


@pytest.mark.parametrize(
    "source",
    [
        "import requests\ndef f(a):\n    for b in a: requests.get(b)\n",
        "import requests\ndef f(a):\n    for b in a:\n        yield requests.get(b)\n",
        "import requests\nasync def f(a):\n    for b in a:\n        requests.get(b)\n",
        "import requests\ndef f(a):\n    for b in requests.get(a):\n        print(b)\n",
        "import requests\ndef f(a):\n    for b in a:\n     b()\n    else:\n     requests.get(b)\n",
    ],
)
def test_other_loops_get_advice_alone(bench, source):
    assert matches(bench, source) in (["advice"], [])


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        (
            "import httpx\ndef f(a):\n    for b in a:\n        httpx.get(b, timeout=3)\n",
            "httpx.Client()",
        ),
        (
            "from requests import get\ndef f(a):\n    for b in a:\n        get(url=b)\n",
            "Session()",
        ),
        ("import requests as r\ndef f(a):\n\tfor b in a:\n\t\tr.get(b)\n", "r.Session()"),
        (
            "import requests\r\ndef f(a):\r\n    for b in a:\r\n        requests.get(b)\r\n",
            "requests.Session()",
        ),
    ],
)
def test_forms_of_import_and_layout(bench, base, source, kept):
    addresses = [f"{base}/{n}" for n in range(12)]
    after = bench.fix(source, "http_per_item", lambda module: module.f(addresses))
    assert f"with {kept} as " in after
    assert ("\r\n" in source) == ("\r\n" in after)
    Answering.connections.clear()
    bench.load(after).f(addresses)
    assert Answering.connections["all"] == 1


def test_few_requests_and_addresses_that_are_no_text_are_refused(bench, base, fixed):
    assert fixed(LOOP, lambda addresses: addresses[:9]) is None
    assert fixed(LOOP, lambda addresses: [one.encode() for one in addresses]) is None
    alone = "def g(address):\n    return f([address])\n"
    asked = [f"{base}/{n}" for n in range(12)]
    run = lambda module: [module.g(one) for one in asked]  # noqa: E731 -- a run in a word
    assert bench.fix(LOOP + alone, "http_per_item", run) is None


def test_a_name_session_that_is_taken_is_not_bound_anew(bench, base):
    source = LOOP.replace("found = []", "found = session = []")
    addresses = [f"{base}/{n}" for n in range(12)]
    after = bench.fix(source, "http_per_item", lambda module: module.f(addresses))
    assert bench.load(after).f(addresses) == bench.load(LOOP).f(addresses)
    assert "as session:" not in after


def test_where_only_the_rewrite_is_refused_there_is_advice(bench, base):
    remedy = find_remedy("http_per_item")
    module = bench.module(LOOP + "def g(address):\n    return f([address])\n")
    (match,) = bench.matches(module, remedy)
    asked = [f"{base}/{n}" for n in range(12)]
    seen = bench.observe(module, [match], lambda loaded: [loaded.g(one) for one in asked])
    admission = remedy.admit(match, seen)
    assert admission.admitted
    assert admission.safety == "advice"
    assert admission.evidence["not rewritten"] == "few requests are made in a loop"
