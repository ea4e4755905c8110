"""Values as fingerprints and as short texts, told without running any code of the user's.

No `__eq__`, `__hash__`, `__repr__`, `__len__`, `__getattr__`, property or iterator of the user's
is called: containers are read through the built-in type's own methods, objects through the
descriptors of their `__dict__` and `__slots__`. What cannot be read like this (an iterator, a
file, a lock, the inside of a C object) is told by its type alone and counted as opaque. Nothing
is consumed, copied or kept alive. Equal values give equal fingerprints in any process.
"""

from __future__ import annotations

import types
from _collections import OrderedDict, defaultdict, deque  # type: ignore[import-not-found] # built in
from _weakref import ref

try:
    from _blake2 import blake2b
except ImportError:  # an interpreter built without it
    from hashlib import blake2b

from whet_probe._frames import FRAMES
from whet_probe._kinds import (
    _CONTENT,
    _KNOWN,
    MAX_BYTES,
    MAX_NODES,
    OPAQUE,
    _first,
    _flags,
    _mro,
    _namespace,
    named,
    type_name,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterable

MAX_FLOATS = 2_000
"""Floats of one value that are kept for a comparison with a tolerance."""

MAX_NESTED_SETS = 8

_HEAP_TYPE = 1 << 9
_OF_THE_INTERPRETER = frozenset([  # the last one is an address where `functools.partial` has it
    "__weakref__", "__dictoffset__", "__weaklistoffset__", "__vectorcalloffset__",
])  # fmt: skip
_SEQUENCE_TAGS: dict[Any, bytes] = {list: b"l", tuple: b"t"}


class Fingerprint:
    """What a value is, in a few bytes.

    Args:
        digest: Equal for equal values; sets without their order.
        order: Digest of the order in which the sets of plain values would be iterated; "" if
            there are none.
        truncated: Parts beyond the limits were not looked at.
        opaque: Objects told by their type alone.
        plain: Only immutable and container types of the language itself were met.
        nodes: Parts looked at.
        floats: In tolerant mode, the floats in order, which the digest then leaves out.
    """

    __slots__ = ("digest", "floats", "nodes", "opaque", "order", "plain", "truncated")

    def __init__(self, walk: Walk) -> None:
        self.digest = blake2b(b"".join(walk.parts), digest_size=12).hexdigest()
        order = walk.order
        self.order = blake2b(b"".join(order), digest_size=6).hexdigest() if order else ""
        self.truncated = walk.truncated
        self.opaque = walk.opaque
        self.plain = walk.plain
        self.nodes = walk.nodes
        self.floats = walk.floats


def fingerprint(
    value: object, root: str = "", *, tolerant: bool = False, most: int = MAX_NODES
) -> Fingerprint:
    """The fingerprint of a value.

    Args:
        value: Anything.
        root: Folder whose path is replaced in strings, so that two copies agree.
        tolerant: Leave floats out of the digest and list them instead.
        most: Parts that are looked at.
    """
    walk = Walk(root, tolerant=tolerant, most=most)
    walk.run(value)
    return Fingerprint(walk)


class Walk:
    """One pass over a value, in a fixed order and without recursion."""

    def __init__(
        self, root: str = "", *, tolerant: bool = False, depth: int = 0, most: int = MAX_NODES
    ) -> None:
        self.parts: list[bytes] = []
        self.order: list[bytes] = []
        self.floats: list[float] | None = [] if tolerant else None
        self.nodes = 0
        self.truncated = False
        self.opaque = 0
        self.plain = True
        self._root = root
        self._root_bytes = root.encode("utf-8", "surrogateescape")
        self._depth = depth
        self._most = most
        self._seen: dict[int, int] = {}
        self._stack: list[Any] = []

    def run(self, value: object) -> None:
        """Look at a value and all that it holds, up to the limits."""
        stack = self._stack
        stack.append(value)
        while stack:
            if self.nodes >= self._most:
                self.truncated = True
                self.parts.append(b"~")
                stack.clear()
                return
            self.nodes += 1
            item = stack.pop()
            write = _WRITERS.get(type(item))
            if write is not None:
                write(self, item)
            else:
                self._other(item)

    def text(self, value: str) -> None:
        """A string, by its characters."""
        if len(value) > MAX_BYTES:
            self.truncated = True
            value = "%d %s %s" % (len(value), value[: MAX_BYTES // 2], value[-MAX_BYTES // 2 :])
        if self._root and self._root in value:
            value = value.replace(self._root, "<root>")
        raw = value.encode("utf-8", "surrogatepass")
        self.parts.append(b"s%d:" % len(raw))
        self.parts.append(raw)

    def octets(self, value: bytes | bytearray) -> None:
        """A bytes-like value, by its bytes."""
        raw = bytes(value[: MAX_BYTES // 2] + value[-MAX_BYTES // 2 :])
        if len(value) <= MAX_BYTES:
            raw = bytes(value)
        else:
            self.truncated = True
        if self._root_bytes and self._root_bytes in raw:
            raw = raw.replace(self._root_bytes, b"<root>")
        tag = b"b" if type(value) is bytes else b"B"
        self.parts.append(b"%s%d/%d:" % (tag, len(value), len(raw)))
        self.parts.append(raw)

    def number(self, value: float) -> None:
        """A float: bit for bit, or set aside in tolerant mode."""
        if self.floats is not None and len(self.floats) < MAX_FLOATS:
            self.floats.append(value)
            self.parts.append(b"f;")
        else:
            self.parts.append(b"f" + value.hex().encode() + b";")

    def atom(self, value: object) -> None:
        """A value that its type and `repr` tell in full."""
        self.parts.append(type(value).__name__.encode() + repr(value).encode() + b";")

    def integer(self, value: int) -> None:
        """An int of any size (decimal digits are limited, hexadecimal ones are not)."""
        self.parts.append(b"i%x;" % value)

    def sequence(self, value: Any) -> None:
        """A list, tuple or deque, in order."""
        if type(value) is not tuple and self._again(value):
            return
        tag = _SEQUENCE_TAGS.get(type(value), b"q")
        if tag == b"q":
            tag += repr(value.maxlen).encode()
        self.parts.append(b"%s%d:" % (tag, len(value)))
        self._push(list(value) if type(value) is not list else value)

    def mapping(self, value: Any) -> None:
        """A dict, in its order."""
        if self._again(value):
            return
        self.parts.append(b"%s%d:" % (type(value).__name__.encode(), len(value)))
        if type(value) is defaultdict:
            self._push([value.default_factory])
        room = self._most - self.nodes - len(self._stack)
        flat = [part for pair in list(value.items())[: room + 1] for part in pair]
        self._push(flat)

    def set(self, value: Any) -> None:
        """A set: its elements' digests sorted, and apart from them the order of iteration."""
        if type(value) is not frozenset and self._again(value):
            return
        self.parts.append(b"%s%d:" % (type(value).__name__.encode(), len(value)))
        self._members(value)

    def _members(self, value: Iterable[object]) -> None:
        if self._depth > MAX_NESTED_SETS:
            self.truncated = True
            return
        digests = []
        plain = True
        for item in list(value):
            if self.nodes >= self._most:
                self.truncated = True
                break
            walk = Walk(self._root, depth=self._depth + 1, most=self._most)
            walk.nodes = self.nodes
            walk.run(item)
            self.nodes, self.opaque = walk.nodes, self.opaque + walk.opaque
            self.truncated |= walk.truncated
            plain &= walk.plain
            digests.append(blake2b(b"".join(walk.parts), digest_size=12).digest())
        self.plain &= plain
        if plain:
            self.order.extend(digests)
        self.parts.extend(sorted(digests))

    def _again(self, value: object) -> bool:
        """Whether this very object was met before (shared or in a cycle): then say where."""
        known = self._seen.get(id(value))
        if known is None:
            self._seen[id(value)] = len(self._seen)
            return False
        self.parts.append(b"^%d;" % known)
        return True

    def _push(self, items: list[Any]) -> None:
        room = self._most - self.nodes - len(self._stack) + 1
        if len(items) > room:
            self.truncated = True
            items = items[: max(room, 0)]
        self._stack.extend(items[::-1])

    def _other(self, value: Any) -> None:
        """Whatever is no plain value: a subclass, a well-known type, an object, or opaque."""
        kind = type(value)
        name = type_name(kind)
        bases = _mro(kind)
        if type in bases:
            self.parts.append(b"T" + type_name(value).encode("utf-8", "replace") + b";")
            return
        self.plain = False
        known_by = named(value, bases)
        if known_by is not None:
            self._named(value, *known_by)
            return
        if self._again(value):
            return
        self.parts.append(b"O" + name.encode("utf-8", "replace") + b":")
        known = _KNOWN.get(name) or FRAMES.get(name)
        if known is not None:
            self._push([known(value)])
        elif any(base in OPAQUE for base in bases):
            self.opaque += 1
        else:
            self._object(value, bases)

    def _named(self, value: Any, called: Any, attributes: list[tuple[str, Any]]) -> None:
        """A function, module or code by its name, with the attributes that were set on it."""
        name = "N%s %s;" % (type_name(type(called)), own_name(called))
        self.parts.append(name.encode("utf-8", "replace"))
        if attributes and not self._again(value):
            self.parts.append(b"%d:" % len(attributes))
            self._push([part for pair in attributes for part in pair])

    def _object(self, value: Any, bases: tuple[type, ...]) -> None:
        layout = _layout(type(value), bases)
        state = layout.state(value)
        if layout.opaque:
            self.opaque += 1
        self.parts.append(b"%d:" % len(state))
        flat: list[Any] = []
        if layout.base in (set, frozenset):
            self._members(set.__iter__(value) if layout.base is set else frozenset.__iter__(value))
        elif layout.base is not None:
            flat.append(_CONTENT[layout.base](value))
        for name, part in state:
            flat += (name, part)
        self._push(flat)


def own_name(value: Any) -> str:
    """A function's or module's name, from its own built-in attributes."""
    try:
        if isinstance(value, types.ModuleType):
            return str(types.ModuleType.__getattribute__(value, "__name__"))
        return "%s.%s" % (getattr(value, "__module__", ""), getattr(value, "__qualname__", ""))
    except Exception:
        return ""


class _Layout:
    """How the state of the objects of one type is read."""

    __slots__ = ("base", "dictionary", "kind", "members", "opaque")

    def __init__(self, kind: type, bases: tuple[type, ...]) -> None:
        self.kind = ref(kind)
        self.dictionary: Any = None
        self.members: list[tuple[str, Any]] = []
        self.base: type | None = None
        self.opaque = False
        made_in_python = kind is object
        for base in bases[:-1]:
            names = _namespace(base)
            if base in _CONTENT:
                self.base = self.base or base
                made_in_python = True
                continue
            made_in_python |= "__dict__" in names or "__slots__" in names
            self.opaque |= not _flags(base) & _HEAP_TYPE
            self._read(names)
        self.opaque = (self.opaque or not made_in_python) and not self.members

    def _read(self, names: Any) -> None:
        for name, value in list(names.items()):
            if type(value) is types.MemberDescriptorType and type(name) is str:
                if name not in _OF_THE_INTERPRETER:
                    self.members.append((name, value))
            elif name == "__dict__" and type(value) is types.GetSetDescriptorType:
                self.dictionary = value

    def state(self, value: Any) -> list[tuple[Any, Any]]:
        """Slots and attributes by name: which of both a class uses is its own affair."""
        found: list[tuple[Any, Any]] = []
        for name, member in self.members:
            try:
                found.append((name, member.__get__(value)))
            except AttributeError:  # a slot that is not set
                continue
        if self.dictionary is None and self.base is BaseException:
            self.dictionary = BaseException.__dict__["__dict__"]
        if self.dictionary is not None:
            attributes = self.dictionary.__get__(value)
            if type(attributes) is dict:
                named = [pair for pair in list(attributes.items()) if type(pair[0]) is str]
                found += named
        return sorted(found, key=_first)


_layouts: dict[int, _Layout] = {}


def _layout(kind: type, bases: tuple[type, ...]) -> _Layout:
    """The layout of a type, remembered without keeping the type alive."""
    known = _layouts.get(id(kind))
    if known is None or known.kind() is not kind:
        known = _layouts[id(kind)] = _Layout(kind, bases)
    return known


_WRITERS: dict[Any, Callable[[Walk, Any], None]] = {
    str: Walk.text,
    int: Walk.integer,
    float: Walk.number,
    bytes: Walk.octets,
    bytearray: Walk.octets,
    list: Walk.sequence,
    tuple: Walk.sequence,
    deque: Walk.sequence,
    dict: Walk.mapping,
    OrderedDict: Walk.mapping,
    defaultdict: Walk.mapping,
    set: Walk.set,
    frozenset: Walk.set,
}
for _kind in [bool, type(None), complex, range, type(...), type(NotImplemented)]:
    _WRITERS[_kind] = Walk.atom
