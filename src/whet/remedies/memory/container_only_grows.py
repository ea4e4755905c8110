"""A container of the module that every call adds to and nothing ever takes from.

What
    A dict, list or set at module level to which a function adds, and from which no code of
    the module removes anything.

Why slow
    It keeps all that was ever put in until the program ends: in a service this is a leak.

Evidence needed
    From the run: how large it became.

Before
    SEEN = {}

    def remember(request):
        SEEN[request.number] = request

After
    SEEN = OrderedDict()

    def remember(request):
        SEEN[request.number] = request
        while len(SEEN) > 10_000:
            SEEN.popitem(last=False)

Safety
    Advice: only the author knows which entries are still needed. A bound, an expiry, or weak
    references are the usual cures; a memo is better written with `lru_cache`.

When not
    Registries and tables that are filled once, programs that end soon.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.remedies._asking import asked
from whet.remedies._places import hot_function, new_match, walk_function
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match

NAME = "container_only_grows"
LEAST_SIZE = 5_000
REMOVABLE = 0.5
_MAKERS = frozenset({"Counter", "OrderedDict", "defaultdict", "deque", "dict", "list", "set"})
_ADDING = frozenset({"add", "append", "appendleft", "extend", "insert", "setdefault", "update"})
_TAKING = frozenset({
    "clear", "discard", "difference_update", "intersection_update", "pop", "popitem", "popleft",
    "remove",
})  # fmt: skip


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """Advice for every container of the module that the hot function adds to."""
    function = hot_function(module, hot)
    return [
        new_match(
            module,
            NAME,
            name,
            f"{name.id} grows at every call and nothing takes anything out of it",
            safety="advice",
            values=[("container", name)],
        )
        for name in (_grown(module, function) if function is not None else ())
    ]


def _grown(module: SourceModule, function: FunctionNode) -> Iterator[ast.Name]:
    told: set[str] = set()
    for node in walk_function(function):
        name = _added_to(node)
        if name is None or name.id in told or module.scopes.star_import:
            continue
        scopes = module.scopes
        owned = scopes.owner(name.id, scopes.scope_of(name)) is scopes.module
        if owned and _is_container(module, name.id) and not _is_taken_from(module, name.id):
            told.add(name.id)
            yield name


def _added_to(node: ast.AST) -> ast.Name | None:
    match node:
        case ast.Subscript(value=ast.Name() as name, ctx=ast.Store()):
            return name
        case ast.Call(func=ast.Attribute(value=ast.Name() as name, attr=method)):
            return name if method in _ADDING else None
        case _:
            return None


def _is_container(module: SourceModule, name: str) -> bool:
    """Whether a name of the module is bound once, to an empty container without a bound."""
    scopes = module.scopes
    bindings = scopes.bindings(scopes.module, name)
    assigned = scopes.parent(bindings[0]) if len(bindings) == 1 else None
    match assigned:
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            pass
        case _:
            return False
    match value:
        case ast.List(elts=[]) | ast.Dict(keys=[]):
            return True
        case ast.Call(func=ast.Name(id=maker) | ast.Attribute(attr=maker), args=args):
            empty = len(args) <= (maker == "defaultdict")
            return maker in _MAKERS and empty and not value.keywords
        case _:
            return False


def _is_taken_from(module: SourceModule, name: str) -> bool:
    scopes = module.scopes
    for use in scopes.uses(scopes.module, name):
        match scopes.parent(use):
            case ast.Attribute(attr=method) if method in _TAKING:
                return True
            case ast.Subscript(value=value, ctx=ast.Del()) if value is use:
                return True
            case ast.Call() | ast.keyword() | ast.Return() | ast.Assign() if _escapes(module, use):
                return True  # whoever gets it may take from it
            case _:
                continue
    return False


def _escapes(module: SourceModule, use: ast.Name) -> bool:
    parent = module.scopes.parent(use)
    if isinstance(parent, ast.Assign):
        return parent.value is use
    if isinstance(parent, ast.Call):
        return use in parent.args and not module.scopes.is_builtin(parent.func)
    return True


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether it became large."""
    seen = asked(match, evidence).get("container", [])
    if not seen:
        return refused("the run never came here")
    facts = {"added": seen[0].observations, "size_first": seen[0].size_min,
             "size_last": seen[0].size_max}  # fmt: skip
    if (seen[0].size_max or 0) < LEAST_SIZE:
        return refused("it stays small", **facts)
    return Admission(evidence=facts, removable=REMOVABLE)


REMEDY = Remedy(
    name=NAME,
    family="memory",
    title="Bound a container that only grows",
    claims="peak_memory",
    keeps_state=True,
    safety="advice",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=None,
)
