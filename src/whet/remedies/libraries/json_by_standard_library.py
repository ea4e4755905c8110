"""JSON written or read by the standard library where it takes a visible share of the time.

What
    `json.dumps(value)` and `json.loads(text)` in a hot function.

Why slow
    The standard library's module works in C, but makes its way through Python types with all
    options in mind. Codecs written for nothing else, such as `orjson` or `msgspec`, do less.

Evidence needed
    From the run: how many documents there were, and how large.

Before
    def answer(value):
        return json.dumps(value).encode()

After
    def answer(value):
        return orjson.dumps(value)

Safety
    Advice only: it is a new dependency, and the result is another. `orjson.dumps` returns bytes,
    without blanks and without escaping letters beyond ASCII; NaN becomes null, keys that are no
    texts are refused, as are integers beyond 64 bits; error types and messages differ.

When not
    `json` with options of its own (`default`, `object_hook`, `cls`) needs a closer look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.remedies._library_calls import hot_calls, only_argument
from whet.remedies._places import new_match
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match

NAME = "json_by_standard_library"
NAMES = frozenset({"json.dumps", "json.loads"})
# orjson 3.11 on CPython 3.11: dumps 9.4 times, loads 1.9 times as fast.
REMOVABLE = {"dumps": 0.89, "loads": 0.47}


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every document that the hot function writes or reads."""
    found = []
    for call in hot_calls(module, hot, NAMES):
        document = only_argument(call)
        method = (module.scopes.dotted(call.func) or "").rpartition(".")[2]
        if document is not None:
            message = f"json.{method} of the standard library takes a visible share of the time"
            found.append(
                new_match(
                    module,
                    NAME,
                    call,
                    message,
                    safety="advice",
                    values=[("document", document)],
                    data={"method": method},
                )
            )
    return found


def admit(match: Match, evidence: Evidence) -> Admission:
    """What the run showed of the documents."""
    value = evidence.values.get(match.values[0].site)
    if value is None or not value.observations:
        return refused("the run never came here")
    facts = {
        "documents": value.observations,
        "types": dict(value.types),
        "size_median": value.size_median,
    }
    return Admission(evidence=facts, removable=REMOVABLE[match.data["method"]])


REMEDY = Remedy(
    name=NAME,
    family="libraries",
    title="Use a quicker JSON codec",
    claims="cpu_time",
    keeps_state=False,
    safety="advice",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=None,
)
