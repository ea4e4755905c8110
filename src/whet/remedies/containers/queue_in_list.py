"""A queue kept in a list: elements taken from, or put at, its front.

What
    `queue.pop(0)` and `queue.insert(0, x)` on a list that a function makes for itself.

Why slow
    Taking or putting the first element moves all the others; a deque moves none.

Evidence needed
    From the run: the name always held a list, and how long it was.

Before
    queue = [start]
    while queue:
        node = queue.pop(0)
        queue.extend(children[node])

After
    queue = deque([start])
    while queue:
        node = queue.popleft()
        queue.extend(children[node])

Safety
    Safe: only a local list that nobody else sees, all of whose uses a deque knows. A list that is
    returned is returned as a list. Taking from an empty deque words its error otherwise than a
    list does, so elements must be taken where the queue is known to hold some, or where the
    IndexError is caught and nobody looks at it.

When not
    Slices, comparisons, sorting, insertion in the middle, lists that are handed to somebody else,
    lists that change while they are iterated, short lists.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.codebase.syntax import span_of
from whet.records import Edit, Span
from whet.remedies._admission import types_of
from whet.remedies._names import Use, use_of
from whet.remedies._places import found_again, hot_function, import_of, new_match, walk_function
from whet.remedies.containers._emptiness import holds_some, is_caught
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match

NAME = "queue_in_list"
SHORTEST = 64
# Elements whose moving takes as long as the rest of `pop(0)`: 260 to 590, CPython 3.11
# (benchmarks/remedy_costs.py).
BREAK_EVEN = 400.0
_TAKING = frozenset({"pop"})
_PLAIN_METHODS = frozenset({"append", "extend", "clear", "count"})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Queue:
    """A local list and its uses as a queue."""

    name: str
    binding: ast.Assign | ast.AnnAssign
    fronts: tuple[ast.Call, ...]  # pop(0) and insert(0, x), by place
    returns: tuple[ast.Name, ...]


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every local list of the hot function that is used as a queue."""
    function = hot_function(module, hot)
    return [_match(module, queue) for queue in _queues(module, function)] if function else []


def _queues(module: SourceModule, function: FunctionNode) -> list[_Queue]:
    names = [_front_name(node) for node in walk_function(function)]
    found = [_queue(module, function, name) for name in dict.fromkeys(names) if name]
    return [queue for queue in found if queue is not None]


def _front_name(node: ast.AST) -> str | None:
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=name), attr="pop"),
            args=[ast.Constant(value=0)],
            keywords=[],
        ):
            return name
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=name), attr="insert"),
            args=[ast.Constant(value=0), _],
            keywords=[],
        ):
            return name
        case _:
            return None


def _queue(module: SourceModule, function: FunctionNode, name: str) -> _Queue | None:
    scopes = module.scopes
    owner = scopes.inner(function)
    nodes = scopes.uses(owner, name)
    body = set(walk_function(function))
    bindings = scopes.bindings(owner, name)
    if scopes.star_import or name in owner.declared or len(bindings) != 1:
        return None
    binding = scopes.parent(bindings[0])
    if not isinstance(binding, ast.Assign | ast.AnnAssign) or binding.value is None:
        return None
    if not (_makes_list(module, binding.value) and _can_be_annotated(binding)):
        return None
    if any(node not in body for node in nodes):
        return None  # a function inside sees it
    rest = [node for node in nodes if node is not bindings[0]]
    if use_of(module, nodes[0]) is not Use.BOUND or not all(_knows(module, n) for n in rest):
        return None
    returns = tuple(n for n in rest if isinstance(scopes.parent(n), ast.Return))
    calls = [_call(module, node) for node in rest]
    fronts = tuple(call for call in calls if call is not None and _front_name(call))
    return _Queue(name=name, binding=binding, fronts=fronts, returns=returns)


def _can_be_annotated(binding: ast.Assign | ast.AnnAssign) -> bool:
    """Whether the annotation, if there is one, can be that of a deque as well."""
    return isinstance(binding, ast.Assign) or _list_word(binding.annotation) is not None


def _list_word(annotation: ast.expr) -> ast.Name | None:
    """The word for the type in `list`, `list[int]` or `List[int]`."""
    match annotation:
        case ast.Subscript(value=ast.Name(id="list" | "List") as word):
            return word
        case ast.Name(id="list") as word:
            return word
        case _:
            return None


def _makes_list(module: SourceModule, value: ast.expr) -> bool:
    match value:
        case ast.List() | ast.ListComp():
            return True
        case ast.Call(func=ast.Name(id="list") as func, keywords=[]):
            return module.scopes.is_builtin(func)
        case _:
            return False


def _call(module: SourceModule, node: ast.Name) -> ast.Call | None:
    """The method call on a mention, if it is one."""
    attribute = module.scopes.parent(node)
    call = module.scopes.parent(attribute) if isinstance(attribute, ast.Attribute) else None
    return call if isinstance(call, ast.Call) and call.func is attribute else None


def _knows(module: SourceModule, node: ast.Name) -> bool:
    """Whether a deque does the same for a mention of the list."""
    call = _call(module, node)
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


def _knows_method(module: SourceModule, node: ast.Name, call: ast.Call) -> bool:
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if call.keywords or any(isinstance(argument, ast.Starred) for argument in call.args):
        return False
    if _front_name(call):
        return method == "insert" or _may_take(module, node, call)
    if method in _TAKING:
        return not call.args and _may_take(module, node, call)
    return method in _PLAIN_METHODS


def _may_take(module: SourceModule, node: ast.Name, taking: ast.AST) -> bool:
    """Whether it cannot be seen how an empty queue words its error."""
    return holds_some(module, node, taking) or is_caught(module, taking)


def _indexes_an_end(module: SourceModule, node: ast.Name) -> bool:
    """Whether the queue is indexed at an end, where it is known to hold something."""
    subscript = module.scopes.parent(node)
    match subscript:
        case ast.Subscript(slice=ast.Constant(value=0)):
            return _may_take(module, node, subscript)
        case ast.Subscript(slice=ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1))):
            return _may_take(module, node, subscript)
        case _:
            return False


_ALIKE_BUILTINS = frozenset("all any bool enumerate len list max min set sorted sum tuple".split())  # noqa: SIM905 -- reads better in a row


def _reads_alike(module: SourceModule, node: ast.Name) -> bool:
    """Whether reading a deque gives what reading the list gives, types and errors included."""
    parent = module.scopes.parent(node)
    match parent:
        case ast.Call(func=ast.Name(id=name)):
            return name in _ALIKE_BUILTINS and not parent.keywords
        case ast.For() | ast.comprehension():
            # A deque that changes while it is iterated raises; a list does not.
            loop = module.scopes.statement_of(node)
            return not _changes(loop, node.id)
        case ast.BinOp() | ast.FormattedValue():
            return False
        case ast.Compare():
            return len(parent.ops) == 1 and isinstance(parent.ops[0], ast.In | ast.NotIn)
        case _:
            return True


def _changes(statement: ast.AST, name: str) -> bool:
    return any(
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == name
        for node in ast.walk(statement)
    )


def _match(module: SourceModule, queue: _Queue) -> Match:
    called = [call.func for call in queue.fronts]
    return new_match(
        module,
        NAME,
        queue.fronts[0],
        f"the list {queue.name!r} is used as a queue",
        safety="safe",
        values=[("queue", func.value) for func in called if isinstance(func, ast.Attribute)],
        lines=(call.lineno for call in queue.fronts),
    )


def admit(match: Match, evidence: Evidence) -> Admission:
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


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """A deque in the place of the list.

    Raises:
        WhetError: The match is not in the module any more.
    """
    queue = found_again(module, match, _queues, lambda queue: queue.fronts[0])
    maker, imports = import_of(module, "collections", "deque")
    value = queue.binding.value
    assert value is not None  # noqa: S101 -- _queue has seen to it
    match value:
        case ast.List(elts=[]) | ast.Call(args=[]):
            made = f"{maker}()"
        case ast.Call():
            made = f"{maker}{module.text_of(value)[len('list') :]}"
        case _:
            made = f"{maker}({module.text_of(value)})"
    edits = [module.replace(value, made)]
    if isinstance(queue.binding, ast.AnnAssign) and (word := _list_word(queue.binding.annotation)):
        edits.append(module.replace(word, maker))
    edits.extend(_front_edit(module, call) for call in queue.fronts)
    edits.extend(module.replace(name, f"list({queue.name})") for name in queue.returns)
    return (*imports, *edits)


def _front_edit(module: SourceModule, call: ast.Call) -> Edit:
    function = call.func
    assert isinstance(function, ast.Attribute)  # noqa: S101 -- _front_name has seen to it
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


REMEDY = Remedy(
    name=NAME,
    family="containers",
    title="Keep a queue in a deque",
    claims="cpu_time",
    keeps_state=False,
    safety="safe",
    share="lines",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
