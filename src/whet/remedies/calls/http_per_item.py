"""A new connection to a web server for every request.

What
    `requests.get`, `httpx.get` (and `post`, `put` ...) or `urllib.request.urlopen`, called again
    and again from one place.

Why slow
    Every call opens a connection of its own, with TLS two or three round trips, and builds its
    session anew (`requests` alone takes a third of the CPU time for that).

Evidence needed
    From the run: how many requests a loop made, and that the addresses were text.

Before
    for name in names:
        answer = requests.get(f"{SERVER}/{name}", timeout=10)

After
    with requests.Session() as session:
        for name in names:
            answer = session.get(f"{SERVER}/{name}", timeout=10)

Safety
    Needs consent, and counts only if the run is faster against the server that it really asks:
    against one that writes header and body apart, a kept connection was measured twelve times
    slower (the operating system delays its acknowledgement); against others it was 1.5 times
    faster. A session keeps cookies between requests, and a server that closes an idle connection
    at the wrong moment makes a request fail. Loops in which nothing keeps what the session would
    outlive are rewritten, for `requests` and `httpx`; other requests get the advice alone.

When not
    Requests to ever other hosts, servers that close the connection anyway, cookies that must
    not be shared, tests that put something else in the place of `requests.get`.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.codebase.syntax import span_of
from whet.records import Edit, Span
from whet.remedies._admission import types_of
from whet.remedies._asking import asked
from whet.remedies._places import (
    alone_on_its_lines,
    found_again,
    hot_function,
    import_of,
    new_match,
)
from whet.remedies.calls._loops import (
    has_inner_functions,
    has_long_text,
    indent_unit,
    indented,
    loops_in,
)
from whet.remedies.calls._often import calls_of, often, or_advice
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match

NAME = "http_per_item"
LEAST_REQUESTS = 10
LEAST_A_LOOP = 3
REMOVABLE = 0.3  # of CPU time, `requests` 2.32 against a local server
_VERBS = ("delete", "get", "head", "options", "patch", "post", "put", "request")
_ASKING = frozenset(
    {f"{library}.{verb}" for library in ("httpx", "requests") for verb in _VERBS}
    | {"urllib.request.urlopen"}
)
_KEEPERS = {"httpx": "Client", "requests": "Session"}
# What a request of the session takes as the function does. An answer that is read as it comes
# (`stream`) would hold its connection; what `httpx` fixes for a client is missing.
_KEYWORDS = {
    "httpx": frozenset({
        "auth", "content", "data", "files", "follow_redirects", "headers", "json", "method",
        "params", "timeout", "url",
    }),
    "requests": frozenset({
        "allow_redirects", "auth", "cert", "cookies", "data", "files", "headers", "hooks", "json",
        "method", "params", "proxies", "timeout", "url", "verify",
    }),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Asking:
    """A loop, and all requests that a library makes in it."""

    loop: ast.For
    library: str
    calls: tuple[ast.Call, ...]


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every loop of the hot function that asks, advice for every other request."""
    function = hot_function(module, hot)
    loops = [] if function is None else list(_loops(module, function))
    covered = {(call.lineno, call.col_offset) for each in loops for call in each.calls}
    advice = calls_of(module, hot, NAME, _describe)
    others = [m for m in advice if (m.span.line, m.span.column) not in covered]
    return [_match(module, each) for each in loops] + others


def _match(module: SourceModule, asking: _Asking) -> Match:
    addresses = [address for call in asking.calls if (address := _address(call)) is not None]
    return new_match(
        module,
        NAME,
        asking.loop,
        "every request of a loop opens a connection of its own",
        safety="consent",
        values=[("items", asking.loop.iter), *(("address", address) for address in addresses)],
        lines=[
            line
            for call in asking.calls
            for line in range(call.lineno, (call.end_lineno or call.lineno) + 1)
        ],
    )


def _describe(
    module: SourceModule, call: ast.Call
) -> tuple[str, list[tuple[str, ast.expr]]] | None:
    address = _address(call)
    if module.scopes.dotted(call.func) not in _ASKING or address is None:
        return None
    return "every request opens a connection of its own", [("address", address)]


def _address(call: ast.Call) -> ast.expr | None:
    """What is asked for; for `request`, the method comes before it."""
    named = [keyword.value for keyword in call.keywords if keyword.arg == "url"]
    address = next(iter([*named, *call.args[_skipped(call) :]]), None)
    return None if isinstance(address, ast.Starred) else address


def _skipped(call: ast.Call) -> int:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    name = call.func.id if isinstance(call.func, ast.Name) else name
    return int(name == "request" and len(call.args) > 1)


def _loops(module: SourceModule, function: FunctionNode) -> Iterator[_Asking]:
    """The outermost loops that a session can be put around."""
    if module.scopes.star_import:
        return
    covered: set[ast.AST] = set()
    for loop in loops_in(function):
        inside = [node for statement in loop.body for node in ast.walk(statement)]
        calls = [n for n in inside if isinstance(n, ast.Call) and _library(module, n) in _KEEPERS]
        libraries = {_library(module, call) for call in calls}
        if len(libraries) != 1 or loop in covered or not _can_be_moved(module, loop):
            continue
        library = libraries.pop()
        if all(_is_plain(call, library) for call in calls):
            covered |= {*inside}
            yield _Asking(loop, library, tuple(calls))


def _library(module: SourceModule, call: ast.Call) -> str:
    """The library of a request; empty: it is none."""
    dotted = module.scopes.dotted(call.func) or ""
    return dotted.partition(".")[0] if dotted in _ASKING else ""


def _can_be_moved(module: SourceModule, loop: ast.For) -> bool:
    """Whether a loop may stand in a `with`, and nothing made in it is called after that."""
    below = loop.body[0].lineno > loop.lineno
    strange = has_long_text(loop) or has_inner_functions(loop)
    return alone_on_its_lines(module, loop) and below and not strange


def _is_plain(call: ast.Call, library: str) -> bool:
    positional = 1 + _skipped(call)
    stars = any(isinstance(given, ast.Starred) for given in call.args)
    known = all(keyword.arg in _KEYWORDS[library] for keyword in call.keywords)
    return len(call.args) <= positional and not stars and known and _address(call) is not None


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether many requests were made, and for the rewrite: in a loop, for texts.

    Where the evidence speaks against the rewrite only, the match is admitted as advice.
    """
    if match.safety == "advice":
        return often(match, evidence, least=LEAST_REQUESTS, removable=REMOVABLE)
    return or_advice(
        _admit_rewrite(match, evidence), match, evidence,
        role="address", least=LEAST_REQUESTS, removable=REMOVABLE,
    )  # fmt: skip


def _admit_rewrite(match: Match, evidence: Evidence) -> Admission:
    seen = asked(match, evidence)
    addresses, loops = seen.get("address", []), seen.get("items", [])
    if not addresses or not loops:
        return refused("the run never came here")
    requests = sum(value.observations for value in addresses)
    facts = {"requests": requests, "loops": loops[0].observations}
    if odd := {name for value in addresses for name in types_of(value.types)} - {"str"}:
        return refused(f"addresses of type {', '.join(sorted(odd))}", **facts)
    if requests < max(LEAST_REQUESTS, LEAST_A_LOOP * loops[0].observations):
        return refused("few requests are made in a loop", **facts)
    return Admission(evidence=facts, removable=REMOVABLE)


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The loop within a session."""
    found = found_again(module, match, _loops, lambda each: each.loop)
    loop, keeper = found.loop, _KEEPERS[found.library]
    written = found.calls[0].func
    maker, imports = (
        (f"{module.text_of(written.value)}.{keeper}", ())
        if isinstance(written, ast.Attribute)
        else import_of(module, found.library, keeper)
    )
    session = module.fresh_name("client" if keeper == "Client" else "session")
    indent, unit = module.indent_of(loop) or "", indent_unit(module, loop, loop.body[0])
    span = span_of(loop)
    start = Span(line=span.line, column=span.column, end_line=span.line, end_column=span.column)
    head = f"with {maker}() as {session}:\n{indent}{unit}"
    verbs = [
        (call, (module.scopes.dotted(call.func) or "").rpartition(".")[2]) for call in found.calls
    ]
    return (
        *imports,
        Edit(file=module.file, span=start, text=head),
        *indented(module, loop.lineno + 1, loop.end_lineno or loop.lineno, unit),
        *(module.replace(call.func, f"{session}.{verb}") for call, verb in verbs),
    )


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Keep one connection for all requests",
    claims="wall_time",
    keeps_state=False,
    safety="consent",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
