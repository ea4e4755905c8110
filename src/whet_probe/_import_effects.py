"""What importing a module does beside defining it: hooks, registries, handlers, patched modules.

Part of `observe`, for the modules that the plan names under `imports`. Before and after such an
import the state that other code can see is compared. Writes `import-effects` {module, effects,
extras}, where extras are submodules that their package alone would not have loaded.
"""

from __future__ import annotations

import os
import sys
from _collections import deque  # type: ignore[import-not-found] # built in

from whet_probe._places import wrap_imports

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Callable

MAX_OBJECTS = 30_000
"""Objects that are looked at; where more are reachable, registries are not known."""

MAX_EXTRAS = 500

_PATCHED = (
    "builtins", "os", "io", "socket", "ssl", "threading", "time", "warnings", "pickle", "copyreg",
    "subprocess", "signal", "select", "datetime", "random", "codecs", "locale", "abc",
)  # fmt: skip
_ATOMS = (int, float, complex, str, bytes, bool, type(None))
_TOOLS = ("whet_probe", "coverage")  # what they hold is nobody's registry
_MACHINERY = frozenset(
    ["__builtins__", "__spec__", "__loader__", "__warningregistry__", "__cached__", "__path__"]
)


class ImportWatch:
    """Follows the named imports of one process."""

    def __init__(self, names: list[str], write: Callable[[str, dict[str, Any]], None]) -> None:
        self._names = frozenset(names)
        self._write = write
        self._others: dict[str, list[ModuleType]] = {}
        self._before: dict[str, dict[str, object]] = {}
        self._inner: list[tuple[str, dict[str, object]]] = []
        self._stack: list[str] = []
        self._extras: set[str] = set()

    def install(self) -> None:
        """Take part in every import from now on."""
        wrap_imports(self._enter, self._leave)

    def _enter(self, name: str, _frame: object) -> None:
        top = name.partition(".")[0]
        if self._before and top != name and (top not in self._stack or self._is_beside(name)):
            self._extras.add(name)
        self._stack.append(top)
        if name in self._names:
            others = self._others[name] = other_modules(name)
            self._before[name] = {**cheap_state(), "registries": _registries(others)}
        elif self._before and not self._inner and is_standard(name):
            self._inner.append((name, cheap_state()))

    def _is_beside(self, name: str) -> bool:
        """Whether a watched submodule loads another one of its package."""
        top = name.partition(".")[0]
        watched = [each for each in self._before if each.startswith(top + ".")]
        return any(name != each and not name.startswith(each + ".") for each in watched)

    def _leave(self, name: str, loaded: bool) -> None:  # noqa: FBT001 - the wrapper's signature
        if self._stack:
            self._stack.pop()
        if self._inner and self._inner[-1][0] == name:
            self._excuse(self._inner.pop()[1])
        before = self._before.pop(name, None)
        others = self._others.pop(name, [])
        if before is not None and loaded:
            after = {**cheap_state(), "registries": _registries(others)}
            effects = [
                what for what, seen in before.items() if seen is None or seen != after[what]
            ]
            extras = sorted(self._extras)[:MAX_EXTRAS]
            fields = {"module": name, "effects": sorted(effects), "extras": extras}
            self._write("import-effects", fields)

    def _excuse(self, before: dict[str, object]) -> None:
        """What modules of the standard library do is nobody else's: each brings it by itself."""
        after = cheap_state()
        for what, seen in before.items():
            for state in self._before.values():
                if state[what] == seen:
                    state[what] = after[what]


def is_standard(name: str) -> bool:
    """Whether a module is of the standard library (known from Python 3.10 on)."""
    top = name.partition(".")[0]
    return top in getattr(sys, "stdlib_module_names", ()) and top != "__main__"


def cheap_state() -> dict[str, object]:
    """What an import could change for others, by a word for people, without registries."""
    return {
        "import hooks": (_ids(sys.meta_path), _ids(sys.path_hooks), tuple(sys.path)),
        "hooks of the interpreter": (
            [id(getattr(sys, hook, None)) for hook in ("excepthook", "displayhook", "stdout")],
            sys.getrecursionlimit(),
            sys.getswitchinterval(),
        ),
        "warning filters": _ids(getattr(sys.modules.get("warnings"), "filters", ())),
        "functions called at exit": _at_exit(),
        "environment variables": dict(os.environ),
        "threads": _threads(),
        "signal handlers": _signals(),
        "logging": _logging(),
        "pickling": len(getattr(sys.modules.get("copyreg"), "dispatch_table", ())),
        "patched modules": _patched(),
        "line editing": "readline" in sys.modules,
    }


def _ids(objects: Any) -> tuple[int, ...]:
    return tuple([id(each) for each in objects])


def _at_exit() -> int:
    count = getattr(sys.modules.get("atexit"), "_ncallbacks", None)
    return int(count()) if count is not None else 0


def _threads() -> int:
    import _thread

    return _thread._count()


def _signals() -> tuple[str, ...] | None:
    handler = getattr(sys.modules.get("_signal"), "getsignal", None)
    if handler is None:
        return ()
    found = []
    for number in range(1, 32):
        try:
            found.append(repr(handler(number)))
        except (ValueError, OSError):
            continue
    return tuple(found)


def _logging() -> tuple[object, ...]:
    logging = sys.modules.get("logging")
    root = getattr(logging, "root", None)
    if logging is None or root is None:
        return ()
    return (_ids(root.handlers), root.level, root.manager.disable, len(logging._levelToName))


def _patched() -> tuple[tuple[str, int], ...]:
    """A number for each often patched module that is loaded already."""
    found = []
    for name in _PATCHED:
        module = sys.modules.get(name)
        if module is not None:
            values = [v for k, v in list(vars(module).items()) if not k.startswith("__whet")]
            found.append((name, sum([id(value) for value in values if not _is_module(value)])))
    return tuple(found)


def _is_module(value: object) -> bool:
    return type(value) is type(sys)


def _registries(others: list[ModuleType]) -> int | None:
    """The sizes, all together, of what other modules hold; None: there is too much of it."""
    pending: list[Any] = [vars(module) for module in others]
    seen: dict[int, object] = {}  # kept alive, so that no two have one id
    total = 0
    while pending:
        part = pending.pop()
        if id(part) in seen:
            continue
        seen[id(part)] = part
        if len(seen) > MAX_OBJECTS:
            return None
        total += _look(part, pending)
    return total


def _look(part: Any, pending: list[Any]) -> int:
    """The size of one object; what it holds is looked at later.

    Objects of the standard library are not looked into, containers excepted.
    """
    if isinstance(part, dict):
        kept = [v for k, v in list(dict.items(part)) if k not in _MACHINERY and not _is_module(v)]
    elif isinstance(part, (list, tuple, set, frozenset, deque)):
        kept = list(part)
    elif isinstance(part, type):
        if _is_standard_type(part):
            return 0
        pending.append(dict(type.__dict__["__dict__"].__get__(part)))
        return len(type.__subclasses__(part))
    else:
        held = None if _is_standard_type(type(part)) else _instance_dict(part)
        kept = [] if held is None else [held]
    pending.extend([v for v in kept if not isinstance(v, _ATOMS) and not _is_function(v)])
    return len(kept)


def _is_standard_type(kind: type) -> bool:
    module = type.__dict__["__module__"].__get__(kind)
    return type(module) is not str or module == "builtins" or is_standard(module)


def _is_function(value: object) -> bool:
    """Whether a value is a function, which holds nothing that others look at."""
    return type(value) is type(_ids) or type(value) is type(len)


def _instance_dict(part: object) -> dict[str, object] | None:
    try:
        held = object.__getattribute__(part, "__dict__")
    except (AttributeError, TypeError):
        return None
    return held if type(held) is dict else None


def other_modules(name: str) -> list[ModuleType]:
    """Loaded modules that belong neither to the standard library nor to the one imported."""
    own = name.partition(".")[0] if "." not in name else name
    found = []
    for other, module in list(sys.modules.items()):
        mine = other == own or other.startswith((own + ".", *_TOOLS))
        if not mine and not is_standard(other) and _is_module(module):
            found.append(module)
    return found
