r"""A constant regular expression handed to `re` at every call.

What
    `re.match("…", text)` or `re.compile("…")` inside a function, with a constant pattern and
    constant flags; the pattern may be a constant of the module.

Why slow
    Every call looks the pattern up in a cache of the `re` module, through two Python functions;
    a compiled pattern is one method call. On short texts the look-up costs as much as the search.

Evidence needed
    None beyond the profile: the rewrite is exact. How long the searched texts were bounds the
    gain.

Before
    def parse(line):
        return re.match(r"(\d+) (.*)", line)

After
    _PARSE_PATTERN = re.compile(r"(\d+) (.*)")


    def parse(line):
        return _PARSE_PATTERN.match(line)

Safety
    Safe; where other files mention the module's constant, and could replace it, it is gated
    by evidence. The pattern is compiled when the remedy looks at it: one that does not compile,
    or that warns, is left where it is, because its error would move to the import.

When not
    `re` shadowed or imported elsewhere than at the top of the module, patterns built at run time,
    locale-dependent or debugging flags, syntax that only newer Pythons know.
"""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING

from whet.remedies._library_calls import argument_text, imported_above, is_whole
from whet.remedies._places import (
    can_be_replaced,
    found_again,
    hot_function,
    import_of,
    line_above,
    new_match,
    top_level_statement,
    walk_function,
)
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match

NAME = "pattern_in_function"
# The look-up's share of a call on a very short text, and the length that halves it; CPython 3.11
# (benchmarks/remedy_costs.py): 0.75 of 50 characters, 0.54 of 200, 0.26 of 1,000.
LOOK_UP_SHARE = 0.75
HALF_TEXT = 500.0
# Function of `re` -> names of its positional parameters after the pattern.
PARAMETERS = {
    "compile": ["flags"],
    "match": ["string", "flags"],
    "search": ["string", "flags"],
    "fullmatch": ["string", "flags"],
    "findall": ["string", "flags"],
    "finditer": ["string", "flags"],
    "split": ["string", "maxsplit", "flags"],
    "sub": ["repl", "string", "count", "flags"],
    "subn": ["repl", "string", "count", "flags"],
}
FLAGS = frozenset("A ASCII I IGNORECASE M MULTILINE S DOTALL U UNICODE X VERBOSE".split())  # noqa: SIM905 -- pairs read better in a row
_NEWER_SYNTAX = re.compile(r"[*+?}]\+|\(\?>|\\z")  # possessive, atomic: Python 3.11; \z: 3.14
_WORDS = re.compile(r"[^0-9A-Za-z]+")


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every constant pattern that the hot function hands to `re`."""
    function = hot_function(module, hot)
    if function is None:
        return []
    return [_match(module, call) for call in _calls(module, function)]


def _calls(module: SourceModule, function: FunctionNode) -> list[ast.Call]:
    return [
        node
        for node in walk_function(function)
        if isinstance(node, ast.Call) and _is_constant_call(module, node)
    ]


def _method(module: SourceModule, call: ast.Call) -> str:
    dotted = module.scopes.dotted(call.func) or ""
    package, _, method = dotted.rpartition(".")
    return method if package == "re" and method in PARAMETERS else ""


def _is_constant_call(module: SourceModule, call: ast.Call) -> bool:
    method = _method(module, call)
    if not method or not call.args:
        return False
    pattern = _pattern(module, call)
    parameters = PARAMETERS[method]
    names = [keyword.arg for keyword in call.keywords]
    given = [*parameters[: len(call.args) - 1], *names]
    needed = [name for name in parameters if name in {"repl", "string"}]
    fits = (
        not any(isinstance(argument, ast.Starred) for argument in call.args)
        and len(call.args) - 1 <= len(parameters)
        and len(set(given)) == len(given)
        and set(given) <= set(parameters)
        and set(needed) <= set(given)
    )
    if pattern is None or not (fits and is_whole(module, call.func)):
        return False
    commented = call.lineno != call.end_lineno and "#" in module.text_of(call)
    flags = _flags(module, call)
    compiles = flags is not None and not commented and _compiles(pattern, flags)
    placed = can_be_replaced(module, call)
    return compiles and placed and imported_above(module, call, {"re"})


def _pattern(module: SourceModule, call: ast.Call) -> ast.Constant | None:
    """The constant that a call searches for, written there or named by the module."""
    match call.args[0]:
        case ast.Constant(value=str() | bytes()) as written:
            return written
        case ast.Name() as name:
            return _named_pattern(module, name, before=top_level_statement(module, call))
        case _:
            return None


def _named_pattern(
    module: SourceModule, name: ast.Name, *, before: ast.stmt
) -> ast.Constant | None:
    """The value of a name that the module binds once, to a constant, above a statement."""
    scopes = module.scopes
    if scopes.star_import or scopes.owner(name.id, scopes.scope_of(name)) is not scopes.module:
        return None
    bindings = scopes.bindings(scopes.module, name.id)
    binding = scopes.parent(bindings[0]) if len(bindings) == 1 else None
    match binding:
        case ast.Assign(targets=[ast.Name()], value=ast.Constant(value=str() | bytes()) as value):
            pass
        case ast.AnnAssign(value=ast.Constant(value=str() | bytes()) as value):
            pass
        case _:
            return None
    at_top = scopes.parent(binding) is scopes.tree and binding.lineno < before.lineno
    return value if at_top else None


def _flag_argument(module: SourceModule, call: ast.Call) -> ast.expr | None:
    place = PARAMETERS[_method(module, call)].index("flags") + 1
    if len(call.args) > place:
        return call.args[place]
    return next((keyword.value for keyword in call.keywords if keyword.arg == "flags"), None)


def _flags(module: SourceModule, call: ast.Call) -> int | None:
    """The value of constant flags; None: not constant, or not for a module constant."""
    pending = [node] if (node := _flag_argument(module, call)) is not None else []
    value = 0
    while pending:
        part = pending.pop()
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.BitOr):
            pending.extend([part.left, part.right])
            continue
        package, _, name = (module.scopes.dotted(part) or "").rpartition(".")
        if isinstance(part, ast.Constant) and part.value == 0 and part.value is not False:
            continue
        if package != "re" or name not in FLAGS:
            return None
        value |= int(getattr(re, name))
    return value


def _compiles(pattern: ast.Constant, flags: int) -> bool:
    value = pattern.value
    assert isinstance(value, str | bytes)  # noqa: S101 -- _pattern has seen to it
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    if _NEWER_SYNTAX.search(text):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            compiled = re.compile(value, flags)
    except (re.error, ValueError, OverflowError, RecursionError, Warning):
        return False
    return not compiled.flags & (re.LOCALE | re.DEBUG)


def _match(module: SourceModule, call: ast.Call) -> Match:
    string = _string_argument(module, call)
    return new_match(
        module,
        NAME,
        call,
        f"a constant pattern goes through `re.{_method(module, call)}` at every call",
        safety="gated" if _could_be_replaced(module, call.args[0]) else "safe",
        values=[] if string is None else [("text", string)],
    )


def _could_be_replaced(module: SourceModule, pattern: ast.expr) -> bool:
    """Whether other files mention the constant that a call names."""
    if not isinstance(pattern, ast.Name):
        return False
    return module.outside is None or bool({pattern.id, "*"} & module.outside)


def _string_argument(module: SourceModule, call: ast.Call) -> ast.expr | None:
    parameters = PARAMETERS[_method(module, call)]
    if "string" not in parameters:
        return None
    place = parameters.index("string") + 1
    if len(call.args) > place:
        return call.args[place]
    return next((keyword.value for keyword in call.keywords if keyword.arg == "string"), None)


def admit(match: Match, evidence: Evidence) -> Admission:
    """Admitted as it stands; long texts leave little to gain."""
    removable = LOOK_UP_SHARE
    seen = [evidence.values[site.site] for site in match.values if site.site in evidence.values]
    facts: dict[str, object] = {}
    for value in seen:
        if not value.observations:
            return refused("the run never came here")
        facts["searches"] = value.observations
        if value.size_median is not None:
            facts["text_median"] = value.size_median
            removable /= 1 + value.size_median / HALF_TEXT
    return Admission(evidence=facts, removable=round(removable, 4))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The constant before the function's top-level statement, and its use.

    Raises:
        WhetError: The match is not in the module any more.
    """
    call = found_again(module, match, _calls, lambda call: call)
    function = module.scopes.function_of(call)
    assert function is not None  # noqa: S101 -- it was found in one
    constant = _constant_name(module, function, call)
    return (*_definition(module, call, constant), *_use(module, call, constant))


def _constant_name(module: SourceModule, function: FunctionNode, call: ast.Call) -> str:
    """Different for each pattern of functions of one name, so that several fixes go together."""
    word = _word(function)
    alike = [other for other in module.scopes.functions if _word(other) == word]
    number = [each for other in alike for each in _calls(module, other)].index(call)
    suffix = "" if number == 0 else f"_{number + 1}"
    return module.fresh_name(f"_{word}_PATTERN{suffix}")


def _word(function: FunctionNode) -> str:
    return _WORDS.sub("_", function.name).strip("_").upper() or "THE"


def _definition(module: SourceModule, call: ast.Call, constant: str) -> tuple[Edit, ...]:
    flags = _flag_argument(module, call)
    compiler, imports = _compiler(module, module.text_of(call.func))
    arguments = module.text_of(call.args[0])
    if flags is not None:
        arguments += f", {module.text_of(flags)}"
    line = line_above(module, top_level_statement(module, call))
    text = f"{constant} = {compiler}({arguments})\n\n\n"
    return (*imports, module.insert_before_line(line, text))


def _compiler(module: SourceModule, written: str) -> tuple[str, tuple[Edit, ...]]:
    """`re.compile` in the module's own spelling of `re`, with the import that it may need."""
    prefix, dot, _ = written.rpartition(".")
    return (f"{prefix}.compile", ()) if dot else import_of(module, "re", "compile")


def _use(module: SourceModule, call: ast.Call, constant: str) -> tuple[Edit, ...]:
    method = _method(module, call)
    if method == "compile":
        return (module.replace(call, constant),)
    flags = _flag_argument(module, call)
    kept = [argument_text(module, each) for each in call.args[1:] if each is not flags]
    kept += [
        f"{keyword.arg}={argument_text(module, keyword.value)}"
        for keyword in call.keywords
        if keyword.arg != "flags"
    ]
    return (module.replace(call, f"{constant}.{method}({', '.join(kept)})"),)


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Compile a constant pattern once",
    claims="cpu_time",
    keeps_state=True,
    safety="gated",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
