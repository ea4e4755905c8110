"""Values come back exactly, and nothing that was not written by this codec is taken for one."""

import dataclasses
import datetime as dt
import decimal
import enum
import math
import uuid
import zoneinfo
from collections import OrderedDict, namedtuple
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whet_runtime.cache._codec import ValueCodec
from whet_runtime.cache._codec._types import class_name, find_class, fingerprint
from whet_runtime.cache._tier import Record
from whet_runtime.cache._wire import Torn, packed, tombstone, unpacked
from whet_runtime.errors import CodecError, MisuseError

KEY = b"k" * 32


class Color(enum.Enum):
    RED = 1
    BLUE = 2


class Point(NamedTuple):
    x: int
    y: int


@dataclasses.dataclass(frozen=True, slots=True)
class User:
    name: str
    color: Color
    at: tuple[Point, ...] = ()


class Plain:
    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return type(other) is Plain and other.value == self.value

    __hash__ = None


zones = st.sampled_from([None, dt.UTC, zoneinfo.ZoneInfo("Europe/Berlin")])
texts = st.text(max_size=8) | st.sampled_from(["~", "\ud800", "a\udfff"])
scalars = st.one_of(
    st.sampled_from([None, True, False, 0, -0.0, 10**30, 1e300, "", b""]),
    st.integers(),
    st.floats(allow_nan=False),
    texts,
    st.binary(max_size=8),
    st.decimals(allow_nan=False),
    st.datetimes(timezones=zones),
    st.dates(),
    st.times(timezones=st.sampled_from([None, dt.UTC])),
    st.timedeltas(),
    st.uuids(),
    st.complex_numbers(allow_nan=False),
)
hashable = scalars | st.tuples(scalars, scalars) | st.frozensets(scalars, max_size=2)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(texts, inner, max_size=3),
        st.dictionaries(hashable, inner, max_size=2),
        st.sets(hashable, max_size=2),
    ),
    max_leaves=6,
)


def exact(value):
    """The value with all its types, so that equality is not enough: 1, 1.0 and True differ."""
    if isinstance(value, dict):
        return dict, [(exact(key), exact(item)) for key, item in value.items()]
    if isinstance(value, set | frozenset):
        return type(value), sorted(map(repr, map(exact, value)))
    if isinstance(value, list | tuple):
        return type(value), [exact(item) for item in value]
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None), value.fold, str(value.tzinfo)
    return type(value), repr(value)


@settings(max_examples=150, deadline=None)
@given(values, st.sampled_from([ValueCodec(), ValueCodec(key=KEY)]))
def test_a_value_comes_back_with_all_its_types(value, codec):
    assert exact(codec.decode(*codec.encode(value))) == exact(value)


@pytest.mark.parametrize(
    "value", [10**9_000, -(10**9_000), {10**5_000: [10**5_000]}], ids=["a", "b", "c"]
)
def test_integers_of_any_length_come_back(value):
    codec = ValueCodec()
    assert codec.decode(*codec.encode(value)) == value


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.0])
def test_special_floats_come_back(value):
    codec = ValueCodec()
    assert repr(codec.decode(*codec.encode(value))) == repr(value)


def test_a_repeated_hour_comes_back_as_the_same_of_the_two():
    zone = zoneinfo.ZoneInfo("Europe/Berlin")
    second = dt.datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=zone)
    codec = ValueCodec()
    found = codec.decode(*codec.encode(second))
    assert (found, found.fold, found.tzinfo) == (second, 1, zone)


def test_registered_classes_come_back():
    codec = ValueCodec(types=[User, Color, Point])
    users = [User("a", Color.RED, (Point(1, 2),)), User("b", Color.BLUE)]
    assert codec.decode(*codec.encode(users)) == users


@pytest.mark.parametrize(
    "value",
    [Plain(1), Color.RED, Point(1, 2), OrderedDict(a=1), object(), [{"a": {1: Plain(2)}}]],
)
def test_an_unknown_class_is_refused_and_named(value):
    with pytest.raises(CodecError, match="Register its classes"):
        ValueCodec().encode(value)


def test_a_time_zone_without_a_name_is_refused():
    class Odd(dt.tzinfo):
        def utcoffset(self, _moment):
            return dt.timedelta(0)

    named = dt.timezone(dt.timedelta(hours=1), "here")
    for zone in (Odd(), named):
        with pytest.raises(CodecError, match="time zone"):
            ValueCodec().encode(dt.datetime(2026, 1, 1, tzinfo=zone))


def test_a_value_that_holds_itself_is_refused():
    loop = [1]
    loop.append(loop)
    with pytest.raises(CodecError, match="holds itself"):
        ValueCodec().encode(loop)


def test_with_a_key_other_classes_are_pickled():
    codec = ValueCodec(key=KEY)
    assert codec.decode(*codec.encode([Plain(1), Color.RED])) == [Plain(1), Color.RED]


def test_what_cannot_be_pickled_is_refused():
    with pytest.raises(CodecError, match="pickling it failed"):
        ValueCodec(key=KEY).encode(lambda: None)


class Bomb:
    exploded = False

    def __reduce__(self):
        return explode, ()


def explode():
    Bomb.exploded = True


def test_nothing_is_unpickled_before_its_signature_fits():
    body, number = ValueCodec(key=b"somebody else's key.").encode(Bomb())
    for codec in (ValueCodec(key=KEY), ValueCodec()):
        for forged in (body, body[33:], b"\x02" + body[34:], b"\x03" + bytes(32) + body[33:]):
            with pytest.raises(CodecError):
                codec.decode(forged, number)
    assert not Bomb.exploded


def test_with_a_key_nothing_unsigned_is_accepted():
    with pytest.raises(CodecError, match="not signed"):
        ValueCodec(key=KEY).decode(*ValueCodec().encode([1]))


def test_a_signed_value_is_not_accepted_under_another_fingerprint():
    body, number = ValueCodec(key=KEY).encode([1])
    with pytest.raises(CodecError, match="signature"):
        ValueCodec(key=KEY).decode(body, number + 1)


def test_keys_can_be_changed_in_use():
    old, new = ValueCodec(key=b"old" * 10), ValueCodec(key=(b"new" * 10, b"old" * 10))
    assert new.decode(*old.encode([1])) == [1]
    with pytest.raises(CodecError):
        old.decode(*new.encode([1]))


@pytest.mark.parametrize("key", [b"short", "a text that is long enough", (b"x" * 20, b"")])
def test_a_weak_key_is_refused(key):
    with pytest.raises(MisuseError, match="16"):
        ValueCodec(key=key)


@pytest.mark.parametrize("kind", [Plain, dict, "User", len])
def test_only_plain_classes_can_be_registered(kind):
    with pytest.raises(MisuseError, match="dataclasses"):
        ValueCodec(types=[kind])


def test_a_class_inside_a_function_cannot_be_registered():
    local = dataclasses.make_dataclass("Local", ["a"])
    local.__qualname__ = "here.<locals>.Local"
    with pytest.raises(MisuseError, match="local to a function"):
        ValueCodec(types=[local])


def _moved(kind, module):
    kind.__module__ = module
    return kind


def test_another_version_of_a_class_is_another_fingerprint():
    module = "whet_runtime.errors"  # any module that is there
    fields = [("a", int)], [("a", int), ("b", int)], [("a", str)]
    made = [_moved(dataclasses.make_dataclass("Thing", each), module) for each in fields]
    made.append(namedtuple("Thing", "a", module=module))  # noqa: PYI024 - of one name, too
    assert len({fingerprint([kind]) for kind in made}) == 4
    codecs = [ValueCodec(types=[kind]) for kind in made[:3]]
    body, number = codecs[0].encode(made[0](1))
    for other in (codecs[1], codecs[2], ValueCodec()):
        with pytest.raises(CodecError, match="classes"):
            other.decode(body, number)
    assert find_class(class_name(CodecError)) is CodecError


def test_a_pickle_of_a_class_that_changed_is_refused(monkeypatch):
    codec = ValueCodec(key=KEY)
    stored = codec.encode(Plain(1))
    monkeypatch.setattr(Plain, "__annotations__", {"value": "int"}, raising=False)
    with pytest.raises(CodecError, match="classes have changed"):
        codec.decode(*stored)
    monkeypatch.delattr(f"{Plain.__module__}.Plain")
    with pytest.raises(CodecError, match="cannot be read"):
        codec.decode(*stored)


def test_a_pickle_of_a_module_that_is_gone_is_refused(monkeypatch):
    codec = ValueCodec(key=KEY)
    monkeypatch.setattr(Plain, "__module__", "gone_from_here")
    with pytest.raises(CodecError, match="pickling"):
        codec.encode(Plain(1))
    with pytest.raises(ImportError):
        find_class("gone_from_here:Plain")
    assert find_class("decimal:Decimal") is decimal.Decimal


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 2**64 - 1))
def test_any_bytes_are_a_value_or_refused_and_nothing_else(body, number):
    for codec in (ValueCodec(), ValueCodec(key=KEY), ValueCodec(types=[User, Point, Color])):
        for each in (number, codec._plain_fingerprint, codec._marked_fingerprint):
            for content in (body, b"\x01" + body, b'\x01{"~":["tuple",' + body + b"]}"):
                try:
                    codec.decode(content, each)
                except CodecError:
                    continue


def test_another_version_of_the_format_is_refused():
    body, number = ValueCodec().encode([1])
    with pytest.raises(CodecError):
        ValueCodec().decode(body, number + (1 << 56))
    with pytest.raises(CodecError, match="cannot be read"):
        ValueCodec().decode(body + b"2", number)


records = st.builds(
    Record,
    body=st.binary(max_size=20),
    fingerprint=st.integers(0, 2**64 - 1),
    created_s=st.floats(0, 1e10),
    soft_s=st.floats(0, 1e10),
    hard_s=st.floats(0, 1e10),
    generations=st.dictionaries(texts, st.integers(1, 2**63 - 1), max_size=3),
    load_s=st.floats(0, 1e6),
    weight=st.just(0),
)


@settings(max_examples=100, deadline=None)
@given(records, st.integers(1, 2**63 - 1))
def test_a_record_comes_back_from_the_wire(record, mark):
    found, found_mark = unpacked(packed(record, mark))
    assert (found._replace(weight=0), found_mark) == (record, mark)
    assert unpacked(tombstone(mark)) == (None, mark)


@settings(max_examples=80, deadline=None)
@given(records, st.data())
def test_a_changed_or_cut_record_is_torn(record, data):
    stored = packed(record, 77)
    at = data.draw(st.integers(0, len(stored) - 1))
    changed = stored[:at] + bytes([stored[at] ^ data.draw(st.integers(1, 255))]) + stored[at + 1 :]
    if at >= 4:  # the upper half of the mark is no part of the record
        with pytest.raises(Torn):
            unpacked(changed)
    cut = data.draw(st.integers(0, len(stored) - 1).filter(lambda length: length != 8))
    with pytest.raises(Torn):
        unpacked(stored[:cut])


def test_a_uuid_is_written_in_its_shortest_form():
    body, _ = ValueCodec().encode(uuid.UUID(int=1))
    assert body == b'\x01{"~":["UUID","00000000000000000000000000000001"]}'
