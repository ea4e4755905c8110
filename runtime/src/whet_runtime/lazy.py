"""What costs something is made at its first use, once, however many threads ask.

class Report:
    @lazy_attribute
    def table(self):              # computed by the first reader, then a plain attribute
        return expensive()

numpy = LazyImport("numpy")                  # a module
DataFrame = LazyImport("pandas", "DataFrame")  # a name in one

__getattr__, __dir__ = lazy_exports(__name__, {"Cache": "shop.cache"})   # in a package
"""

from __future__ import annotations

from importlib import import_module
from threading import Lock, RLock, get_ident
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from whet_runtime.errors import LoadCycleError, MisuseError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Self

T = TypeVar("T")
_UNRESOLVED = object()


class _Computation:
    """A value that a thread is computing; others wait for the lock."""

    __slots__ = ("lock", "owner")

    def __init__(self) -> None:
        self.lock = Lock()
        self.owner: int | None = None


# Guards the two below. A finalizer may read a lazy attribute at any line, these lines included.
_REGISTRY = RLock()
_RUNNING: dict[tuple[int, str], tuple[_Computation, int]] = {}  # with the number of its users
_AWAITED: dict[int, _Computation] = {}  # what each thread waits for


class lazy_attribute(Generic[T]):  # noqa: N801  (used as a decorator, like cached_property)
    """An attribute computed at its first reading, by one thread; the others wait for it.

    The value is stored in the instance under the attribute's name: later readings are those of a
    plain attribute and cost nothing more. Deleting the attribute has it computed again. What the
    function raises reaches the reader and is not stored: the next reader tries again.

    Two attributes that need each other are a `LoadCycleError`, not a stopped program, also where
    two threads meet in them.

    Args:
        compute: The function of the instance.

    Raises:
        MisuseError: On first use, for a class with `__slots__`, which has no room for the value.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self._name = getattr(compute, "__name__", "")
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        """Learns the attribute's name."""
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> T | Self:
        """The value, computed if this is the first reading.

        Raises:
            LoadCycleError: The value is needed to compute itself.
        """
        if instance is None:
            return self
        values = getattr(instance, "__dict__", None)
        if values is None:
            raise MisuseError(
                f"{owner.__name__}.{self._name}", "instances have no __dict__ to keep it in",
                'Add "__dict__" to __slots__',
            )  # fmt: skip
        key = (id(instance), self._name)
        computation = _join(key)
        try:
            _wait(computation, f"{owner.__name__}.{self._name}")
            try:
                if self._name not in values:
                    values[self._name] = self._compute(instance)
                value: T = values[self._name]
                return value
            finally:
                computation.owner = None
                computation.lock.release()
        finally:
            _part(key)


def _join(key: tuple[int, str]) -> _Computation:
    with _REGISTRY:
        computation, users = _RUNNING.get(key) or (_Computation(), 0)
        _RUNNING[key] = computation, users + 1
        return computation


def _part(key: tuple[int, str]) -> None:
    with _REGISTRY:
        computation, users = _RUNNING.pop(key)
        if users > 1:
            _RUNNING[key] = computation, users - 1


def _wait(computation: _Computation, what: str) -> None:
    """Takes the lock, unless its owner waits for this very thread, directly or around corners."""
    me = get_ident()
    with _REGISTRY:
        link: _Computation | None = computation
        while link is not None and link.owner is not None:
            if link.owner == me:
                raise LoadCycleError(what, "its value is needed to compute it", "Break the circle")
            link = _AWAITED.get(link.owner)
        if computation.lock.acquire(blocking=False):
            computation.owner = me
            return
        _AWAITED[me] = computation
    try:
        computation.lock.acquire()
        computation.owner = me
    finally:
        with _REGISTRY:
            del _AWAITED[me]


class LazyImport:
    """A module, or a name in one, that is imported when it is first used.

    It stands for what it names: attributes are read, set and called through it. `resolve()` gives
    the thing itself, for `isinstance`, subclassing and operators. Import once more is never done:
    the interpreter's own import lock lets one thread run the module, and the first to come out
    sets the result for all.

    Args:
        module: Absolute name, such as "concurrent.futures".
        attribute: Name in the module, dotted for a name in a class; the module itself if None.

    Raises:
        MisuseError: A relative or empty name.
    """

    __slots__ = ("_attribute", "_module", "_resolved")

    def __init__(self, module: str, attribute: str | None = None) -> None:
        if not module or module.startswith("."):
            raise MisuseError(
                f"module={module!r}", "only absolute names mean the same everywhere",
                "Give the full name, such as package.module",
            )  # fmt: skip
        put = object.__setattr__
        put(self, "_module", module)
        put(self, "_attribute", attribute)
        put(self, "_resolved", [])  # appended to once or, in a race, more often; the first counts

    def resolve(self) -> Any:
        """The module or the name itself.

        Raises:
            ImportError: As the import statement raises it; the next use tries again.
            AttributeError: The module has no such name.
        """
        resolved: list[Any] = self._resolved
        if not resolved:
            value: Any = import_module(self._module)
            for name in self._attribute.split(".") if self._attribute else ():
                value = getattr(value, name)
            resolved.append(value)
        return resolved[0]

    @property
    def is_resolved(self) -> bool:
        """Whether it was used already."""
        return bool(self._resolved)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Calls what it stands for."""
        return self.resolve()(*arguments, **named)

    def __getattr__(self, name: str) -> Any:
        """An attribute of what it stands for."""
        return getattr(self.resolve(), name)

    def __setattr__(self, name: str, value: object) -> None:
        """Sets an attribute of what it stands for."""
        setattr(self.resolve(), name, value)

    def __delattr__(self, name: str) -> None:
        """Deletes an attribute of what it stands for."""
        delattr(self.resolve(), name)

    def __dir__(self) -> list[str]:
        """The names in what it stands for."""
        return dir(self.resolve())

    def __repr__(self) -> str:
        """What it names; nothing is imported for that."""
        name = f"{self._module}:{self._attribute}" if self._attribute else self._module
        return f"<LazyImport {name}{'' if self._resolved else ', not used yet'}>"


def lazy_exports(
    package: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` for a package whose names live in modules not yet imported.

    Args:
        package: The package's `__name__`.
        homes: Public name -> module that holds it.
    """

    def fetch(name: str) -> Any:
        home = homes.get(name)
        if home is None:
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(message)
        value = getattr(import_module(home), name)
        setattr(import_module(package), name, value)
        return value

    return fetch, lambda: sorted(homes)
