"""Makes recorded calls again, in a fresh process, and tells what came of them.

    main({"calls": [PICKLE…], "result": FILE, "root": …, "main": SCRIPT or None, "tolerant": …,
          "guarded": whether the inputs are made up: no effects, no lasting calls,
          "roots": copies of the project that the calls may speak of})

Each recorded call is made twice, each time with freshly unpickled arguments: what a function
keeps between calls shows. One JSON line a call is appended to the result file at once, so a call
that ends the process loses nothing of those before it.
"""

from __future__ import annotations

import io
import os
import pickle
import sys
from contextlib import nullcontext
from importlib import import_module
from itertools import islice

from whet_probe._texts import exception_text, text_of
from whet_probe._values import fingerprint
from whet_probe._write import json_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable

MAX_HANDED_OUT = 1_000
"""Values taken from a generator."""


class NotReplayable(Exception):
    """This call cannot be made again here; the text says why."""


def main(specification: dict[str, Any]) -> None:
    """Make all calls; what cannot be made again is told as such."""
    if specification.get("main"):
        _load_main(specification["main"])
    root = specification["root"]
    tolerant = bool(specification.get("tolerant"))
    guard = _guard() if specification.get("guarded") else nullcontext()
    with open(specification["result"], "ab", buffering=0) as result:
        for path in specification["calls"]:
            for number, recorded in enumerate(_pickles(path)):
                if getattr(guard, "is_over", False):
                    return
                raw = moved(recorded, specification.get("roots", ()), root)
                lines = [_replayed(raw, root, guard, tolerant=tolerant)]
                if lines[0].get("xk") != "Forbidden":
                    lines.append(_replayed(raw, root, guard, tolerant=tolerant))
                for line in lines:
                    line["n"] = "%s#%d" % (path.rpartition("/")[2], number)
                text = json_text(lines) + "\n"
                result.write(text.encode("ascii"))


def moved(raw: bytes, roots: Iterable[str], root: str) -> bytes:
    """A pickle whose texts speak of this copy of the project instead of another.

    Copies have names of equal length, so that the lengths inside the pickle stay right.
    """
    new = os.fsencode(root)
    for other in roots:
        old = os.fsencode(other)
        if len(old) == len(new):
            raw = raw.replace(old, new)
    return raw


def _guard() -> Any:
    from whet_probe._guard import Guard

    return Guard()


def _pickles(path: str) -> list[bytes]:
    """The single pickles of a file, still pickled."""
    from pickletools import genops

    with open(path, "rb") as file:
        data = file.read()
    stream = io.BytesIO(data)
    parts = []
    while stream.tell() < len(data):
        start = stream.tell()
        try:
            for _ in genops(stream):
                pass
        except Exception:  # the recording process was killed while writing
            break
        parts.append(data[start : stream.tell()])
    return parts


def _replayed(raw: bytes, root: str, guard: Any, *, tolerant: bool) -> dict[str, Any]:
    try:
        module, name, args, keywords = pickle.loads(raw)  # noqa: S301 - recorded by whet itself
        function = _find(module, name)
    except Exception as error:
        return {"skipped": "%s: %s" % (type(error).__name__, error)}
    before = fingerprint((args, keywords), root, tolerant=tolerant)
    line: dict[str, Any] = {
        "name": module + ":" + name,
        "a": before.digest,
        "at": text_of(args, root) if not keywords else text_of((args, keywords), root),
    }
    try:
        with guard:
            value, handed_out = _made(function, args, keywords)
    except NotReplayable as error:
        return {"skipped": str(error)}
    except BaseException as error:
        print_ = fingerprint(error, root, tolerant=tolerant)
        line["x"], line["xt"] = print_.digest, exception_text(error, root)
        line["xk"] = type(error).__name__
    else:
        print_ = fingerprint(value, root, tolerant=tolerant)
        line["r"], line["rt"] = print_.digest, text_of(value, root)
        if handed_out is not None:
            line["y"] = [handed_out, ""]
    if print_.floats:
        line["fr"] = [float.__repr__(number) for number in print_.floats]
    after = [*args, *keywords.values()]
    line["m"] = {str(i): [fingerprint(value, root).digest, text_of(value, root)]
                 for i, value in enumerate(after)}  # fmt: skip
    return line


def _find(module: str, name: str) -> Any:
    found: Any = import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found.fget if type(found) is property else found


def _made(function: Any, args: Any, keywords: Any) -> tuple[Any, int | None]:
    """The result of a call; of a generator, the values that it hands out."""
    if not callable(function):
        raise NotReplayable("it is no function any more")
    value = function(*args, **keywords)
    name = type(value).__name__
    if name == "generator":
        values = list(islice(value, MAX_HANDED_OUT))
        return values, len(values)
    if name in ("coroutine", "async_generator"):
        if name == "coroutine":
            value.close()
        raise NotReplayable("coroutines are not replayed")
    return value, None


def _load_main(path: str) -> None:
    """Load a script as `multiprocessing` does for its children: not as `__main__`."""
    from runpy import run_path

    main_module = type(sys)("__mp_main__")
    main_module.__dict__.update(run_path(path, run_name="__mp_main__"))
    sys.modules["__main__"] = sys.modules["__mp_main__"] = main_module
