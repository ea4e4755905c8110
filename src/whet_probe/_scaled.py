"""Inputs of other sizes made from a recorded one.

A container that is made larger goes through its elements again and again; each time round they
are changed (numbers and texts get the round's number), so that the share of equal elements stays
what it was. What is neither number nor text is used again as it is.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing costs ten milliseconds
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Optional, Tuple

    Arguments = Tuple[Tuple[Any, ...], Dict[str, Any]]

_HUGE = 1e300
_STRIDE = 7919
SIZED = (list, tuple, str, bytes, bytearray, dict, set, frozenset, range)


class NoSize(Exception):
    """No argument has a size that could be changed."""


def size_of(args: Tuple[Any, ...], keywords: Dict[str, Any]) -> int:
    """The length of the largest argument, else the largest whole number; 0: neither."""
    values = [*args, *keywords.values()]
    longest = max((len(value) for value in values if type(value) in SIZED), default=0)
    return longest or max((value for value in values if type(value) is int), default=0)


def scaler(args: Tuple[Any, ...], keywords: Dict[str, Any]) -> Callable[[int], Arguments]:
    """A function from a size to arguments of that size.

    All arguments as long as the longest one are scaled; where none has a length, the largest
    whole number becomes the size.

    Raises:
        NoSize: There is nothing to scale.
    """
    values = [*args, *keywords.values()]
    largest = size_of(args, keywords)
    if largest < 1:
        raise NoSize("no argument is a container or a whole number above 0")
    by_length = any(type(value) in SIZED and len(value) == largest for value in values)

    def changed(value: Any, size: int) -> Any:
        if by_length:
            fits = type(value) in SIZED and len(value) == largest
            return resized(value, size) if fits else value
        return size if type(value) is int and value == largest else value

    def make(size: int) -> Arguments:
        return (
            tuple([changed(value, size) for value in args]),
            {name: changed(value, size) for name, value in keywords.items()},
        )

    return make


def resized(value: Any, size: int) -> Any:
    """A container like another one, of another size."""
    kind = type(value)
    if kind is str:
        return (value * (size // len(value) + 1))[:size]
    if kind in (bytes, bytearray):
        return kind((value * (size // len(value) + 1))[:size])
    if kind is range:
        return range(value.start, value.start + value.step * size, value.step)
    if kind is dict:
        pairs = elements(list(value.items()), size)
        return _full(lambda: dict(pairs), pairs, size)
    made = elements(list(value), size)
    if kind in (set, frozenset):
        return _full(lambda: kind(made), made, size)
    return kind(made)


def _full(make: Callable[[], Any], made: List[Any], size: int) -> Any:
    """What can only hold each element once, of the asked size as far as elements can differ."""
    held = make()
    if len(held) < size and len(made) >= size:
        raise NoSize("elements of type %s cannot be made different" % type(made[0]).__name__)
    return held


def elements(items: List[Any], size: int) -> List[Any]:
    """As many elements, the given ones first."""
    span = _span(items)
    found: List[Any] = []
    turn = 0
    while len(found) < size:
        found += items if turn == 0 else [_another(item, turn, span) for item in items]
        turn += 1
    return found[:size]


def _span(items: List[Any]) -> int:
    """Beyond the distance of any two numbers among the elements, however deep."""
    numbers: List[int] = []
    stack = list(items)
    while stack:
        item = stack.pop()
        if type(item) in (int, float) and abs(item) < _HUGE:  # not NaN either
            numbers.append(int(item))
        elif type(item) in (tuple, list):
            stack += item
    return max(numbers) - min(numbers) + 1 if numbers else 1


def _another(item: Any, turn: int, span: int) -> Any:
    kind = type(item)
    if kind in (int, float):
        return item + kind(turn * span)
    if kind is str:
        return item + str(turn)
    if kind is bytes:
        return item + str(turn).encode()
    if kind in (tuple, list):
        return kind([_another(part, turn, span) for part in item])
    return item


def parts_of(data: Any) -> Optional[Callable[[int], Any]]:
    """A function from a size to a part of the data that lies together, another one at each call.

    Always the same part would teach the processor every branch of a short call. None: the data
    has no parts.
    """
    kind = type(data)
    if kind in (list, tuple, str, bytes, bytearray, range):
        held: Any = data
        build: Any = None
    elif kind is dict:
        held, build = list(data.items()), dict
    elif kind in (set, frozenset):
        held, build = list(data), kind
    else:
        return None
    turn = [0]

    def part(size: int) -> Any:
        turn[0] += 1
        first = turn[0] * _STRIDE % (len(held) - size + 1)
        cut = held[first : first + size]
        return cut if build is None else build(cut)

    return part
