"""Finds lists that are asked for membership and decides how a set can stand in for them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.remedies._lists import entry_of, may_be_missing
from whet.remedies._names import (
    READING_METHODS,
    Use,
    is_no_list,
    makes_new_list,
    simple,
    use_of,
)
from whet.remedies._places import (
    alone_on_its_lines,
    default_is_none,
    is_in_text,
    walk_function,
)
from whet.remedies.calls._disturbance import disturbance
from whet.remedies.containers._attributes import attribute_mentions, leaves_alone
from whet.remedies.containers._container import Container
from whet.remedies.containers._probe_loops import (
    loop_of,
    plain_start,
    runs_at_once,
    runs_later,
    statement_of_loop,
)

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule

LONG_LITERAL = 8  # elements; shorter ones are as quick as a set
_ORDER_ONLY = READING_METHODS | {"sort", "reverse"}


def find_containers(module: SourceModule, function: FunctionNode) -> list[Container]:
    """The lists that a function asks for membership and that a set can stand in for."""
    if module.scopes.star_import:
        return []
    found: list[Container] = []
    named: dict[str, ast.Name] = {}
    owned: dict[str, ast.Attribute] = {}
    for node in walk_function(function):
        right = _asked(module, node)
        if isinstance(node, ast.Compare) and isinstance(right, ast.List | ast.Tuple):
            found.extend(_literal(node, right))
        elif isinstance(right, ast.Name):
            named.setdefault(right.id, right)
        elif isinstance(right, ast.Attribute):
            owned.setdefault(module.text_of(right), right)
    found.extend(c for node in named.values() if (c := _named(module, function, node)) is not None)
    for attribute in owned.values():
        mentions = attribute_mentions(module, function, attribute)
        container = _owned(module, function, attribute, mentions)
        found.extend([container] if container is not None else [])
    return found


def _asked(module: SourceModule, node: ast.AST) -> ast.expr | None:
    """The right side of a plain membership test."""
    match node:
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[right]):
            return None if is_in_text(module, node) else right
        case _:
            return None


def _named(module: SourceModule, function: FunctionNode, node: ast.Name) -> Container | None:
    owner = module.scopes.owner(node.id, module.scopes.scope_of(node))
    if owner is module.scopes.inner(function):
        return _local(module, function, node.id)
    if owner is module.scopes.module:
        return _module_level(module, function, node.id)
    return None


def _literal(compare: ast.Compare, right: ast.List | ast.Tuple) -> list[Container]:
    constant = all(
        isinstance(item, ast.Constant) and isinstance(item.value, int | str | bytes | None)
        for item in right.elts
    )
    if not constant or len(right.elts) < LONG_LITERAL:
        return []
    size = len(right.elts)
    return [Container(name="[…]", form="literal", probes=(compare,), size=size)]


@dataclass(frozen=True, slots=True)
class _Uses:
    """All mentions of one list, by what they do."""

    of: dict[Use, list[ast.expr]]

    @property
    def kinds(self) -> set[Use]:
        return set(self.of)

    def changed_elsewhere(self, module: SourceModule) -> bool:
        """Whether the list is changed in a way that a set beside it would miss."""
        methods = {
            parent.attr
            for node in self.of.get(Use.CALLED, ())
            if isinstance(parent := module.scopes.parent(node), ast.Attribute)
        }
        return Use.CHANGED in self.of or not methods <= _ORDER_ONLY


def _uses(module: SourceModule, nodes: list[ast.Name]) -> _Uses:
    of: dict[Use, list[ast.expr]] = {}
    for node in nodes:
        of.setdefault(use_of(module, node), []).append(node)
    return _Uses(of)


def _local(  # noqa: PLR0911 -- one return a kind of list
    module: SourceModule, function: FunctionNode, name: str
) -> Container | None:
    scopes = module.scopes
    owner = scopes.inner(function)
    nodes = scopes.uses(owner, name)
    body = set(walk_function(function))
    if any(node not in body for node in nodes):
        return None  # a function inside sees it
    bindings = scopes.bindings(owner, name)
    if name in owner.declared or not all(isinstance(b, ast.Name | ast.arg) for b in bindings):
        return None
    uses = _uses(module, nodes)
    if uses.changed_elsewhere(module):
        return None
    statements = [scopes.parent(node) for node in uses.of.get(Use.BOUND, ())]
    values = [s.value for s in statements if isinstance(s, ast.Assign | ast.AnnAssign) and s.value]
    if any(is_no_list(value) for value in values):
        return None
    if Use.APPENDED in uses.kinds:
        return _growing(module, name, uses, statements)
    if any(isinstance(binding, ast.arg) for binding in bindings):
        return _given(module, function, name, uses, statements)
    return _made_once(module, function, name, uses, statements)


def _growing(
    module: SourceModule, name: str, uses: _Uses, statements: list[ast.AST | None]
) -> Container | None:
    binding = _only_assignment(module, statements)
    if binding is None or Use.ESCAPES in uses.kinds:
        return None
    if not isinstance(binding.value, ast.List | ast.ListComp):
        return None
    appends = tuple(_call_of(module, node) for node in uses.of[Use.APPENDED])
    statements_of = [module.scopes.statement_of(call) for call in appends]
    if not all(simple(call.args[0]) for call in appends):
        return None
    if not all(alone_on_its_lines(module, statement) for statement in statements_of):
        return None
    probes = _probes(module, uses)
    if not any(loop_of(module, probe, [binding]) for probe in probes):
        return None
    alone = uses.kinds <= {Use.BOUND, Use.PROBED, Use.APPENDED}
    replace = alone and isinstance(binding.value, ast.List)
    return Container(
        name=name,
        form="replace" if replace else "companion",
        probes=probes,
        appends=appends,
        binding=binding,
        after=binding,
    )


def _made_once(
    module: SourceModule,
    function: FunctionNode,
    name: str,
    uses: _Uses,
    statements: list[ast.AST | None],
) -> Container | None:
    binding = _only_assignment(module, statements)
    if binding is None:
        return None
    block = module.scopes.parent(binding)
    probes = tuple(
        probe
        for probe in _probes(module, uses)
        if loop_of(module, probe, [binding])
        and block in set(module.scopes.ancestors(probe))
        and probe.lineno > (binding.end_lineno or 0)
    )
    if not probes:
        return None
    fresh = makes_new_list(module, binding.value)
    alone = uses.kinds <= {Use.BOUND, Use.PROBED} and _turns_into_set(binding.value)
    loops = {statement_of_loop(module, probe, [binding]) for probe in probes}
    before = next(iter(loops)) if len(loops) == 1 else None
    if before is not None and module.indent_of(before) is None:
        return None
    if not fresh and _may_be_missing(module, function, uses, loops):
        return None
    kept = fresh and Use.ESCAPES not in uses.kinds
    return Container(
        name=name,
        private=kept,
        disturbed="" if kept else _disturbed(module, function, before or function, probes),
        escapes=Use.ESCAPES in uses.kinds,
        form="replace" if alone and fresh else "companion",
        probes=probes,
        binding=binding,
        before=before,
        entry=entry_of(loop_of(module, probes[0], [binding])),
        after=binding if before is None else None,
        built=binding.value,
    )


def _given(
    module: SourceModule,
    function: FunctionNode,
    name: str,
    uses: _Uses,
    statements: list[ast.AST | None],
) -> Container | None:
    if not statements and default_is_none(function, name):
        return None  # a set of None cannot be made where the loop may never ask
    around = [function, *(s for s in statements if s is not None)]
    probes = tuple(p for p in _probes(module, uses) if loop_of(module, p, around))
    loops = {statement_of_loop(module, probe, around) for probe in probes}
    if len(loops) != 1:
        return None
    before = loops.pop()
    if not plain_start(module, before) or _may_be_missing(module, function, uses, {before}):
        return None
    if any(isinstance(s, ast.stmt) and s.lineno > before.lineno for s in statements):
        return None
    return Container(
        name=name,
        form="companion",
        probes=probes,
        before=before,
        entry=entry_of(loop_of(module, probes[0], around)),
        from_caller=True,
        private=False,
        disturbed=_disturbed(module, function, before, probes),
        escapes=Use.ESCAPES in uses.kinds,
    )


def _disturbed(
    module: SourceModule,
    function: FunctionNode,
    block: ast.AST,
    probes: tuple[ast.Compare, ...],
) -> str:
    """What could change a list that somebody else holds between the set and the last test."""
    for probe in probes:
        loop = loop_of(module, probe, [function])
        if runs_later(module, loop) and not (loop and runs_at_once(module, function, loop)):
            return "a generator asks it, maybe when others have changed it"
    return disturbance(module, function, block)


def _may_be_missing(
    module: SourceModule, function: FunctionNode, uses: _Uses, loops: set[ast.stmt]
) -> bool:
    """Whether the loops reckon with something else than a list, which no set can be made of."""
    mentions = [node for nodes in uses.of.values() for node in nodes]
    return any(may_be_missing(module, function, mentions, loop) for loop in loops)


def _owned(
    module: SourceModule,
    function: FunctionNode,
    attribute: ast.Attribute,
    mentions: list[ast.Attribute],
) -> Container | None:
    """A list that the object holds, asked for in one loop that leaves the object alone."""
    around: list[ast.AST] = [function]
    uses = [(node, use_of(module, node)) for node in mentions]
    if not all(use in {Use.PROBED, Use.READ, Use.INDEXED} for _, use in uses):
        return None
    if any(is_in_text(module, node) for node in mentions):
        return None
    parents = [module.scopes.parent(node) for node, use in uses if use is Use.PROBED]
    compares = [parent for parent in parents if isinstance(parent, ast.Compare)]
    probes = tuple(p for p in compares if loop_of(module, p, around))
    loops = {statement_of_loop(module, probe, around) for probe in probes}
    if len(loops) != 1:
        return None
    before = loops.pop()
    lazy = any(runs_later(module, loop_of(module, probe, around)) for probe in probes)
    if lazy or not plain_start(module, before) or not leaves_alone(module, before, attribute):
        return None
    if may_be_missing(module, function, mentions, before):
        return None
    return Container(
        name=module.text_of(attribute),
        private=False,
        disturbed=disturbance(module, function, before),
        form="companion",
        probes=probes,
        before=before,
        entry=entry_of(loop_of(module, probes[0], around)),
        from_caller=True,
    )


def _module_level(module: SourceModule, function: FunctionNode, name: str) -> Container | None:
    scopes = module.scopes
    bindings = scopes.bindings(scopes.module, name)
    uses = _uses(module, scopes.uses(scopes.module, name))
    if len(bindings) != 1 or uses.changed_elsewhere(module) or Use.APPENDED in uses.kinds:
        return None
    binding = _only_assignment(module, [scopes.parent(bindings[0])])
    if binding is None or scopes.parent(binding) is not scopes.tree:
        return None
    if not makes_new_list(module, binding.value):
        return None
    outside = module.outside
    hidden = name.startswith("_") and outside is not None and name not in outside
    probes = _probes(module, uses)
    here = tuple(probe for probe in probes if module.scopes.function_of(probe) is function)
    if not here:
        return None
    hidden = hidden and here == probes  # the evidence speaks of this function only
    if {Use.ESCAPES, Use.RETURNED} & uses.kinds:
        return None  # whoever gets it may change it, at any time
    alone = uses.kinds <= {Use.BOUND, Use.PROBED} and _turns_into_set(binding.value)
    return Container(
        name=name,
        form="replace" if alone and hidden else "companion",
        probes=here,
        binding=binding,
        after=binding,
        builds=1,
        at_module_level=True,
    )


def _turns_into_set(value: ast.expr) -> bool:
    """Whether an expression can be written as a set and evaluate its parts as before."""
    match value:
        case ast.List() | ast.ListComp():
            return True
        case ast.Call(func=ast.Name(id="list"), args=[_], keywords=[]):
            return True
        case ast.Call(func=ast.Attribute(attr="split" | "rsplit" | "splitlines")):
            return True
        case _:
            return False


def _only_assignment(module: SourceModule, statements: list[ast.AST | None]) -> ast.Assign | None:
    match statements:
        case [ast.Assign() as only] if alone_on_its_lines(module, only):
            return only
        case _:
            return None


def _probes(module: SourceModule, uses: _Uses) -> tuple[ast.Compare, ...]:
    """The membership tests; none where one lies in a text, which may show its source (`=`)."""
    if any(is_in_text(module, node) for node in uses.of.get(Use.PROBED, ())):
        return ()
    parents = [module.scopes.parent(node) for node in uses.of.get(Use.PROBED, ())]
    return tuple(parent for parent in parents if isinstance(parent, ast.Compare))


def _call_of(module: SourceModule, node: ast.expr) -> ast.Call:
    attribute = module.scopes.parent(node)
    call = module.scopes.parent(attribute) if attribute else None
    assert isinstance(call, ast.Call)  # noqa: S101 -- that is what APPENDED means
    return call
