"""A loop that works on an array element by element.

What
    `for x in array:` or `for i in range(len(array)):` with arithmetic on the elements.

Why slow
    Each element becomes an object of its own, and each step of the loop goes through the
    interpreter; an expression of whole arrays does the same in machine code, 30 to 100 times
    quicker.

Evidence needed
    From the run: it was a NumPy array of numbers, and a long one.

Before
    for i in range(len(prices)):
        total += prices[i] * counts[i]

After
    total += (prices * counts).sum()

Safety
    Advice: whet does not rewrite the loop. An expression of whole arrays adds floats in another
    order, which changes the last digits; ints may overflow where Python's would not.

When not
    Short arrays, steps that need the result of the step before, arrays of objects.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, TypeAlias

from whet.remedies._asking import asked, looks, median_size, missed, others_than
from whet.remedies._places import hot_function, is_in_text, new_match, walk_function
from whet.remedies.numeric._frames import ARRAYS, forms_of, holds_library
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match

    Loop: TypeAlias = ast.For | ast.ListComp | ast.GeneratorExp

NAME = "loop_over_array"
SHORTEST = 500
REMOVABLE = 0.95  # 30 to 100 times quicker, and not all of the loop may go
_NUMBERS = re.compile(r"(u?int|float|complex)\d+\[\d+\]")


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every loop of the hot function that does arithmetic on single elements."""
    function = hot_function(module, hot)
    if function is None or not holds_library(module, "numpy", "scipy"):
        return []
    return [_match(module, loop, array) for loop, array in _find(module, function)]


def _find(module: SourceModule, function: FunctionNode) -> Iterator[tuple[Loop, ast.Name]]:
    for node in walk_function(function):
        if isinstance(node, ast.For) and not node.orelse:
            target, iterable, body = node.target, node.iter, list[ast.AST](node.body)
        elif isinstance(node, ast.ListComp | ast.GeneratorExp) and len(node.generators) == 1:
            only = node.generators[0]
            target, iterable, body = only.target, only.iter, [node.elt]
        else:
            continue
        array = _array(module, iterable)
        if array is None or not isinstance(target, ast.Name) or is_in_text(module, node):
            continue
        element = (array.id, target.id) if array is not iterable else ("", target.id)
        if any(_is_arithmetic(n, *element) for part in body for n in ast.walk(part)):
            yield node, array


def _array(module: SourceModule, iterable: ast.expr) -> ast.Name | None:
    """The array in `array`, `range(len(array))`, `range(array.size)`, `range(array.shape[0])`."""
    match iterable:
        case ast.Name():
            return iterable
        case ast.Call(func=func, args=[bound], keywords=[]) if module.scopes.is_builtin(
            func, "range"
        ):
            return _measured(module, bound)
        case _:
            return None


def _measured(module: SourceModule, bound: ast.expr) -> ast.Name | None:
    match bound:
        case ast.Call(func=func, args=[ast.Name() as array]):
            return array if module.scopes.is_builtin(func, "len") else None
        case ast.Attribute(value=ast.Name() as array, attr="size"):
            return array
        case ast.Subscript(
            value=ast.Attribute(value=ast.Name() as array, attr="shape"),
            slice=ast.Constant(value=0),
        ):
            return array
        case _:
            return None


def _is_arithmetic(node: ast.AST, array: str, element: str) -> bool:
    """Whether a node adds, multiplies or the like, with `element`, or with `array[element]`."""
    match node:
        case ast.BinOp(left=left, right=right):
            return any(_is_element(side, array, element) for side in (left, right))
        case ast.AugAssign(value=value):
            return _is_element(value, array, element)
        case _:
            return False


def _is_element(node: ast.expr, array: str, element: str) -> bool:
    match node:
        case ast.Name(id=name):
            return not array and name == element
        case ast.Subscript(value=ast.Name(id=of), slice=ast.Name(id=name)):
            return of == array and name == element
        case _:
            return False


def _match(module: SourceModule, loop: Loop, array: ast.Name) -> Match:
    return new_match(
        module,
        NAME,
        loop,
        f"elements of {array.id!r} are worked on one by one",
        safety="advice",
        values=[("array", array)],
    )


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether it was a long array of numbers."""
    if reason := missed(match, evidence):
        return refused(reason)
    arrays = asked(match, evidence)["array"]
    if reason := others_than(ARRAYS, arrays, "what is gone through"):
        return refused(reason)
    forms = forms_of(arrays)
    if not forms or not all(_NUMBERS.fullmatch(form) for form in forms):
        return refused(f"the array was of {', '.join(sorted(forms)) or 'unknown types'}")
    size = median_size(arrays)
    facts = {"loops": looks(arrays), "elements_median": size, "forms": sorted(forms)}
    if size < SHORTEST:
        return refused(f"the arrays are short ({size:g} elements)", **facts)
    return Admission(evidence=facts, removable=REMOVABLE)


REMEDY = Remedy(
    name=NAME,
    family="numeric",
    title="Work on whole arrays instead of single elements",
    claims="cpu_time",
    keeps_state=False,
    safety="advice",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=None,
)
