"""A whole sort of which only the first few elements are used.

What
    `sorted(x)[0]`, `sorted(x)[-1]`, `sorted(x)[:3]`, also with `key=` and `reverse=`.

Why slow
    Sorting takes n log n comparisons; the smallest few of n take about n.

Evidence needed
    From the run: the elements (or the keys) are of builtin types that have a total order, no NaN;
    how many there were.

Before
    def best(scores):
        return sorted(scores)[0]

After
    def best(scores):
        return heapq.nsmallest(1, scores)[0]

Safety
    `heapq.nsmallest` and `nlargest` give what the sort gives, ties in the same order, and an empty
    input raises the same IndexError (`min` would raise ValueError). Gated: the run must show that
    the elements have a total order, and for `[:n]` with a variable that it was never below one.

When not
    Partial orders (sets, NaN, an own `__lt__`), nearly all elements used, `[-1]` with a key
    (the last of several largest would become the first), keys or limits that depend on when they
    are worked out, a limit that is None by default.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from whet.codebase.syntax import span_of
from whet.records import Edit, Span
from whet.remedies._locals import uses_of_own
from whet.remedies._names import makes_new_list
from whet.remedies._places import (
    found_again,
    hot_function,
    import_of,
    is_in_text,
    walk_function,
)
from whet.remedies.algorithms._few import (
    ACTS,
    admit_few,
    is_plain_key,
    match_of_few,
    may_be_none,
    truth_of,
    used_by,
)
from whet.remedies.calls._disturbance import disturbance, is_pure_function
from whet.remedies.remedy import Remedy

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import HotPlace, Match

NAME = "sorted_for_few"

_COMMA_BEHIND = re.compile(rb"\s*,[ \t]*")
_COMMA_BEFORE = re.compile(rb"\s*,\s*$")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sort:
    """`sorted(...)` with a subscript on it.

    Attributes:
        few: The constant number of elements used, or the expression of it.
        last: It is the last one that is used.
    """

    whole: ast.Subscript
    call: ast.Call
    few: int | ast.expr
    last: bool
    key: ast.expr | None
    reverse: ast.keyword | None
    largest: bool

    @property
    def maker(self) -> Literal["nsmallest", "nlargest"]:
        return "nlargest" if self.largest else "nsmallest"


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every sort in the hot function of which a few elements are used."""
    function = hot_function(module, hot)
    return [_match(module, sort) for sort in _sorts(module, function)] if function else []


def _sorts(module: SourceModule, function: FunctionNode) -> list[_Sort]:
    found = [_sort(module, node) for node in walk_function(function)]
    return [sort for sort in found if sort is not None]


def _sort(module: SourceModule, node: ast.AST) -> _Sort | None:
    match node:
        case ast.Subscript(value=ast.Call(args=[iterable]) as call, ctx=ast.Load()):
            pass
        case _:
            return None
    keywords = {keyword.arg: keyword for keyword in call.keywords}
    used = used_by(node.slice)
    if (
        used is None
        or isinstance(iterable, ast.Starred)
        or not set(keywords) <= {"key", "reverse"}
    ):
        return None
    if not module.scopes.is_builtin(call.func, "sorted") or _opening(module, call) is None:
        return None
    few, last = used
    key = keywords["key"].value if "key" in keywords else None
    reverse = keywords.get("reverse")
    backwards = truth_of(reverse.value) if reverse else False
    if backwards is None or isinstance(key, ast.Constant) or (last and key is not None):
        return None
    if is_in_text(module, node) or not _is_as_late(module, iterable, few, key):
        return None
    return _Sort(
        whole=node,
        call=call,
        few=few,
        last=last,
        key=key,
        reverse=reverse,
        largest=backwards != last,
    )


def _is_as_late(
    module: SourceModule, iterable: ast.expr, few: int | ast.expr, key: ast.expr | None
) -> bool:
    """Whether limit and keys are the same where they are worked out in another order.

    `sorted` takes all elements, then works out all keys, then comes the limit. `nsmallest` begins
    with the limit, and takes elements and keys by turns.
    """
    calls = any(isinstance(node, ACTS) for node in ast.walk(iterable))
    if isinstance(few, ast.expr):
        keyed = key is not None and not isinstance(key, ast.Lambda | ast.Name)
        local = isinstance(few, ast.Name) and _is_own(module, few) and not keyed
        acts = calls or key is not None
        if may_be_none(module, few) or (acts and not local):
            return False
    if key is None or is_plain_key(module, key):
        return True
    if isinstance(iterable, ast.GeneratorExp):
        return False
    function = module.scopes.function_of(iterable)
    assert function is not None  # noqa: S101 -- it was found in one
    if isinstance(key, ast.Name):
        pure = module.scopes.is_builtin(key) or is_pure_function(module, key)
    else:
        pure = isinstance(key, ast.Lambda) and not disturbance(module, function, key)
    return pure or makes_new_list(module, iterable)


def _is_own(module: SourceModule, name: ast.Name) -> bool:
    """Whether a name belongs to the function that mentions it, and no other changes it."""
    scopes = module.scopes
    function = scopes.function_of(name)
    return function is not None and bool(uses_of_own(module, function, name.id))


def _opening(module: SourceModule, call: ast.Call) -> Span | None:
    """The point right behind the opening parenthesis of a call; None: not on the name's line."""
    line, column = call.func.end_lineno or 0, call.func.end_col_offset or 0
    if not module.lines[line - 1][column:].startswith(b"("):
        return None
    return Span(line=line, column=column + 1, end_line=line, end_column=column + 1)


def _match(module: SourceModule, sort: _Sort) -> Match:
    iterable = sort.call.args[0]
    sites = [("iterable", iterable)]
    if isinstance(iterable, ast.GeneratorExp):  # its elements are seen where they are made
        sites.append(("element", iterable.elt))
    message = "a whole sort is made for a few of its elements"
    return match_of_few(module, NAME, sort.whole, message, sites, sort)


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """`heapq.nsmallest` or `nlargest` in the place of `sorted`.

    Raises:
        WhetError: The match is not in the module any more.
    """
    sort = found_again(module, match, _sorts, lambda sort: sort.whole)
    maker, imports = import_of(module, "heapq", sort.maker)
    few = str(sort.few) if isinstance(sort.few, int) else module.text_of(sort.few)
    opening = _opening(module, sort.call)
    assert opening is not None  # noqa: S101 -- _sort has seen to it
    first, call = span_of(sort.call.args[0]), span_of(sort.call)
    bare = isinstance(sort.call.args[0], ast.GeneratorExp) and _end(first) == _end(call)
    edits = [
        module.replace(sort.call.func, maker),
        Edit(
            file=module.file, span=opening, text=_first_argument(module, opening, few, bare=bare)
        ),
    ]
    if bare:  # the generator shared the parentheses of the call
        inside = (call.end_line, call.end_column - 1)
        edits.append(Edit(file=module.file, span=_span(inside, inside), text=")"))
    if sort.reverse is not None:
        edits.append(_without_reverse(module, sort.reverse))
    text = "" if isinstance(sort.whole.slice, ast.Slice) else "[0]"
    subscript = _span(_end(call), _end(span_of(sort.whole)))
    edits.append(Edit(file=module.file, span=subscript, text=text))
    return (*imports, *edits)


def _first_argument(module: SourceModule, opening: Span, few: str, *, bare: bool) -> str:
    ends_line = not module.lines[opening.line - 1][opening.column :].strip()
    return f"{few}, (" if bare else f"{few}," if ends_line else f"{few}, "


def _without_reverse(module: SourceModule, keyword: ast.keyword) -> Edit:
    span = span_of(keyword)
    start, end = (span.line, span.column), _end(span)
    behind = _COMMA_BEHIND.match(module.lines[span.end_line - 1][span.end_column :])
    before = _COMMA_BEFORE.search(module.lines[span.line - 1][: span.column])
    if behind is not None:
        end = (end[0], end[1] + behind.end())
    elif before is not None:
        start = (start[0], before.start())
    return Edit(file=module.file, span=_span(start, end), text="")


def _span(start: tuple[int, int], end: tuple[int, int]) -> Span:
    return Span(line=start[0], column=start[1], end_line=end[0], end_column=end[1])


def _end(span: Span) -> tuple[int, int]:
    return span.end_line, span.end_column


REMEDY = Remedy(
    name=NAME,
    family="algorithms",
    title="Take the few smallest without sorting all",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines",
    detect=detect,
    admit=admit_few,
    rewrite=rewrite,
)
