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
    lists that change while they are iterated, lists that `finally` may change after they are
    returned, short lists.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.remedies._lists import returned_early
from whet.remedies._names import Use, use_of
from whet.remedies._places import found_again, hot_function, import_of, new_match, walk_function
from whet.remedies.containers._queue_uses import (
    admit_queue,
    call_on,
    can_be_annotated,
    front_edit,
    front_of,
    knows,
    made_edits,
    makes_list,
)
from whet.remedies.remedy import Remedy

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, HotPlace, Match

NAME = "queue_in_list"


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
    held = front_of(node)
    return held.id if isinstance(held, ast.Name) else None


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
    if not (makes_list(module, binding.value) and can_be_annotated(binding)):
        return None
    rest = [node for node in nodes if node is not bindings[0]]
    if any(node not in body for node in nodes):  # a function inside sees it
        return None
    if use_of(module, nodes[0]) is not Use.BOUND or not all(knows(module, n) for n in rest):
        return None
    returns = tuple(n for n in rest if isinstance(scopes.parent(n), ast.Return))
    calls = [call_on(module, node) for node in rest]
    fronts = tuple(call for call in calls if call is not None and front_of(call))
    queue = _Queue(name=name, binding=binding, fronts=fronts, returns=returns)
    return queue if all(_can_be_copied(module, node) for node in returns) else None


def _can_be_copied(module: SourceModule, returned: ast.Name) -> bool:
    """Whether it can be returned as a list, and nothing changes it any more."""
    scopes = module.scopes
    shadowed = scopes.owner("list", scopes.scope_of(returned)) is not None
    return not (shadowed or returned_early(module, returned))


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


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """A deque in the place of the list.

    Raises:
        WhetError: The match is not in the module any more.
    """
    queue = found_again(module, match, _queues, lambda queue: queue.fronts[0])
    maker, imports = import_of(module, "collections", "deque")
    edits = [*made_edits(module, queue.binding, maker)]
    edits.extend(front_edit(module, call) for call in queue.fronts)
    edits.extend(module.replace(name, f"list({queue.name})") for name in queue.returns)
    return (*imports, *edits)


REMEDY = Remedy(
    name=NAME,
    family="containers",
    title="Keep a queue in a deque",
    claims="cpu_time",
    keeps_state=False,
    safety="safe",
    share="lines",
    detect=detect,
    admit=admit_queue,
    rewrite=rewrite,
)
