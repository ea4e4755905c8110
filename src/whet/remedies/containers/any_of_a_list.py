"""A whole list made for `any` or `all`, which could stop early.

What
    `any([test(x) for x in xs])` and `all([...])`.

Why slow
    The list holds an answer for every element; `any` needs those up to the first true one.

Evidence needed
    From the run: `any` (or `all`) would have stopped early, in less than half of the lists; what
    is looked through are containers, not iterators; the tests work on plain values of builtin
    types; no test raised.

Before
    def has_errors(lines):
        return any([line.startswith("E") for line in lines])

After
    def has_errors(lines):
        return any(line.startswith("E") for line in lines)

Safety
    Gated by evidence: tests behind the first hit are not made any more, so they may have no
    effects and must not raise. Where the value of an element can make a test raise (`int(x)`,
    `x["key"]`, `1 / x`), a bad element behind the first hit is not noticed any more: that needs
    consent.

When not
    Tests that never hit early (a generator is slower than a list), calls of functions that are
    not known to be pure, attributes of other than this module's plain classes (properties may do
    anything), iterators, `:=`, `await`.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.codebase.syntax import span_of
from whet.records import Edit, Span
from whet.remedies._admission import PLAIN, types_of
from whet.remedies._places import (
    found_again,
    hot_function,
    is_in_text,
    new_match,
    walk_function,
)
from whet.remedies._plain_classes import are_of, plain_classes
from whet.remedies.calls._words import PURE_BUILTINS, PURE_METHODS
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match, ValueEvidence

NAME = "any_of_a_list"
MOST_LOOKED_AT = 0.5
FEWEST = 8
GENERATOR_COST = 1.5  # of an element that comes from a generator, beside one of a list
_SCALARS = PLAIN | {"float", "complex"}
_HOLDERS = frozenset({"list", "tuple", "dict", "set", "frozenset"})
_LOOKED_THROUGH = _HOLDERS | {"str", "bytes", "range", "dict_items", "dict_keys", "dict_values"}
_WRAPPERS = frozenset({"enumerate", "range", "reversed", "sorted", "zip"})
_GIVES_ANYTHING = frozenset({"get"})
_PLAIN_NODES = (
    ast.Constant, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.IfExp, ast.Tuple, ast.List,
    ast.Set, ast.Slice, ast.expr_context, ast.cmpop, ast.boolop, ast.unaryop, ast.operator,
)  # fmt: skip
_TAKES_ALL = frozenset({"abs", "all", "any", "ascii", "bool", "isinstance", "len", "repr", "str"})
_PICKY_METHODS = frozenset({
    "decode", "encode", "format", "fromhex", "index", "join", "partition", "rindex", "rpartition",
    "rsplit", "split", "to_bytes", "union", "zfill",
})  # fmt: skip
_BUILTINS = PURE_BUILTINS - {"map", "filter", "iter", "next", "sorted", "min", "max"}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Question:
    """`any([...])` with the expressions whose values the run must show."""

    call: ast.Call
    name: str
    made: ast.ListComp
    iterables: tuple[ast.expr, ...]
    operands: tuple[ast.expr, ...]
    attributes: tuple[ast.Attribute, ...]


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every list in the hot function that is made for `any` or `all`."""
    function = hot_function(module, hot)
    return [_match(module, found) for found in _questions(module, function)] if function else []


def _questions(module: SourceModule, function: FunctionNode) -> list[_Question]:
    found = [_question(module, node) for node in walk_function(function)]
    return [each for each in found if each is not None]


def _question(module: SourceModule, node: ast.AST) -> _Question | None:
    match node:
        case ast.Call(
            func=ast.Name(id="any" | "all" as name), args=[ast.ListComp() as made], keywords=[]
        ):
            pass
        case _:
            return None
    if not module.scopes.is_builtin(node.func) or is_in_text(module, node):
        return None
    if _comma_behind(module, made, node):
        return None
    iterables: list[ast.expr] = []
    operands: list[ast.expr] = []
    for part in made.generators:
        sources = _sources(module, part.iter)
        if part.is_async or sources is None:
            return None
        iterables.extend(sources)
    for tested in [made.elt, *(test for part in made.generators for test in part.ifs)]:
        for inner in ast.walk(tested):
            if not _is_plain(module, inner):
                return None
        operands.extend(_operands(module, tested))
    parts = (inner for operand in operands for inner in ast.walk(operand))
    attributes = (inner for inner in parts if isinstance(inner, ast.Attribute))
    return _Question(
        call=node,
        name=name,
        made=made,
        iterables=tuple(iterables),
        operands=tuple(operands),
        attributes=tuple(inner for inner in attributes if not _is_called(module, inner)),
    )


def _comma_behind(module: SourceModule, made: ast.expr, call: ast.Call) -> bool:
    start, end = span_of(made), span_of(call)
    tail = Span(
        line=start.end_line,
        column=start.end_column,
        end_line=end.end_line,
        end_column=end.end_column,
    )
    return "," in re.sub(r"#.*", "", module.text_between(tail))


def _sources(module: SourceModule, iterable: ast.expr) -> list[ast.expr] | None:
    """The containers that an iterable goes through; None: something that is not so plain."""
    match iterable:
        case ast.Name() | ast.Constant() | ast.List() | ast.Tuple() | ast.Subscript():
            return [iterable] if _is_quiet(module, iterable) else None
        case ast.Call(func=ast.Name(id="range"), keywords=[]):
            builtin = module.scopes.is_builtin(iterable.func)
            return [iterable] if builtin and _is_quiet(module, iterable) else None
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _WRAPPERS:
            found = [_sources(module, argument) for argument in args]
            known = [each for each in found if each is not None]
            whole = module.scopes.is_builtin(iterable.func) and len(known) == len(args)
            return [each for sources in known for each in sources] if whole else None
        case ast.Call(func=ast.Attribute(attr="items" | "keys" | "values" | "split")):
            return [iterable] if _is_quiet(module, iterable) else None
        case _:
            return None


def _is_quiet(module: SourceModule, node: ast.expr) -> bool:
    return all(_is_plain(module, inner) for inner in ast.walk(node))


def _is_plain(  # noqa: PLR0911 -- one return a kind
    module: SourceModule, node: ast.AST
) -> bool:
    """Whether evaluating a node has no effect if what it works on is plain."""
    scopes = module.scopes
    match node:
        case ast.Name(ctx=ast.Load()):
            builtin = scopes.owner(node.id, scopes.scope_of(node)) is None
            return not builtin or scopes.is_builtin(node)
        case ast.Subscript(ctx=ast.Load()):
            return True
        case ast.Attribute(attr=name, ctx=ast.Load(), value=held):
            called = scopes.parent(node)
            if isinstance(called, ast.Call) and called.func is node:
                return name in PURE_METHODS
            return isinstance(held, ast.Name) and bool(plain_classes(module, name))
        case ast.Call(func=ast.Name(id=name) as func, keywords=[]):
            return name in _BUILTINS and scopes.is_builtin(func)
        case ast.Call(func=ast.Attribute(), keywords=[]):
            return True
        case _:
            return isinstance(node, _PLAIN_NODES)


def _operands(module: SourceModule, tested: ast.expr) -> Iterator[ast.expr]:
    """The parts of a test whose values may be of any type."""
    for node in ast.walk(tested):
        match node:
            case ast.Attribute() if not _is_called(module, node):
                yield node
            case ast.Name() if not (module.scopes.is_builtin(node) or _is_object(module, node)):
                yield node
            case ast.Subscript():
                yield node
            case ast.Call(func=ast.Attribute(attr=method)) if method in _GIVES_ANYTHING:
                yield node
            case _:
                pass


def _is_called(module: SourceModule, node: ast.Attribute) -> bool:
    called = module.scopes.parent(node)
    return isinstance(called, ast.Call) and called.func is node


def _is_object(module: SourceModule, node: ast.Name) -> bool:
    """Whether nothing but an attribute is read of a name."""
    parent = module.scopes.parent(node)
    return isinstance(parent, ast.Attribute) and not _is_called(module, parent)


def _may_raise(made: ast.ListComp) -> bool:
    """Whether the value of an element, not only its type, may make a test raise."""
    tests = [made.elt, *(test for part in made.generators for test in part.ifs)]
    for node in (inner for test in tests for inner in ast.walk(test)):
        match node:
            case ast.Subscript():
                return True
            case ast.BinOp(op=ast.Div() | ast.FloorDiv() | ast.Mod() | ast.Pow()):
                return True
            case ast.BinOp(op=ast.LShift() | ast.RShift() | ast.MatMult()):
                return True
            case ast.Call(func=ast.Name(id=name)) if name not in _TAKES_ALL:
                return True
            case ast.Call(func=ast.Attribute(attr=method)) if method in _PICKY_METHODS:
                return True
            case _:
                pass
    return False


def _match(module: SourceModule, found: _Question) -> Match:
    values = [("answers", found.made), ("entry", found.made.generators[0].iter)]
    values.extend(("iterable", node) for node in found.iterables)
    values.extend(("operand", node) for node in found.operands)
    values.extend((f"object {node.attr}", node.value) for node in found.attributes)
    classes = {node.attr: plain_classes(module, node.attr) for node in found.attributes}
    return new_match(
        module,
        NAME,
        found.call,
        f"a whole list is made for `{found.name}`",
        safety="consent" if _may_raise(found.made) else "gated",
        values=values,
        data={"name": found.name, "classes": classes},
    )


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether it would stop early, and nobody could notice."""
    seen: dict[str, list[ValueEvidence]] = {}
    for site in match.values:
        value = evidence.values.get(site.site)
        if value is not None and value.observations:
            seen.setdefault(site.role, []).append(value)
    if not seen.get("answers") or not seen.get("entry"):
        return refused("the run never came here")
    answers, entry = seen["answers"][0], seen["entry"][0]
    if answers.observations != entry.observations:
        return refused("a test raised an exception")
    if reason := _not_plain(seen) or _not_stored(match, seen):
        return refused(reason)
    share = answers.any_share if match.data["name"] == "any" else answers.all_share
    size = answers.size_median or 0.0
    facts = {"lists": answers.observations, "elements_median": size, "looked_at": share}
    if share is None:
        return refused("how early it would stop is not known", **facts)
    if size < FEWEST or share > MOST_LOOKED_AT:
        return refused("it would not stop early, and a generator is slower than a list", **facts)
    removable = max(0.0, 1 - GENERATOR_COST * share)
    return Admission(evidence=facts, removable=round(removable, 4))


def _not_plain(seen: dict[str, list[ValueEvidence]]) -> str | None:
    for value in seen.get("iterable", ()):
        if strange := types_of(value.types) - _LOOKED_THROUGH:
            return f"it looks through what is of type {', '.join(sorted(strange))}"
    for value in seen.get("operand", ()):
        types = types_of(value.types)
        if strange := types - _SCALARS - _HOLDERS:
            return f"the tests work on what is of type {', '.join(sorted(strange))}"
        if types & _HOLDERS and not _holds_plain(value):
            return "the tests work on containers whose elements may be of any type"
    return None


def _not_stored(match: Match, seen: dict[str, list[ValueEvidence]]) -> str | None:
    """Why an attribute may be more than a stored value; None: it is not."""
    for attribute, classes in match.data["classes"].items():
        for value in seen.get(f"object {attribute}", ()):
            if not are_of(value.types, classes, match.file):
                strange = ", ".join(sorted(types_of(value.types)))
                return f"{attribute} may be more than a stored value in {strange}"
    return None


def _holds_plain(value: ValueEvidence) -> bool:
    return value.elements_complete and value.plain_equality is not False


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The brackets taken away.

    Raises:
        WhetError: The match is not in the module any more.
    """
    found = found_again(module, match, _questions, lambda each: each.call)
    span = span_of(found.made)
    brackets = ((span.line, span.column), (span.end_line, span.end_column - 1))
    return tuple(_without(module, line, column) for line, column in brackets)


def _without(module: SourceModule, line: int, column: int) -> Edit:
    """A bracket taken away, with its line where it stands alone."""
    alone = len(module.lines[line - 1].strip()) == 1
    start, end = ((line, 0), (line + 1, 0)) if alone else ((line, column), (line, column + 1))
    span = Span(line=start[0], column=start[1], end_line=end[0], end_column=end[1])
    return Edit(file=module.file, span=span, text="")


REMEDY = Remedy(
    name=NAME,
    family="containers",
    title="Let any and all stop early",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
