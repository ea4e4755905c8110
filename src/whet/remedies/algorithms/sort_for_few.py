"""A list that is sorted and then asked for its first few elements only.

What
    `items.sort()` with `items[0]`, `items[-1]` or `items[:3]` in the next statement, and no other
    use of the list behind it.

Why slow
    Sorting takes n log n comparisons; the smallest few of n take about n.

Evidence needed
    From the run: the elements (or the keys) are of builtin types that have a total order, no NaN;
    how many there were.

Before
    def best(rows):
        scores = [row.score for row in rows]
        scores.sort()
        return scores[0]

After
    def best(rows):
        scores = [row.score for row in rows]
        return heapq.nsmallest(1, scores)[0]

Safety
    Gated by evidence. The list must be made by the function and held by nobody else; it stays as
    it was, which nobody can see. An empty list raises the same IndexError.

When not
    Lists from the caller, lists that are used again, partial orders (sets, NaN, an own `__lt__`),
    `[-1]` with a key, keys that call what is not known to be pure, a use within `try` or `with`
    (which would handle what the sort raises), a limit that may be None.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.codebase.scopes import FUNCTIONS
from whet.records import Edit, Span
from whet.remedies._lists import (
    is_kept_private,
    is_lazy,
    is_own_list,
    is_parameter,
    local_mentions,
    loops_around,
    within,
)
from whet.remedies._places import (
    alone_on_its_lines,
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
from whet.remedies.calls._disturbance import disturbance
from whet.remedies.remedy import Remedy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import HotPlace, Match

NAME = "sort_for_few"
_HANDLES = (ast.Try, ast.TryStar, ast.With, ast.AsyncWith, ast.Match)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sort:
    """`name.sort(...)` and the only use of the sorted list.

    Attributes:
        few: The constant number of elements used, or the expression of it.
        last: It is the last one that is used.
    """

    statement: ast.Expr
    name: ast.Name
    use: ast.Subscript
    few: int | ast.expr
    last: bool
    key: ast.expr | None
    largest: bool


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every sort of the hot function's own lists of which a few elements are used."""
    function = hot_function(module, hot)
    return [_match(module, sort) for sort in _sorts(module, function)] if function else []


def _sorts(module: SourceModule, function: FunctionNode) -> Iterator[_Sort]:
    for node in walk_function(function):
        match node:
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name() as name, attr="sort"),
                    args=[],
                    keywords=keywords,
                )
            ):
                options = {keyword.arg: keyword.value for keyword in keywords}
                use = _only_use(module, function, node, name)
                if use is not None and set(options) <= {"key", "reverse"}:
                    sort = _sort(module, function, node, use, options)
                    if sort is not None:
                        yield sort
            case _:
                pass


def _only_use(
    module: SourceModule, function: FunctionNode, statement: ast.Expr, name: ast.Name
) -> ast.Subscript | None:
    """The subscript in the next statement; None: the sorted list is used otherwise too."""
    block = _block_of(module, statement)
    mentions = local_mentions(module, function, name.id)
    if not mentions or is_parameter(module, function, name.id):
        return None
    at = block.index(statement)
    binding = _binding(module, mentions, block[:at])
    following = block[at + 1] if at + 1 < len(block) else None
    if binding is None or following is None or isinstance(following, FUNCTIONS):
        return None
    before = block[block.index(binding) : at]
    uses = [node for node in mentions if within(module, node, following)]
    others = [node for node in mentions if any(within(module, node, each) for each in before)]
    if len(uses) != 1 or len(uses) + len(others) + 1 != len(mentions):
        return None
    if not is_kept_private(module, others) or any(is_lazy(module, node) for node in others):
        return None
    use = module.scopes.parent(uses[0])
    again = loops_around(module, uses[0], function) != loops_around(module, statement, function)
    if again or is_in_text(module, uses[0]) or not alone_on_its_lines(module, statement):
        return None
    plain = isinstance(use, ast.Subscript) and isinstance(use.ctx, ast.Load)
    return use if isinstance(use, ast.Subscript) and plain and use.value is uses[0] else None


def _block_of(module: SourceModule, statement: ast.stmt) -> list[ast.stmt]:
    parent = module.scopes.parent(statement)
    blocks = (getattr(parent, name, None) for name in ("body", "orelse", "finalbody"))
    return next(b for b in blocks if isinstance(b, list) and statement in b)


def _binding(
    module: SourceModule, mentions: list[ast.Name], earlier: list[ast.stmt]
) -> ast.stmt | None:
    """The only statement that binds the name, to a new list, in the same block."""
    stores = [node for node in mentions if not isinstance(node.ctx, ast.Load)]
    statement = module.scopes.parent(stores[0]) if len(stores) == 1 else None
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement not in earlier:
        return None
    value = statement.value
    return statement if value is not None and is_own_list(module, value) else None


def _sort(
    module: SourceModule,
    function: FunctionNode,
    statement: ast.Expr,
    use: ast.Subscript,
    options: dict[str | None, ast.expr],
) -> _Sort | None:
    used, key = used_by(use.slice), options.get("key")
    backwards = truth_of(options["reverse"]) if "reverse" in options else False
    if used is None or backwards is None or "#" in module.text_of(statement):
        return None
    few, last = used
    if key is not None and (last or not _is_quiet_key(module, function, key)):
        return None
    if may_be_none(module, few) or not _can_wait(module, statement, use, keyed=key is not None):
        return None
    name = use.value
    assert isinstance(name, ast.Name)  # noqa: S101 -- _only_use has seen to it
    return _Sort(
        statement=statement,
        name=name,
        use=use,
        few=few,
        last=last,
        key=key,
        largest=backwards != last,
    )


def _can_wait(
    module: SourceModule, statement: ast.stmt, use: ast.Subscript, *, keyed: bool
) -> bool:
    """Whether it does not matter that the elements are looked at only where they are used.

    No handler may come between, and no call may change before what a key is made of.
    """
    block = _block_of(module, statement)
    following = block[block.index(statement) + 1]
    around = [at for at in module.scopes.ancestors(use) if within(module, at, following)]
    if any(isinstance(at, _HANDLES) for at in around):
        return False
    own = (use.lineno, use.col_offset)
    acts = (node for node in ast.walk(following) if isinstance(node, ACTS))
    earlier = any((node.end_lineno or 0, node.end_col_offset or 0) <= own for node in acts)
    return not (keyed and earlier)


def _is_quiet_key(module: SourceModule, function: FunctionNode, key: ast.expr) -> bool:
    """Whether it does not matter when a key is worked out."""
    quiet = isinstance(key, ast.Lambda) and not disturbance(module, function, key)
    return quiet or is_plain_key(module, key)


def _match(module: SourceModule, sort: _Sort) -> Match:
    call = sort.statement.value
    assert isinstance(call, ast.Call)  # noqa: S101 -- _sorts has seen to it
    assert isinstance(call.func, ast.Attribute)  # noqa: S101 -- same
    sites = [("iterable", call.func.value)]
    message = "a whole list is sorted for a few of its elements"
    return match_of_few(module, NAME, sort.statement, message, sites, sort)


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """`heapq.nsmallest` or `nlargest` in the place of the sort.

    Raises:
        WhetError: The match is not in the module any more.
    """
    sort = found_again(module, match, _sorts, lambda each: each.statement)
    maker, imports = import_of(module, "heapq", "nlargest" if sort.largest else "nsmallest")
    few = str(sort.few) if isinstance(sort.few, int) else module.text_of(sort.few)
    key = f", key={module.text_of(sort.key)}" if sort.key is not None else ""
    index = "" if isinstance(sort.use.slice, ast.Slice) else "[0]"
    made = f"{maker}({few}, {sort.name.id}{key}){index}"
    return (*imports, _without(module, sort.statement), module.replace(sort.use, made))


def _without(module: SourceModule, statement: ast.Expr) -> Edit:
    """A statement taken away, with its lines where no comment stands on them."""
    last = statement.end_lineno or statement.lineno
    end = statement.end_col_offset or 0
    behind = module.lines[last - 1][end:]
    if behind.strip():
        end += len(behind) - len(behind.lstrip())
        span = Span(
            line=statement.lineno, column=statement.col_offset, end_line=last, end_column=end
        )
    else:
        span = Span(line=statement.lineno, column=0, end_line=last + 1, end_column=0)
    return Edit(file=module.file, span=span, text="")


REMEDY = Remedy(
    name=NAME,
    family="algorithms",
    title="Take the few smallest without sorting the list",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines",
    detect=detect,
    admit=admit_few,
    rewrite=rewrite,
)
