"""A queue that an object keeps in a list.

What
    `self._queue.pop(0)` and `self._queue.insert(0, x)`, where `__init__` makes the list.

Why slow
    Taking or putting the first element moves all the others; a deque moves none.

Evidence needed
    From the run: the attribute always held a list, and how long it was.

Before
    class Worker:
        def __init__(self):
            self._queue = []

        def run(self):
            while self._queue:
                task = self._queue.pop(0)
                task()

After
    class Worker:
        def __init__(self):
            self._queue = deque()

        def run(self):
            while self._queue:
                task = self._queue.popleft()
                task()

Safety
    Advice: an object whose state is of another type is another object for whoever pickles,
    compares or inspects it, and what other files do with it is not looked at. Every use in the
    module is one by `self` in the class itself that a deque knows; elements are taken where the
    queue is known to hold some, or where the IndexError is caught and nobody looks at it.

When not
    Attributes without a leading underscore in modules that others use, base classes, subclasses
    that use the attribute, slices, comparisons, lists that are handed out, `__dict__`, short
    lists.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.codebase.scopes import FUNCTIONS
from whet.remedies._names import Use, use_of
from whet.remedies._places import hot_function, new_match, walk_function
from whet.remedies.containers._queue_uses import (
    admit_queue,
    call_on,
    can_be_annotated,
    front_of,
    knows,
    makes_list,
)
from whet.remedies.remedy import Remedy

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import HotPlace, Match

NAME = "queue_in_attribute"
_SEES_ATTRIBUTES = frozenset({
    "__dict__", "__getattr__", "__getattribute__", "__setattr__", "__slots__", "asdict", "eval",
    "exec", "getattr", "globals", "pickle", "setattr", "vars",
})  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class _Queue:
    """An attribute that holds a list, and its uses.

    Attributes:
        name: As written, such as "self._queue".
        fronts: `pop(0)` and `insert(0, x)` in the whole class, by place.
    """

    name: str
    fronts: tuple[ast.Call, ...]


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every attribute that the hot method uses as a queue."""
    function = hot_function(module, hot)
    return [_match(module, queue) for queue in _queues(module, function)] if function else []


def _queues(module: SourceModule, function: FunctionNode) -> list[_Queue]:
    held = (front_of(node) for node in walk_function(function))
    names = dict.fromkeys(at.attr for at in held if isinstance(at, ast.Attribute))
    owner = module.scopes.parent(function)
    if not (names and isinstance(owner, ast.ClassDef)) or _is_open(module, owner):
        return []
    found = [_queue(module, owner, name) for name in names]
    return [queue for queue in found if queue is not None]


def _is_open(module: SourceModule, owner: ast.ClassDef) -> bool:
    """Whether others may reach the attributes of a class by ways that are not seen here."""
    bases = [base for base in owner.bases if not module.scopes.is_builtin(base, "object")]
    nested = module.scopes.parent(owner) is not module.scopes.tree
    decorated = owner.decorator_list or owner.keywords
    seen = bool(_SEES_ATTRIBUTES & module.words) or module.scopes.star_import
    return bool(bases or nested or decorated or seen)


def _queue(module: SourceModule, owner: ast.ClassDef, name: str) -> _Queue | None:
    if not name.startswith("_") and module.outside != frozenset():
        return None
    mentions = _mentions(module, owner, name)
    in_init = False
    for node in mentions:
        if use_of(module, node) is Use.BOUND:
            statement = module.scopes.parent(node)
            if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
                return None
            if not (makes_list(module, statement.value) and can_be_annotated(statement)):
                return None
            in_init = in_init or _is_in_init(module, statement)
        elif use_of(module, node) is Use.RETURNED or not knows(module, node):
            return None
    if not in_init:
        return None
    calls = (call_on(module, node) for node in mentions)
    return _Queue(
        name=ast.unparse(mentions[0]),
        fronts=tuple(call for call in calls if call is not None and front_of(call)),
    )


def _mentions(module: SourceModule, owner: ast.ClassDef, name: str) -> list[ast.Attribute]:
    """Every attribute of this name; empty unless all are those of the class by its `self`."""
    tree = module.tree
    nodes = list(ast.walk(tree)) if tree else []
    found = [node for node in nodes if isinstance(node, ast.Attribute) and node.attr == name]
    quoted = any(isinstance(node, ast.Constant) and node.value == name for node in nodes)
    held = {node.name for node in owner.body if isinstance(node, FUNCTIONS)}
    if quoted or name in held or not all(_is_own(module, owner, node) for node in found):
        return []
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def _is_own(module: SourceModule, owner: ast.ClassDef, node: ast.Attribute) -> bool:
    """Whether a mention is that of `self` in a plain method of the class."""
    method = module.scopes.function_of(node)
    if method is None or module.scopes.parent(method) is not owner or method.decorator_list:
        return False
    parameters = [*method.args.posonlyargs, *method.args.args]
    if not (parameters and isinstance(node.value, ast.Name) and node.value.id == "self"):
        return False
    own = module.scopes.inner(method)
    bound = module.scopes.bindings(own, "self") == [parameters[0]]
    return bound and module.scopes.owner("self", module.scopes.scope_of(node)) is own


def _is_in_init(module: SourceModule, binding: ast.stmt) -> bool:
    method = module.scopes.parent(binding)
    return isinstance(method, ast.FunctionDef) and method.name == "__init__"


def _match(module: SourceModule, queue: _Queue) -> Match:
    called = [call.func for call in queue.fronts]
    return new_match(
        module,
        NAME,
        queue.fronts[0],
        f"the list {queue.name!r} is used as a queue: consider a deque",
        safety="advice",
        values=[("queue", func.value) for func in called if isinstance(func, ast.Attribute)],
        lines=(call.lineno for call in queue.fronts),
    )


REMEDY = Remedy(
    name=NAME,
    family="containers",
    title="Keep an object's queue in a deque",
    claims="cpu_time",
    keeps_state=False,
    safety="advice",
    share="lines",
    detect=detect,
    admit=admit_queue,
    rewrite=None,
)
