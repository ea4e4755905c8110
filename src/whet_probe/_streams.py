"""Streams of calls: what a function was given and what came of it, a line a call."""

from __future__ import annotations

import os
import sys
from _thread import get_ident

from whet_probe._texts import exception_text, text_of
from whet_probe._values import blake2b, fingerprint  # type: ignore[attr-defined] # see there

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from whet_probe._gate import Gate
    from whet_probe._recording import Recorder

    Write = Callable[[str, dict[str, Any]], None]

FIRST_CALLS = 1_000
"""Calls of each function that are described one by one; later ones at powers of two."""

MAX_DISTINCT = 5_000
"""Distinct arguments that are described where calls are told by their arguments."""

MAX_LOOKED_AT = 50_000
"""Calls whose arguments are looked at there."""

MAX_NODES_OF_FUNCTION = 200_000
"""Parts of values looked at for one function; beyond them only powers of two are described."""

MAX_YIELDS = 1_000
"""Values of one generator that are described."""

SCALARS = frozenset([int, str, bytes, bool, type(None), float, complex])


class Token:
    """One call under way. Holds digests, and of the program's objects only what must be."""

    __slots__ = ("error", "held", "index", "line", "nodes", "result", "stream", "yields")

    def __init__(self, stream: Stream, index: int) -> None:
        self.stream = stream
        self.index = index
        self.line: dict[str, Any] = {}
        self.result: Any = None
        self.error: tuple[str, str] | None = None
        self.held: dict[int, Any] | None = None
        self.yields: list[Any] | None = None
        self.nodes = 0

    def enter(self, arguments: tuple[Any, ...], *, due: bool) -> bool:
        """Look at the arguments before the body runs; False: this call is not described.

        Args:
            arguments: Of the call.
            due: It is described whatever its arguments are.
        """
        stream = self.stream
        print_ = fingerprint(arguments, stream.root, tolerant=stream.tolerant)
        if stream.by_arguments:
            if print_.digest in stream.seen and not due:
                stream.nodes += print_.nodes
                return False
            stream.seen.add(print_.digest)
        self.nodes = print_.nodes
        self.line = {
            "f": stream.number, "i": self.index, "a": print_.digest,
            "at": text_of(arguments, stream.root),
        }  # fmt: skip
        self._limits(print_, "a")
        if stream.recorder is not None:
            stream.recorder.record(stream, print_.digest, arguments)
        if not print_.plain:
            return True
        mutable = [i for i, value in enumerate(arguments) if type(value) not in SCALARS]
        if mutable:
            self.held = {i: arguments[i] for i in mutable if type(arguments[i]) is not tuple}
        return True

    def see_yield(self, value: object) -> None:
        """Look at a value handed out by a generator."""
        if self.yields is None:
            self.yields = [0, b""]
        self.yields[0] += 1
        if self.yields[0] <= MAX_YIELDS:
            print_ = fingerprint(value, self.stream.root)
            digest = blake2b(self.yields[1] + print_.digest.encode(), digest_size=12)
            self.yields[1] = digest.digest()
            self.nodes += print_.nodes
            self._limits(print_, "y")

    def see_error(self, error: BaseException) -> None:
        """Look at the exception that leaves the function."""
        print_ = fingerprint(error, self.stream.root, tolerant=self.stream.tolerant)
        self.nodes += print_.nodes
        self._limits(print_, "x")
        self.error = (print_.digest, exception_text(error, self.stream.root))

    def leave(self, arguments: tuple[Any, ...]) -> None:
        """Look at the result and at the arguments again; the call is over."""
        line, stream = self.line, self.stream
        result, self.result = self.result, None
        held, self.held = self.held or {}, None
        if self.error is not None:
            line["x"], line["xt"] = self.error
        else:
            print_ = fingerprint(result, stream.root, tolerant=stream.tolerant)
            line["r"], line["rt"] = print_.digest, text_of(result, stream.root)
            if print_.order:
                line["o"] = print_.order
            self.nodes += print_.nodes
            self._limits(print_, "r")
        after = {}
        for i, value in enumerate(arguments):
            value = held.get(i, value)  # noqa: PLW2901 - what the name held at entry
            if type(value) not in SCALARS:
                print_ = fingerprint(value, stream.root, tolerant=stream.tolerant)
                after[str(i)] = [print_.digest, text_of(value, stream.root)]
                self.nodes += print_.nodes
                self._limits(print_, "m")
        if after:
            line["m"] = after
        if self.yields is not None:
            line["y"] = [self.yields[0], self.yields[1].hex()]
        thread = stream.thread()
        if thread:
            line["t"] = thread
        stream.nodes += self.nodes
        stream.described += 1
        stream.write("call", line)

    def _limits(self, print_: Any, part: str) -> None:
        if print_.truncated:
            self.line["cut"] = self.line.get("cut", "") + part
        if print_.opaque:
            self.line["opaque"] = self.line.get("opaque", 0) + print_.opaque
        if print_.floats:
            self.line["f" + part] = [float.__repr__(value) for value in print_.floats]


class Stream:
    """The calls of one function.

    Args:
        number: Its number in the plan.
        settings: `by` "index", "arguments" (the first call with each arguments) or "both";
            `tolerant`, `tests`, `first`; `gate`, and `started`, the threads started so far.
        root: Replaced in strings.
        write: Appends a line.
        recorder: Keeps calls for a replay; None keeps none.
    """

    def __init__(
        self,
        number: int,
        settings: dict[str, Any],
        root: str,
        write: Write,
        recorder: Recorder | None,
    ) -> None:
        self.number = number
        self.root = root
        self.write = write
        self.recorder = recorder
        self.site: Any = None
        self.module = ""
        self.by_index = settings.get("by") != "arguments"
        self.by_arguments = settings.get("by") in ("arguments", "both")
        self.tolerant = bool(settings.get("tolerant"))
        self.first = int(settings.get("first", FIRST_CALLS))
        self.tests: set[str] | None = set() if settings.get("tests") else None
        self.gate: Gate = settings["gate"]
        self._started: list[int] = settings["started"]
        self.reset()

    def reset(self) -> None:
        """Forget what was counted (in a forked child)."""
        self.gate.open()
        self.whole: int | None = None
        self.described = self.raised = 0
        self._looked_at = 0
        self.nodes = 0
        self.seen: set[str] = set()
        self._threads: dict[int, int] = {}

    def enter(self, index: int, arguments: tuple[Any, ...]) -> Token | None:
        """A call begins that the gate lets through."""
        if self.tests is not None:
            self.tests.add(os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0])
            return None
        self.thread()
        self._looked_at += 1
        due = (not self._enough(index) or not index & (index - 1)) and self.by_index
        if not due and not self.by_arguments:
            return None
        token = Token(self, index)
        return token if token.enter(arguments, due=due) else None

    def _enough(self, index: int) -> bool:
        """Whether only powers of two are described from here on; then the gate is told."""
        if self.whole is None:
            if index + 1 < self.first and self.nodes <= MAX_NODES_OF_FUNCTION:
                return False
            self.whole = index + 1
        if not self.by_arguments or self.is_partial:
            self.gate.wait_for(1 << index.bit_length())
        return index >= self.whole

    @property
    def is_partial(self) -> bool:
        """Where calls are told by their arguments: whether there were too many to see all."""
        return (
            len(self.seen) >= MAX_DISTINCT
            or self._looked_at >= MAX_LOOKED_AT
            or self.nodes > MAX_NODES_OF_FUNCTION
        )

    def thread(self) -> int:
        """The ordinal of the running thread among those that called this function."""
        return self._threads.setdefault(get_ident(), len(self._threads))

    def finish(self) -> None:
        """The last line: how often it was called in all."""
        fields: dict[str, Any] = {
            "f": self.number, "count": self.gate.passed, "described": self.described,
            "threads": len(self._threads),
        }  # fmt: skip
        if self._started[0] and self.whole is not None:
            fields["whole"] = self.whole
        if self.by_arguments and self.is_partial:
            fields["partial"] = True
        if self.tests is not None:
            fields["tests"] = sorted(self.tests)
        self.write("calls", fields)


def current_error() -> BaseException | None:
    """The exception that is being handled."""
    return sys.exc_info()[1]
