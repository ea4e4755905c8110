"""What is done to a list, held by a name or an attribute, and whether a deque does the same."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.codebase.syntax import span_of
from whet.records import Edit, Span
from whet.remedies._admission import types_of
from whet.remedies._lists import is_lazy
from whet.remedies._names import Use, use_of
from whet.remedies._places import is_in_text
from whet.remedies.containers._emptiness import holds_some, is_caught
from whet.remedies.remedy import Admission, refused

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, Match

SHORTEST = 64
# Elements whose moving takes as long as the rest of `pop(0)`: 260 to 590, CPython 3.11
# (benchmarks/remedy_costs.py).
BREAK_EVEN = 400.0
_TAKING = frozenset({"pop"})
_PLAIN_METHODS = frozenset({"append", "extend", "clear", "count"})


def front_of(node: ast.AST) -> ast.expr | None:
    """The list that a call takes its first element from, or puts one in front of."""
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Name() | ast.Attribute() as held, attr="pop"),
            args=[ast.Constant(value=0)],
            keywords=[],
        ):
            return held
        case ast.Call(
            func=ast.Attribute(value=ast.Name() | ast.Attribute() as held, attr="insert"),
            args=[ast.Constant(value=0), _],
            keywords=[],
        ):
            return held
        case _:
            return None


def can_be_annotated(binding: ast.Assign | ast.AnnAssign) -> bool:
    """Whether the annotation, if there is one, can be that of a deque as well."""
    return isinstance(binding, ast.Assign) or list_word(binding.annotation) is not None


def list_word(annotation: ast.expr) -> ast.Name | None:
    """The word for the type in `list`, `list[int]` or `List[int]`."""
    match annotation:
        case ast.Subscript(value=ast.Name(id="list" | "List") as word):
            return word
        case ast.Name(id="list") as word:
            return word
        case _:
            return None


def makes_list(module: SourceModule, value: ast.expr) -> bool:
    """Whether an expression makes a list, in a way that can be written as a deque."""
    match value:
        case ast.List() | ast.ListComp():
            return True
        case ast.Call(func=ast.Name(id="list") as func, keywords=[]):
            return module.scopes.is_builtin(func)
        case _:
            return False


def call_on(module: SourceModule, node: ast.expr) -> ast.Call | None:
    """The method call on a mention, if it is one."""
    attribute = module.scopes.parent(node)
    call = module.scopes.parent(attribute) if isinstance(attribute, ast.Attribute) else None
    return call if isinstance(call, ast.Call) and call.func is attribute else None


def knows(module: SourceModule, node: ast.expr) -> bool:
    """Whether a deque does the same for a mention of the list."""
    call = call_on(module, node)
    if is_in_text(module, node):
        return False  # which may show its own source: f"{queue=}"
    if call is not None:
        return _knows_method(module, node, call)
    use = use_of(module, node)
    if use is Use.RETURNED:
        return True
    if use is Use.INDEXED:
        return _indexes_an_end(module, node)
    if use is not Use.READ and use is not Use.PROBED:
        return False
    return _reads_alike(module, node)


def _knows_method(module: SourceModule, node: ast.expr, call: ast.Call) -> bool:
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if call.keywords or any(isinstance(argument, ast.Starred) for argument in call.args):
        return False
    if front_of(call):
        return method == "insert" or _may_take(module, node, call)
    if method in _TAKING:
        return not call.args and _may_take(module, node, call)
    return method in _PLAIN_METHODS


def _may_take(module: SourceModule, node: ast.expr, taking: ast.AST) -> bool:
    """Whether it cannot be seen how an empty queue words its error."""
    return holds_some(module, node, taking) or is_caught(module, taking)


def _indexes_an_end(module: SourceModule, node: ast.expr) -> bool:
    """Whether the queue is indexed at an end, where it is known to hold something."""
    subscript = module.scopes.parent(node)
    match subscript:
        case ast.Subscript(slice=ast.Constant(value=0)):
            return _may_take(module, node, subscript)
        case ast.Subscript(slice=ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1))):
            return _may_take(module, node, subscript)
        case _:
            return False


_GOES_ALONG = frozenset({"enumerate"})
_ALIKE_BUILTINS = frozenset("all any bool enumerate len list max min set sorted sum tuple".split())  # noqa: SIM905 -- reads better in a row


def _reads_alike(module: SourceModule, node: ast.expr) -> bool:
    """Whether reading a deque gives what reading the list gives, types and errors included."""
    parent = module.scopes.parent(node)
    match parent:
        case ast.Call(func=ast.Name(id=name)):
            known = name in _ALIKE_BUILTINS and not parent.keywords
            return known and (name not in _GOES_ALONG or _stays(module, node))
        case ast.For() | ast.AsyncFor() | ast.comprehension():
            return _stays(module, node)
        case ast.BinOp() | ast.FormattedValue():
            return False
        case ast.Compare():
            return len(parent.ops) == 1 and isinstance(parent.ops[0], ast.In | ast.NotIn)
        case _:
            return True


def _stays(module: SourceModule, node: ast.expr) -> bool:
    """Whether the queue is left alone while it is iterated: a deque raises, a list does not."""
    changes = _changes(module.scopes.statement_of(node), ast.unparse(node))
    return not (changes or is_lazy(module, node))


def _changes(statement: ast.AST, name: str) -> bool:
    return any(
        isinstance(node, ast.Attribute) and ast.unparse(node.value) == name
        for node in ast.walk(statement)
    )


def front_edit(module: SourceModule, call: ast.Call) -> Edit:
    """The call in the words of a deque."""
    function = call.func
    assert isinstance(function, ast.Attribute)  # noqa: S101 -- front_of has seen to it
    start, end = span_of(function.value), span_of(call)
    tail = Span(
        line=start.end_line,
        column=start.end_column,
        end_line=end.end_line,
        end_column=end.end_column,
    )
    if function.attr == "pop":
        return Edit(file=module.file, span=tail, text=".popleft()")
    return Edit(file=module.file, span=tail, text=f".appendleft({module.text_of(call.args[1])})")


def made_edits(
    module: SourceModule, binding: ast.Assign | ast.AnnAssign, maker: str
) -> tuple[Edit, ...]:
    """An assignment of a list (see `makes_list`) as one of a deque."""
    value = binding.value
    assert value is not None  # noqa: S101 -- makes_list has seen to it
    match value:
        case ast.List(elts=[]) | ast.Call(args=[]):
            made = f"{maker}()"
        case ast.Call():
            made = f"{maker}{module.text_of(value)[len('list') :]}"
        case _:
            made = f"{maker}({module.text_of(value)})"
    edits = [module.replace(value, made)]
    if isinstance(binding, ast.AnnAssign) and (word := list_word(binding.annotation)):
        edits.append(module.replace(word, maker))
    return tuple(edits)


def admit_queue(match: Match, evidence: Evidence) -> Admission:
    """Whether the list was long enough for a gain."""
    found = [evidence.values[s.site] for s in match.values if s.site in evidence.values]
    seen = [value for value in found if value.observations]
    if not seen:
        return refused("the run never came here")
    types = {name for value in seen for name in types_of(value.types)}
    if types != {"list"}:
        return refused(f"it held {', '.join(sorted(types))}")
    count = sum(value.observations for value in seen)
    size = sum((value.size_median or 0.0) * value.observations for value in seen) / count
    longest = max(value.size_max or 0 for value in seen)
    facts = {"operations": count, "length_median": size, "length_max": longest}
    if longest < SHORTEST:
        return refused(f"the list is short (up to {longest} elements)", **facts)
    removable = 1 - 1 / (1 + max(size, longest / 4) / BREAK_EVEN)
    return Admission(evidence=facts, removable=round(removable, 4))
