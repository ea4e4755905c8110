"""`dataclasses.asdict` of a dataclass whose fields hold plain values.

What
    `asdict(point)` in a hot function, where `point` is an instance of a dataclass of the same
    file.

Why slow
    `asdict` looks at every field by its description, and copies every value deeply, plain ones
    too (before Python 3.12 even through `copy.deepcopy`). A dict display names the fields.

Evidence needed
    From the run: every value was an instance of just this class. Which class it can be, the source
    tells: `self` in its method, an annotation, an assignment from its constructor, or it is the
    only dataclass of the file.

Before
    def row(point: Point):
        return asdict(point)

After
    def _point_as_dict(value, plain=frozenset({str, int, float, bool, bytes, type(None)})):
        if type(value) is Point:
            fields = {"x": value.x, "y": value.y}
            if plain.issuperset(map(type, fields.values())):
                return fields
        return asdict(value)


    def row(point: Point):
        return _point_as_dict(point)

Safety
    Safe: instances of other classes, and fields that hold more than plain values, go to `asdict`
    as before.

When not
    Classes with bases, with properties or methods that answer for attributes; fields of types
    from outside of the file and the standard library, which could be `ClassVar` or `InitVar` by
    another name; keyword markers; a `dict_factory`.
"""

from __future__ import annotations

import ast
import builtins
import re
import sys
from typing import TYPE_CHECKING

from whet.remedies._admission import types_of
from whet.remedies._library_calls import (
    builtins_are_plain,
    call_again,
    hot_calls,
    is_inside,
    only_argument,
    own_definitions,
    shared_definition,
)
from whet.remedies._places import import_of, new_match
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match

NAME = "asdict_of_flat_dataclass"
NAMES = frozenset({"dataclasses.asdict"})
REMOVABLE = 0.75
_BUILTINS = ["type", "frozenset", "str", "int", "float", "bool", "bytes", "map"]
_MARKERS = frozenset({"Annotated", "ClassVar", "InitVar", "KW_ONLY"})
_ANSWERING = frozenset({"__getattribute__", "__getattr__", "__slots__", "__class__"})
DEFINITION = '''
def NAME(value, plain=frozenset({str, int, float, bool, bytes, type(None)})):
    """As `asdict`; quicker for a KIND of plain values."""
    if type(value) is KIND:
        fields = {FIELDS}
        if plain.issuperset(map(type, fields.values())):
            return fields
    return ASDICT(value)
'''


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every instance of a flat dataclass that the hot function makes a dict of."""
    found = []
    for call in hot_calls(module, hot, NAMES):
        value = only_argument(call)
        kind = _class_of(module, value) if value is not None else None
        if value is None or kind is None or not builtins_are_plain(module, _BUILTINS):
            continue
        if is_inside(module, call, own_definitions(module, _wanted(kind))):
            continue
        found.append(
            new_match(
                module,
                NAME,
                call,
                f"asdict works out the fields of {kind.name} at every call",
                safety="safe",
                values=[("instance", value)],
                data={"class": kind.name},
            )
        )
    return found


def _wanted(kind: ast.ClassDef) -> str:
    return f"_{kind.name.strip('_').lower()}_as_dict"


def _class_of(module: SourceModule, value: ast.expr) -> ast.ClassDef | None:
    """The one flat dataclass of the file that a value can be an instance of."""
    flat = {kind.name: kind for kind in _flat_classes(module)}
    named = _named_class(module, value)
    if named is not None:
        return flat.get(named)
    return next(iter(flat.values())) if len(flat) == 1 else None


def _named_class(module: SourceModule, value: ast.expr) -> str | None:
    """The class that the source says a name is an instance of."""
    scopes = module.scopes
    if not isinstance(value, ast.Name):
        return None
    owner = scopes.owner(value.id, scopes.scope_of(value))
    bindings = scopes.bindings(owner, value.id) if owner is not None else []
    match bindings:
        case [ast.arg(annotation=ast.Name(id=name) | ast.Constant(value=str(name)))]:
            return name
        case [ast.arg(arg="self") as argument]:
            around = scopes.function_of(argument)
            holder = scopes.parent(around) if around else None
            return holder.name if isinstance(holder, ast.ClassDef) else None
        case [ast.Name() as target]:
            return _constructed(module, scopes.parent(target))
        case _:
            return None


def _constructed(module: SourceModule, assignment: ast.AST | None) -> str | None:
    """The class of the file that an assignment makes an instance of."""
    match assignment:
        case ast.Assign(targets=[ast.Name()], value=ast.Call(func=ast.Name(id=name))):
            return name if _is_class(module, name) else None
        case _:
            return None


def _is_class(module: SourceModule, name: str) -> bool:
    return any(
        isinstance(node, ast.ClassDef)
        for node in module.scopes.bindings(module.scopes.module, name)
    )


def _flat_classes(module: SourceModule) -> list[ast.ClassDef]:
    return [
        node
        for node in module.scopes.tree.body
        if isinstance(node, ast.ClassDef)
        and len(module.scopes.bindings(module.scopes.module, node.name)) == 1
        and _is_flat(module, node)
    ]


def _is_flat(module: SourceModule, kind: ast.ClassDef) -> bool:
    """Whether a class is a dataclass whose fields are just what stands in its body."""
    match kind.decorator_list:
        case [ast.Call(func=decorator)] | [decorator]:
            is_dataclass = module.scopes.dotted(decorator) == "dataclasses.dataclass"
        case _:
            is_dataclass = False
    fields = set(_fields(kind))
    return (
        is_dataclass
        and bool(fields)
        and not (kind.bases or kind.keywords)
        and all(_is_harmless(module, node, fields | _ANSWERING) for node in kind.body)
    )


def _is_harmless(module: SourceModule, node: ast.stmt, names: set[str]) -> bool:
    """Whether a statement of a class leaves some names alone, and hides no field."""
    match node:
        case ast.AnnAssign(target=ast.Name(), annotation=annotation):
            return _is_type(module, annotation)
        case (
            ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name)
        ):
            return name not in names
        case ast.Assign(targets=targets):
            return not names & {
                word for t in targets for word in re.findall(r"\w+", ast.unparse(t))
            }
        case _:
            documents = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            return documents or isinstance(node, ast.Pass)


def _is_type(module: SourceModule, annotation: ast.expr) -> bool:
    """Whether an annotation is known to be a type, not a marker such as `ClassVar` by any name."""
    match annotation:
        case ast.Constant(value=str(text)):
            return _is_type(module, _parsed(text))
        case ast.Subscript(value=of):
            return _is_type(module, of)
        case ast.Attribute(value=ast.Name(id=package), attr=name):
            return _is_known(f"{module.scopes.import_origin(package)}.{name}")
        case ast.Name(id=name):
            return _names_type(module, name)
        case _:  # `X | Y` is no marker, whatever X and Y are
            none = isinstance(annotation, ast.Constant) and annotation.value is None
            return none or isinstance(annotation, ast.BinOp)


def _parsed(text: str) -> ast.expr:
    """The expression in an annotation that is a text; what is no type, if there is none."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return ast.Tuple(elts=[], ctx=ast.Load())


def _names_type(module: SourceModule, name: str) -> bool:
    scopes = module.scopes
    match scopes.bindings(scopes.module, name):
        case []:
            return isinstance(getattr(builtins, name, None), type)
        case [ast.ClassDef()]:
            return True
        case [ast.Import() | ast.ImportFrom()]:
            return _is_known(scopes.import_origin(name) or "")
        case _:
            return False


def _is_known(origin: str) -> bool:
    """Whether a name of another module is known not to be a marker."""
    package, _, name = origin.rpartition(".")
    return package.partition(".")[0] in sys.stdlib_module_names and name not in _MARKERS


def _fields(kind: ast.ClassDef) -> list[str]:
    fields = [
        node.target.id
        for node in kind.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    ]
    private = any(name.startswith("__") and not name.endswith("__") for name in fields)
    return [] if private or len(set(fields)) != len(fields) else fields


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether every value was an instance of the class."""
    value = evidence.values.get(match.values[0].site)
    if value is None or not value.observations:
        return refused("the run never came here")
    facts = {"instances": value.observations, "types": dict(value.types)}
    kinds = {name.rpartition(".")[2] for name in types_of(value.types)}
    if kinds != {match.data["class"]} or len(value.types) != 1:
        return refused(f"not all are instances of {match.data['class']}", **facts)
    return Admission(evidence=facts, removable=REMOVABLE)


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The function that names the fields, and its use.

    Raises:
        WhetError: The match is not in the module any more.
    """
    call = call_again(module, match, NAMES)
    kind = next(each for each in _flat_classes(module) if each.name == match.data["class"])
    spelling, imports = import_of(module, "dataclasses", "asdict")
    fields = ", ".join(f'"{name}": value.{name}' for name in _fields(kind))
    text = DEFINITION.replace("ASDICT", spelling).replace("KIND", kind.name)
    name, edits = shared_definition(module, _wanted(kind), text.replace("FIELDS", fields))
    return (*imports, *edits, module.replace(call.func, name))


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Name the fields of a flat dataclass",
    claims="cpu_time",
    keeps_state=False,
    safety="safe",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
