"""Many instances of a class that carry a dictionary each, for the same few attributes.

What
    A class of the module without bases, whose methods set the same few attributes, and of which
    the run made very many instances.

Why slow
    Without `__slots__` every instance has room for attributes of any name; with it an instance is
    its few fields. That saves a third to a half of what many small objects take.

Evidence needed
    From the run: how many instances were made, that all were of exactly this class, and that none
    was seen with another attribute. From the source: nothing in the project speaks of
    dictionaries of objects, `setattr`, pickles or weak references.

Before
    class Point:
        def __init__(self, x, y):
            self.x = x
            self.y = y

After
    class Point:
        __slots__ = ("x", "y")

        def __init__(self, x, y):
            self.x = x
            self.y = y

Safety
    Gated for a class that no other module uses: an attribute of another name would raise
    AttributeError where it was set. Needs consent where other modules use the class, or set
    attributes that it has not on objects of any kind: they might derive from it, or give its
    instances attributes in code that the run did not reach.

When not
    Classes with bases, metaclasses, `__getattr__`, defaults in the class body, cached properties;
    objects that are pickled, weakly referenced, or given attributes from outside; few instances.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.codebase.syntax import span_of
from whet.remedies._admission import types_of
from whet.remedies._asking import asked, looks
from whet.remedies._places import hot_function, new_match
from whet.remedies.memory._classes import PlainClass, classes_of
from whet.remedies.remedy import Admission, Remedy, gone, refused

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match

NAME = "instances_with_dict"
LEAST_INSTANCES = 5_000
REMOVABLE = 0.4
MOST_SITES = 8


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every plain class that the hot function belongs to or makes instances of."""
    function = hot_function(module, hot)
    found = []
    for each in classes_of(module, function) if function is not None else ():
        if not each.made:
            continue
        name = each.node.name
        unseen = module.outside is not None and not {name, "*"} & module.outside
        unseen = unseen and not _given_elsewhere(module, each)
        match = new_match(
            module,
            NAME,
            each.node,
            f"every instance of {name} carries a dictionary",
            safety="gated" if unseen else "consent",
            values=[
                *(("made", call) for call in each.made[:MOST_SITES]),
                *(("self", mention) for mention in _mentions(module, each)[:MOST_SITES]),
            ],
            lines=(each.node.lineno, *(call.lineno for call in each.made)),
            data={
                "class": name,
                "attributes": list(each.attributes),
                "functions": _methods(module, each),
            },
        )
        found.append(match)
    return found


def _given_elsewhere(module: SourceModule, each: PlainClass) -> bool:
    """Whether other files set attributes, on objects of this class perhaps, that it has not."""
    stored = {name[1:] for name in module.outside or () if name.startswith(".")}
    return bool(stored - set(each.attributes))


def _methods(module: SourceModule, each: PlainClass) -> list[str]:
    """The functions of the class, whose behavior is compared."""
    inside = {node for node in module.functions() if module.scopes.parent(node) is each.node}
    return sorted(module.scopes.qualified_name(node) for node in inside)


def _mentions(module: SourceModule, each: PlainClass) -> list[ast.expr]:
    """Where methods read their own object, for each the last place."""
    found: list[ast.expr] = []
    for method in each.node.body:
        if not isinstance(method, ast.FunctionDef) or not method.args.args:
            continue
        owner, own = module.scopes.inner(method), method.args.args[0].arg
        uses = [use for use in module.scopes.uses(owner, own) if isinstance(use.ctx, ast.Load)]
        if uses and not method.decorator_list:
            found.append(max(uses, key=lambda use: (use.lineno, use.col_offset)))
    return found


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether very many instances were made, all with these attributes only."""
    made = asked(match, evidence).get("made", [])
    if not made:
        return refused("the run never made one")
    name = match.data["class"]
    own = {mangled(name, attribute) for attribute in match.data["attributes"]}
    facts = {"instances": looks(made), "attributes": sorted(own)}
    everywhere = [*made, *asked(match, evidence).get("self", [])]
    kinds = {kind for value in everywhere for kind in types_of(value.types)}
    if len(kinds) != 1 or next(iter(kinds)).rpartition(".")[2] != name:
        return refused(f"instances were of type {', '.join(sorted(kinds))}", **facts)
    for value in everywhere:
        if value.attributes is None:
            return refused("which attributes they carry is not known", **facts)
        if odd := set(value.attributes) - own:
            return refused(f"they were given other attributes: {', '.join(sorted(odd))}", **facts)
    if looks(made) < LEAST_INSTANCES:
        return refused("few instances are made", **facts)
    return Admission(evidence=facts, removable=REMOVABLE)


def mangled(name: str, attribute: str) -> str:
    """The name under which an attribute of a class lies in a dictionary."""
    private = attribute.startswith("__") and not attribute.endswith("__")
    return f"_{name.lstrip('_')}{attribute}" if private and name.strip("_") else attribute


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """`__slots__`, behind the docstring."""
    each = _again(module, match)
    names = ", ".join(f'"{name}"' for name in each.attributes)
    comma = "," if len(each.attributes) == 1 else ""
    indent = module.indent_of(each.first) or ""
    decorators: list[ast.expr] = getattr(each.first, "decorator_list", [])
    line = min([each.first.lineno, *(node.lineno for node in decorators)])
    while line > each.node.lineno + 1 and module.lines[line - 2].lstrip().startswith(b"#"):
        line -= 1
    blank = "" if not hasattr(each.first, "body") else "\n"
    return (module.insert_before_line(line, f"{indent}__slots__ = ({names}{comma})\n{blank}"),)


def _again(module: SourceModule, match: Match) -> PlainClass:
    """The class of a match, which no function need be around."""
    for function in module.functions() if module.tree is not None else ():
        for each in classes_of(module, function):
            if span_of(each.node) == match.span:
                return each
    raise gone(match)


REMEDY = Remedy(
    name=NAME,
    family="memory",
    title="Give instances fields instead of a dictionary",
    claims="peak_memory",
    keeps_state=False,
    safety="consent",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
