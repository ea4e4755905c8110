"""Observes named functions and expressions, compiled in (see `_sites` and `_loader`).

Configuration: `functions` [{"id", "file", "name", "line", "mode": "calls" or "evidence"}],
`values` [{"site", "file", "span"}], `budget` (parts of values that evidence may look at), and
`by`, `first`, `tolerant`, `tests`, `record` for the streams of calls. Writes lines of the kinds
`call`, `calls`, `value`, `call-evidence` and `observe` (what could not be observed, and why); the
imports of the modules under `imports` are watched by `_import_effects`.
"""

from __future__ import annotations

import builtins
import os
import sys
from sys import getrefcount

from whet_probe import _sites
from whet_probe._call_evidence import CallTally, watch_io
from whet_probe._evidence import ValueTally
from whet_probe._gate import Allowance, Gate, Purse, watch_threads
from whet_probe._import_effects import ImportWatch
from whet_probe._loader import Hook, settle_main
from whet_probe._recording import Recorder
from whet_probe._streams import Stream, current_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any, Callable

# Before 3.10 an interpreter aborts when a RecursionError is caught and the stack grows again:
# there the program's own recursion ends some frames earlier.
_FRAGILE_STACK = sys.version_info < (3, 10)

BUDGET = 500_000
"""Parts of values that are looked at in one process, where the plan says nothing else."""

_CALIBRATION = """
def calibrate():
    value = []
    __whet_value__(-1, value) if True else value
calibrate()
"""


def start(
    configuration: dict[str, Any],
    plan: dict[str, Any],
    write: Callable[[str, dict[str, Any]], None],
) -> Callable[[], None]:
    """Make the sites, the words that compiled-in code calls, and the hook that compiles it."""
    observation = Observation(configuration, plan, write)
    observation.install()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=observation.after_fork)
    return observation.finish


def _call_words(
    functions: dict[int, Any], failed: Callable[[str, BaseException], None]
) -> dict[str, Callable[..., Any]]:
    def tell(token: Any, word: str, *parts: Any) -> None:
        try:
            getattr(token, word)(*parts)
        except Exception as error:
            failed(word, error)

    def enter(number: int, index: int, arguments: tuple[Any, ...]) -> Any:
        try:
            return functions[number].enter(index, arguments)
        except RecursionError as error:
            if _FRAGILE_STACK:
                raise
            failed("enter", error)
            return None
        except Exception as error:
            failed("enter", error)
            return None

    def result(token: Any, value: Any) -> Any:
        if token is not None:
            token.result = value
        return value

    return {_sites.ENTER: enter, _sites.RESULT: result, **_ending_words(functions, tell)}


def _ending_words(
    functions: dict[int, Any], tell: Callable[..., None]
) -> dict[str, Callable[..., Any]]:
    def yielded(token: Any, value: Any) -> Any:
        if token is not None:
            tell(token, "see_yield", value)
        return value

    def raised(number: int, token: Any) -> None:
        if token is not None:
            tell(token, "see_error", current_error())
        else:
            functions[number].raised += 1

    def leave(token: Any, arguments: tuple[Any, ...]) -> None:
        if token is not None:
            tell(token, "leave", arguments)

    return {_sites.YIELD: yielded, _sites.RAISED: raised, _sites.LEAVE: leave}


class Observation:
    """All that is observed in one process."""

    def __init__(
        self,
        configuration: dict[str, Any],
        plan: dict[str, Any],
        write: Callable[[str, dict[str, Any]], None],
    ) -> None:
        self.root = os.path.realpath(plan["root"])
        self.write = write
        self.failures: dict[str, int] = {}
        self.notes: list[dict[str, Any]] = []
        self.extra_references: int | None = None
        self._finished_in = 0
        record = configuration.get("record")
        self.recorder = Recorder(record) if record else None
        self.functions: dict[int, Any] = {}
        self.values: dict[int, ValueTally] = {}
        modes = [entry.get("mode") for entry in configuration.get("functions", ())]
        plain = all(mode == "evidence" for mode in modes)
        self._threads_started = [0] if plain else watch_threads()
        sites = len(configuration.get("functions", ())) + len(configuration.get("values", ()))
        self._imports = list(configuration.get("imports", ()))
        self._purse = Purse(int(configuration.get("budget", BUDGET)), sites)
        self._functions_in: dict[str, list[dict[str, Any]]] = {}
        self._values_in: dict[str, list[tuple[int, dict[str, Any]]]] = {}
        for entry in configuration.get("functions", ()):
            self._functions_in.setdefault(self._real(entry["file"]), []).append(entry)
            self.functions[entry["id"]] = self._function(entry, configuration)
        for number, entry in enumerate(configuration.get("values", ())):
            self._values_in.setdefault(self._real(entry["file"]), []).append((number, entry))
            self.values[number] = ValueTally(entry["site"], write, self._allowance("v%d" % number))

    def _real(self, file: str) -> str:
        return os.path.realpath(os.path.join(self.root, file))

    def _function(self, entry: dict[str, Any], configuration: dict[str, Any]) -> Any:
        key = "%d" % entry["id"]
        if entry.get("mode") == "evidence":
            asks = tuple(entry.get("asks", ()))
            return CallTally(entry["site"], self.write, self._allowance(key), asks)
        settings = {**configuration, **entry, "gate": Gate(key), "started": self._threads_started}
        return Stream(entry["id"], settings, self.root, self.write, self.recorder)

    def _allowance(self, key: str) -> Allowance:
        return Allowance(Gate(key), self._purse)

    def install(self) -> None:
        """Put the words among the built-ins and the hook into the import system."""
        for word, function in self._words().items():
            setattr(builtins, word, function)
        exec(compile(_CALIBRATION, "<whet>", "exec"), {})  # noqa: S102 - the text above
        if any(isinstance(function, CallTally) for function in self.functions.values()):
            watch_io(self.functions.values())
        files = set(self._functions_in) | set(self._values_in)
        Hook(files, self._compile, self._failed).install()
        if self._imports:
            ImportWatch(self._imports, self.write).install()

    def _words(self) -> dict[str, Callable[..., Any]]:
        """What compiled-in code calls. Each does its work or nothing, and never raises."""
        values, failed = self.values, self._failed_in

        def seen(number: int, value: Any) -> Any:
            references = getrefcount(value)
            if number < 0:
                self.extra_references = references
                return value
            try:
                values[number].see(value, references - (self.extra_references or 0))
            except Exception as error:
                failed("value", error)
            return value

        return {
            **_call_words(self.functions, failed),
            _sites.VALUE: seen,
            _sites.MAIN: settle_main,
        }

    def _compile(self, source: bytes, path: str, module: str, is_main: bool) -> CodeType:  # noqa: FBT001 - the hook's signature
        import ast

        real = os.path.realpath(path)
        functions, values = self._sites_of(real)
        tree: Any = compile(source, path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
        tree = _sites.instrument(tree, functions, values)
        if is_main:
            _sites.announce_main(tree)
        code: CodeType = compile(tree, path, "exec", dont_inherit=True)
        for site in functions:
            stream = self.functions[site.number]
            stream.site, stream.module = site, module
            if isinstance(stream, CallTally):
                stream.generator = site.generator
            if site.refused and not site.found:
                self._note(real, site.name, site.refused)
        for value in values:
            if value.refused:
                self._note(real, self.values[value.number].site, value.refused)
        return code

    def _sites_of(self, real: str) -> tuple[list[_sites.FunctionSite], list[_sites.ValueSite]]:
        functions = [
            _sites.FunctionSite(entry["id"], entry["name"], entry.get("line"))
            for entry in self._functions_in.get(real, ())
        ]
        values = [
            _sites.ValueSite(number, tuple(entry["span"]))
            for number, entry in self._values_in.get(real, ())
        ]
        return functions, values

    def _note(self, real: str, what: str, reason: str) -> None:
        file = os.path.relpath(real, self.root)
        self.write("observe", {"file": file, "what": what, "reason": reason})

    def _failed(self, path: str, error: BaseException) -> None:
        self._note(path, "", "%s: %s" % (type(error).__name__, error))

    def _failed_in(self, place: str, error: BaseException) -> None:
        key = place + ": " + type(error).__name__
        self.failures[key] = self.failures.get(key, 0) + 1

    def after_fork(self) -> None:
        """A forked child counts for itself and, where `os._exit` ends it, says so first."""
        for function in self.functions.values():
            function.reset()
        for value in self.values.values():
            value.reset()
        if self.recorder is not None:
            self.recorder.reset()
        self.failures.clear()
        end = os._exit

        def _exit(status: int) -> Any:
            self.finish()
            end(status)

        os._exit = _exit

    def finish(self) -> None:
        """What was counted, told once a process."""
        if self._finished_in == os.getpid():
            return
        self._finished_in = os.getpid()
        for function in self.functions.values():
            function.finish()
        for value in self.values.values():
            value.finish()
        for place, count in self.failures.items():
            self.write("observe", {"file": "", "what": place, "reason": "failed", "count": count})
