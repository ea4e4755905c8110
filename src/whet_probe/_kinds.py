"""What the language's own and the standard library's types hold, read by their own code.

No code of the user's runs: descriptors of the built-in types are called directly.
"""

from __future__ import annotations

import _io
import sys
import types
from _collections import OrderedDict, defaultdict, deque  # type: ignore[import-not-found] # built in
from gc import get_referents

try:
    from _functools import _lru_cache_wrapper  # type: ignore[import-not-found] # built in
except ImportError:  # an interpreter whose memos are plain functions
    _lru_cache_wrapper = None

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

MAX_NODES = 20_000
"""Parts of one value that are looked at; beyond them it is only partially compared."""

MAX_BYTES = 1 << 20
"""Bytes of one string that are looked at."""

_mro: Any = type.__dict__["__mro__"].__get__
_namespace: Any = type.__dict__["__dict__"].__get__
_qualname: Any = type.__dict__["__qualname__"].__get__
_module: Any = type.__dict__["__module__"].__get__
_flags: Any = type.__dict__["__flags__"].__get__
_exception_args: Any = BaseException.__dict__["args"].__get__
_exception_cause: Any = BaseException.__dict__["__cause__"].__get__

NAMED = (types.FunctionType, types.BuiltinFunctionType, types.ModuleType, types.CodeType)
OPAQUE = (
    types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType, types.FrameType,
    types.TracebackType, types.MappingProxyType, _io._IOBase,
)  # fmt: skip


# What `functools.lru_cache` itself sets on a memo.
_SET_ON_MEMOS = frozenset([
    "__wrapped__", "cache_parameters", "__module__", "__name__", "__qualname__", "__doc__",
    "__annotations__", "__annotate__", "__type_params__",
])  # fmt: skip
_function_attributes: Any = types.FunctionType.__dict__["__dict__"].__get__
_memo_attributes: Any = _lru_cache_wrapper and _lru_cache_wrapper.__dict__["__dict__"].__get__


def named(value: Any, bases: tuple[type, ...]) -> tuple[Any, list[tuple[str, Any]]] | None:
    """What a value is named after, and what was set on it; None if no name tells it.

    That is a function, module or code itself, and for a memo the function whose results it keeps:
    whether results are kept is no difference. A memo that has another name than its function, or
    calls another than the one it shows, is told like any other object.

    Args:
        value: Anything.
        bases: Of its type.
    """
    if type(value) is types.FunctionType:
        return value, _sorted_attributes(_function_attributes(value))
    if type(value) is _lru_cache_wrapper:
        attributes = _memo_attributes(value)
        function = dict.get(attributes, "__wrapped__")
        if not _is_kept_by(value, attributes, function):
            return None
        return function, _sorted_attributes(attributes, _SET_ON_MEMOS)
    return (value, []) if any(base in NAMED for base in bases) else None


def _is_kept_by(memo: object, attributes: Any, function: Any) -> bool:
    """Whether a memo calls this function and has its name.

    The results kept come first among what a memo refers to, and its function after them.
    """
    return (
        type(function) is types.FunctionType
        and dict.get(attributes, "__module__") is function.__module__
        and dict.get(attributes, "__qualname__") is function.__qualname__
        and any(held is function for held in reversed(get_referents(memo)))
    )


def _sorted_attributes(
    attributes: Any, known: frozenset[str] = frozenset()
) -> list[tuple[str, Any]]:
    """Attributes by name, in the order of their names."""
    pairs = [pair for pair in dict.items(attributes) if type(pair[0]) is str]
    return sorted([pair for pair in pairs if pair[0] not in known], key=_first)


def _first(pair: tuple[str, object]) -> str:
    return pair[0]


def type_name(kind: type) -> str:
    """The module and qualified name of a type, such as "collections.OrderedDict"; "int"."""
    name = _qualname(kind)
    try:
        module = _module(kind)
    except AttributeError:
        module = None
    if type(module) is not str or module == "builtins":
        return str(name)
    return ("__main__" if module == "__mp_main__" else module) + "." + str(name)


def _exception(value: Any) -> tuple[Any, ...]:
    cause = _exception_cause(value)
    return (_exception_args(value), None if cause is None else type(cause))


# Built-in bases and how their content is read from an object of a subclass: into tuples, which
# the walk does not remember by identity. (Sets are told by their members.)
_CONTENT: dict[Any, Callable[[Any], Any]] = {
    int: int.__int__,
    float: float.__pos__,
    complex: complex.__pos__,
    str: str.__str__,
    bytes: lambda value: bytes.__getitem__(value, slice(None)),
    bytearray: lambda value: bytes(bytearray.__getitem__(value, slice(None))),
    list: lambda value: tuple(list.__iter__(value)),
    tuple: lambda value: tuple(tuple.__iter__(value)),
    dict: lambda value: tuple(dict.items(value)),
    deque: lambda value: tuple(deque.__iter__(value)),
    set: lambda value: tuple(set.__iter__(value)),
    frozenset: lambda value: tuple(frozenset.__iter__(value)),
    BaseException: _exception,
}
for _kind in [OrderedDict, defaultdict]:
    _CONTENT[_kind] = _CONTENT[dict]
for _kind in list(vars(sys.modules["builtins"]).values()):
    if isinstance(_kind, type) and issubclass(_kind, BaseException):
        _CONTENT[_kind] = _exception


def _moment(value: Any) -> tuple[Any, ...]:
    zone = value.tzinfo
    named = repr(zone) if zone is None or type_name(type(zone)) == "datetime.timezone" else ""
    return (repr(value.replace(tzinfo=None)), type(zone), named)


def _array(value: Any) -> tuple[Any, ...]:
    return (value.typecode, len(value), value[:MAX_BYTES].tobytes())


def _random_state(value: Any) -> object:
    return sys.modules["_random"].Random.getstate(value)


def _buffer(value: Any) -> tuple[Any, ...]:
    return ("closed",) if value.closed else (value.tell(), value.getvalue())


def _ndarray(value: Any) -> tuple[Any, ...]:
    if value.dtype.hasobject:
        return (value.dtype.str, value.shape, tuple(value.ravel()[: MAX_NODES + 1]))
    return (value.dtype.str, value.shape, value.ravel()[: MAX_BYTES + 1].tobytes())


# Exact types of the standard library and NumPy whose own, known code tells their value.
_KNOWN: dict[str, Callable[[Any], Any]] = {
    "datetime.date": repr,
    "datetime.timedelta": repr,
    "datetime.timezone": repr,
    "datetime.datetime": _moment,
    "datetime.time": _moment,
    "decimal.Decimal": str,
    "array.array": _array,
    "random.Random": _random_state,
    "_io.BytesIO": _buffer,
    "_io.StringIO": _buffer,
    "numpy.ndarray": _ndarray,
}
for _name in ["PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath"]:
    _KNOWN["pathlib." + _name] = str
    _KNOWN["pathlib._local." + _name] = str  # Python 3.13
for _name in ["bool_", "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"]:
    _KNOWN["numpy." + _name] = lambda value: value.item()
for _name in ["uint64", "float16", "float32", "float64", "str_", "bytes_"]:
    _KNOWN["numpy." + _name] = lambda value: value.item()
