"""A property that is worked out again each time it is read.

What
    A property whose result depends on nothing but attributes that `__init__` (or a data class)
    sets, and that is read several times of each object.

Why slow
    The same answer is worked out many times.

Evidence needed
    From the run: how often it was read again of the same object and that the result was the same
    each time, that results and attributes are deeply immutable, and that no I/O happened. From the
    source: purity, and that nothing in the module sets the attributes otherwise.

Before
    @property
    def words(self):
        return tuple(self.text.split())

After
    @cached_property
    def words(self):
        return tuple(self.text.split())

Safety
    Gated for frozen data classes, whose attributes stay. Any other class needs your consent: code
    outside of the module could set an attribute after the first read; so does a property that
    reads a constant of the module which others could replace, and a project that looks at
    `__dict__` or `vars`. Each object holds its
    result in its `__dict__`, as long as it lives; and the name can be assigned to from then on.

When not
    Few reads, attributes that change, `__slots__`, setters, results that can be changed, classes
    that look at their own `__dict__` or are pickled by the module.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from whet.codebase.syntax import first_line
from whet.records import CallSite
from whet.remedies._asking import asked, others_than
from whet.remedies._objects import data_class, is_plain_class
from whet.remedies._places import (
    found_again,
    hot_function,
    import_of,
    is_in_text,
    new_match,
    walk_function,
)
from whet.remedies.calls._purity import Purity
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match, ValueEvidence

NAME = "property_worked_out_again"
LEAST_READS = 50
LEAST_RATE = 0.5
_IMMUTABLE = frozenset(
    {"NoneType", "bool", "bytes", "complex", "float", "frozenset", "int", "range", "str", "tuple"}
)

_LOOKS_INSIDE = frozenset({"__dict__", "delattr", "fget", "pickle", "setattr", "shelve", "vars"})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Property:
    """The function, its decorator, what it reads of its object, and whether all of it stays."""

    function: ast.FunctionDef
    decorator: ast.Name
    inputs: tuple[ast.Attribute, ...]
    stays: bool


class _OwnPurity(Purity):
    """Purity of a method that may read attributes of its object."""

    def __init__(self, module: SourceModule, function: ast.FunctionDef, own: str) -> None:
        self.inputs: list[ast.Attribute] = []
        self._function = function
        self._own = own
        super().__init__(module, function)

    def _against_attribute(self, function: FunctionNode, node: ast.Attribute) -> str:
        owner = node.value
        parent = self._module.scopes.parent(node)
        called = isinstance(parent, ast.Call) and parent.func is node
        named = isinstance(owner, ast.Name) and owner.id == self._own
        if function is self._function and named and not called:
            self.inputs.append(node)
            return ""
        return super()._against_attribute(function, node)


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match if the hot function is a property that only reads what stays."""
    function = hot_function(module, hot)
    return [_match(module, each) for each in _find(module, function)] if function else []


def _find(  # noqa: PLR0911 -- one return a reason
    module: SourceModule, function: FunctionNode
) -> list[_Property]:
    holder = module.scopes.parent(function)
    match function:
        case ast.FunctionDef(
            args=ast.arguments(
                posonlyargs=[], args=[own], vararg=None, kwonlyargs=[], kwarg=None, defaults=[]
            ),
            decorator_list=[ast.Name() as decorator],
        ) if module.scopes.is_builtin(decorator, "property"):
            pass
        case _:
            return []
    if not isinstance(holder, ast.ClassDef) or not is_plain_class(module, holder):
        return []
    once = len(module.scopes.inner(holder).bindings.get(function.name, ())) == 1
    again = module.scopes.uses(module.scopes.inner(holder), function.name)
    if not once or again or _LOOKS_INSIDE & module.words:  # a cached property has one name only
        return []
    purity = _OwnPurity(module, function, own.arg)
    uses = module.scopes.uses(module.scopes.inner(function), own.arg)
    read = {attribute.value for attribute in purity.inputs}
    if purity.reason or not purity.inputs or set(uses) != read or not _works(function):
        return []
    if any(is_in_text(module, attribute) for attribute in purity.inputs):
        return []
    names = {attribute.attr for attribute in purity.inputs}
    frozen = _is_frozen(module, holder)
    if not all(_stays(module, holder, name, frozen=frozen) for name in names):
        return []
    inputs = tuple(purity.inputs)
    looked_at = {"__dict__", "vars"} & (module.outside or frozenset())
    stays = frozen and not purity.trusted and not looked_at
    return [_Property(function=function, decorator=decorator, inputs=inputs, stays=stays)]


def _works(function: FunctionNode) -> bool:
    """Whether a property does more than to hand out, or compare, what is there."""
    work = (ast.Call, ast.For, ast.While, ast.ListComp, ast.SetComp, ast.DictComp)
    return any(isinstance(node, work) for node in walk_function(function))


def _is_frozen(module: SourceModule, holder: ast.ClassDef) -> bool:
    for decorator in holder.decorator_list:
        frozen = (data_class(module, decorator) or {}).get("frozen")
        if isinstance(frozen, ast.Constant) and frozen.value is True:
            return True
    return False


def _stays(module: SourceModule, holder: ast.ClassDef, name: str, *, frozen: bool) -> bool:
    """Whether an attribute is set by `__init__`, or by a field, and by nothing else here."""
    bound = module.scopes.inner(holder).bindings.get(name, [])
    fields = [b for b in bound if isinstance(module.scopes.parent(b), ast.AnnAssign)]
    if len(fields) != len(bound):
        return False
    assert module.tree is not None  # noqa: S101 -- a function was found in it
    setters = [
        node
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute)
        and node.attr == name
        and not isinstance(node.ctx, ast.Load)
    ]
    if frozen:
        return bool(fields) and not setters
    inside = [node for node in setters if _in_init(module, holder, node)]
    return inside == setters and bool(fields or setters)


def _in_init(module: SourceModule, holder: ast.ClassDef, node: ast.AST) -> bool:
    function = module.scopes.function_of(node)
    return (
        function is not None
        and function.name == "__init__"
        and module.scopes.parent(function) is holder
        and module.scopes.scope_of(node) is module.scopes.inner(function)
        and not any(isinstance(n, ast.Yield) for n in walk_function(function))
    )


def _match(module: SourceModule, each: _Property) -> Match:
    function = each.function
    name = module.scopes.qualified_name(function)
    site = CallSite(
        site=f"{NAME}:{module.file}:{function.lineno}#f",
        file=module.file,
        name=name,
        line=function.lineno,
        asks=("repeats",),
    )
    found = new_match(
        module,
        NAME,
        each.decorator,
        f"the property {name} is worked out each time it is read",
        safety="gated" if each.stays else "consent",
        values=[("input", attribute) for attribute in each.inputs],
        calls=(site,),
        lines=range(first_line(function), function.lineno + 1),
    )
    return msgspec.structs.replace(found, function=name)


def admit(match: Match, evidence: Evidence) -> Admission:  # noqa: PLR0911 -- one return a reason
    """Whether it was read again and again of the same objects, with the same result."""
    call = evidence.calls.get(match.calls[0].site)
    if call is None or not call.calls:
        return refused("the run never read it")
    facts = {"reads": call.calls, "read_again": call.repeats}
    if call.io_events or call.arguments_mutated or call.generator:
        return refused("it does more than work out a result", **facts)
    if call.threads > 1:
        return refused("several threads read it", **facts)
    if call.results_immutable is not True:
        return refused("its results can be changed by whoever gets them", **facts)
    if reason := _changeable(asked(match, evidence).get("input", [])):
        return refused(reason, **facts)
    if call.repeats is None or call.repeats_changed is None:
        return refused("how often it was read again is not known", **facts)
    if call.repeats_changed:
        return refused("its result was another one when it was read again", **facts)
    rate = call.repeats / call.described
    if call.calls < LEAST_READS or rate < LEAST_RATE:
        return refused("it is seldom read again", **facts)
    return Admission(evidence=facts, removable=round(rate, 4))


def _changeable(inputs: list[ValueEvidence]) -> str | None:
    """Why attributes may change without being set; None: they cannot."""
    for value in inputs:
        if reason := others_than(_IMMUTABLE, [value], "an attribute"):
            return reason
        if {"tuple", "frozenset"} & set(value.types) and value.plain_equality is not True:
            return "an attribute holds what can be changed"
    return None


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """`cached_property` in the place of `property`.

    Raises:
        WhetError: The match is not in the module any more.
    """
    each = found_again(module, match, _find, lambda found: found.decorator)
    cached, imports = import_of(module, "functools", "cached_property")
    return (*imports, module.replace(each.decorator, cached))


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Keep what a property has worked out",
    claims="cpu_time",
    keeps_state=True,
    safety="consent",
    share="function",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
