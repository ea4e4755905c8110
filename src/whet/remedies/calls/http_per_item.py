"""A new connection to a web server for every request.

What
    `requests.get`, `httpx.get` (and `post`, `put` ...) or `urllib.request.urlopen`, called again
    and again from one place.

Why slow
    Every call opens a connection of its own, with TLS two or three round trips, and builds its
    session anew (`requests` alone takes a third of the CPU time for that).

Evidence needed
    From the run: how often this place asked, and how many different addresses it asked for.

Before
    for name in names:
        answer = requests.get(f"{SERVER}/{name}", timeout=10)

After
    with requests.Session() as session:
        for name in names:
            answer = session.get(f"{SERVER}/{name}", timeout=10)

Safety
    Advice, to be measured against the real server: a session keeps cookies and the connection
    between requests. Against a server that writes header and body apart, a kept connection was
    measured twelve times slower (the operating system delays its acknowledgement); against
    others it was 1.5 times faster.

When not
    Requests to ever other hosts, servers that close the connection anyway, cookies that must
    not be shared.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.remedies.calls._often import calls_of, often
from whet.remedies.remedy import Admission, Remedy

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match

NAME = "http_per_item"
LEAST_REQUESTS = 10
REMOVABLE = 0.3  # of CPU time, `requests` 2.32 against a local server
_VERBS = ("delete", "get", "head", "options", "patch", "post", "put", "request")
_ASKING = frozenset(
    {f"{library}.{verb}" for library in ("httpx", "requests") for verb in _VERBS}
    | {"urllib.request.urlopen"}
)


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """Advice for every request of the hot function that has a connection of its own."""
    return calls_of(module, hot, NAME, _describe)


def _describe(
    module: SourceModule, call: ast.Call
) -> tuple[str, list[tuple[str, ast.expr]]] | None:
    if module.scopes.dotted(call.func) not in _ASKING:
        return None
    named = [keyword.value for keyword in call.keywords if keyword.arg == "url"]
    address = next(iter([*named, *call.args]), None)
    if address is None or isinstance(address, ast.Starred):
        return None
    return "every request opens a connection of its own", [("address", address)]


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether many requests were made."""
    return often(match, evidence, least=LEAST_REQUESTS, removable=REMOVABLE)


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Keep one connection for all requests",
    claims="wall_time",
    keeps_state=True,
    safety="advice",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=None,
)
