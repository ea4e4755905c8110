"""A log message that is formatted although its level is switched off.

What
    `log.debug(f"… {value} …")` in a hot function, with a logger that lets no such message through.

Why slow
    The f-string is put together at every call, and then thrown away by the logger.

Evidence needed
    From the run: the logger is a plain one and its level is higher than the message's every time;
    the values in the message are plain ones, whose formatting has no effects.

Before
    def step(self, batch):
        log.debug(f"{len(batch)} left of {self.total}")

After
    def step(self, batch):
        log.debug("%s left of %s", len(batch), self.total)

    and where nothing but names of surely bound variables is in the message:

    def step(self, batch):
        if log.isEnabledFor(logging.DEBUG):
            log.debug(f"batch: {batch}")

Safety
    Gated by evidence. The expressions in the message are evaluated as before; texts that come
    out are equal. With arguments of its own a record tells handlers that group messages more than
    before (`record.msg` is the pattern, `record.args` the values).

When not
    Levels that were let through, loggers of other classes, values whose formatting could have
    effects or fail, values that somebody could change before a handler formats them (unless
    the guard is possible), arguments beside the message, formats without a counterpart in `%`.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from whet.codebase.scopes import FUNCTIONS, LOOPS
from whet.codebase.syntax import span_of
from whet.records import Edit, Span
from whet.remedies._admission import types_of
from whet.remedies._library_calls import itself
from whet.remedies._places import (
    alone_on_its_lines,
    found_again,
    hot_function,
    import_of,
    is_where_it_says,
    new_match,
    walk_function,
)
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match, ValueEvidence

NAME = "log_text_never_shown"
LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
KEYWORDS = frozenset({"exc_info", "extra", "stack_info", "stacklevel"})
REMOVABLE_ARGUMENTS, REMOVABLE_GUARD = 0.5, 0.9
PLAIN = frozenset({"str", "int", "float", "bool", "NoneType"})
CONTAINERS = frozenset({"list", "tuple", "dict", "set", "frozenset", "bytes"})
_REPR, _STR, _NONE = ord("r"), ord("s"), -1
_FIXED = re.compile(r"\.\d+f")


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every message of the hot function that is an f-string."""
    if not LEVELS.keys() & module.words:
        return []
    function = hot_function(module, hot)
    return [_match(module, call) for call in _calls(module, function)] if function else []


def _calls(module: SourceModule, function: FunctionNode) -> list[ast.Call]:
    found = [
        node
        for node in walk_function(function)
        if isinstance(node, ast.Call) and _is_message(module, node)
    ]
    return sorted(found, key=lambda call: (call.lineno, call.col_offset))


def _is_message(module: SourceModule, call: ast.Call) -> bool:
    match call:
        case ast.Call(
            func=ast.Attribute(value=logger, attr=method),
            args=[ast.JoinedStr() as text],
            keywords=keywords,
        ):
            values = _values(text)
            return (
                method in LEVELS
                and {keyword.arg for keyword in keywords} <= KEYWORDS
                and _is_name_or_attribute(logger)
                and bool(values)
                and all(_can_be_percent(value) for value in values)
                and all(is_where_it_says(module, value.value) for value in values)
                and _is_bare(module, call, text)
                and (call.lineno == call.end_lineno or "#" not in module.text_of(call))
                and not _is_guarded(module, call)
            )
        case _:
            return False


def _is_name_or_attribute(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _values(text: ast.JoinedStr) -> list[ast.FormattedValue]:
    return [part for part in text.values if isinstance(part, ast.FormattedValue)]


def _can_be_percent(value: ast.FormattedValue) -> bool:
    strange = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.JoinedStr)
    return (
        value.conversion in {_NONE, _STR, _REPR}
        and value.value.lineno == value.value.end_lineno
        and not isinstance(value.value, ast.Tuple | ast.Lambda)
        and _percent(value) is not None
        and not any(isinstance(node, strange) for node in ast.walk(value.value))
    )


def _percent(value: ast.FormattedValue) -> str | None:
    """What stands for a value in a `%` pattern; None: nothing does."""
    match value.format_spec:
        case None:
            return "%r" if value.conversion == _REPR else "%s"
        case ast.JoinedStr(values=[ast.Constant(value=str(spec))]):
            fixed = spec == "d" or _FIXED.fullmatch(spec)
            return f"%{spec}" if fixed and value.conversion == _NONE else None
        case _:
            return None


def _kinds(percent: str) -> list[str]:
    """The types that a `%` format prints as `format` does."""
    if percent == "%d":
        return ["int", "bool"]
    return ["int", "bool", "float"] if percent.endswith("f") else sorted(PLAIN)


def _is_bare(module: SourceModule, call: ast.Call, text: ast.JoinedStr) -> bool:
    """Whether a message has no brackets of its own: with arguments in them it would be a tuple."""
    func, first = span_of(call.func), span_of(text)
    between = Span(
        line=func.end_line, column=func.end_column, end_line=first.line, end_column=first.column
    )
    return module.text_between(between).replace("\\", "").strip() == "("


def _is_guarded(module: SourceModule, call: ast.Call) -> bool:
    """Whether somebody has asked for the level before."""
    for parent in module.scopes.ancestors(call):
        if isinstance(parent, ast.If) and "isEnabledFor" in module.text_of(parent.test):
            return True
    return False


def _match(module: SourceModule, call: ast.Call) -> Match:
    assert isinstance(call.func, ast.Attribute)  # noqa: S101 -- _is_message has seen to it
    assert isinstance(call.args[0], ast.JoinedStr)  # noqa: S101 -- same
    values = _values(call.args[0])
    kinds = [_kinds(_percent(value) or "") for value in values]
    observed = [(f"value {number}", value.value) for number, value in enumerate(values)]
    return new_match(
        module,
        NAME,
        call,
        f"a message for {call.func.attr} is formatted before anybody asks for it",
        safety="gated",
        values=[("logger", call.func.value), *observed],
        data={
            "level": LEVELS[call.func.attr],
            "kinds": kinds,
            "guard": _can_be_guarded(module, call),
        },
    )


def _can_be_guarded(module: SourceModule, call: ast.Call) -> bool:
    """Whether the message can be left out with all that it would evaluate."""
    statement = module.scopes.parent(call)
    assert isinstance(call.func, ast.Attribute)  # noqa: S101 -- _is_message has seen to it
    assert isinstance(call.args[0], ast.JoinedStr)  # noqa: S101 -- same
    return (
        isinstance(statement, ast.Expr)
        and statement.lineno == statement.end_lineno
        and alone_on_its_lines(module, statement)
        and not call.keywords
        and isinstance(call.func.value, ast.Name)
        and module.scopes.dotted(call.func.value) != "logging"
        and all(_is_surely_bound(module, call, value.value) for value in _values(call.args[0]))
    )


def _is_surely_bound(module: SourceModule, call: ast.Call, node: ast.expr) -> bool:
    """Whether an expression is a name that cannot be missing when the message is reached."""
    function = module.scopes.function_of(call)
    if not isinstance(node, ast.Name) or function is None:
        return False
    own = module.scopes.inner(function)
    if module.scopes.owner(node.id, module.scopes.scope_of(node)) is not own:
        return False
    bindings = module.scopes.bindings(own, node.id)
    if any(_unbinds(each) for each in bindings):
        return False
    around = {call, *module.scopes.ancestors(call)}
    return any(_binds_before(module, binding, call, around) for binding in bindings)


def _unbinds(binding: ast.AST) -> bool:
    deleted = isinstance(getattr(binding, "ctx", None), ast.Del)
    return deleted or isinstance(binding, ast.ExceptHandler)


def _binds_before(
    module: SourceModule, binding: ast.AST, call: ast.Call, around: set[ast.AST]
) -> bool:
    """Whether a binding has always happened when the call is reached."""
    if isinstance(binding, ast.arg):
        return True
    target, parent = binding, module.scopes.parent(binding)
    while isinstance(parent, ast.Tuple | ast.List | ast.Starred):
        target, parent = parent, module.scopes.parent(parent)
    if isinstance(parent, LOOPS):
        return target is getattr(parent, "target", None) and _in_body(parent, around)
    before = isinstance(parent, ast.Assign) and parent.lineno < call.lineno
    block = module.scopes.parent(parent) if isinstance(parent, ast.Assign) else None
    plain = isinstance(block, (*FUNCTIONS, *LOOPS, ast.With))
    return before and plain and _in_body(block, around) and parent in getattr(block, "body", ())


def _in_body(block: ast.AST | None, around: set[ast.AST]) -> bool:
    return any(statement in around for statement in getattr(block, "body", ()))


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether the level was off every time, and the values are plain."""
    seen = [evidence.values.get(site.site) for site in match.values]
    logger, values = seen[0], seen[1:]
    if logger is None or not logger.observations:
        return refused("the run never came here")
    facts = {"messages": logger.observations, "logger_level": logger.log_level}
    if logger.log_level is None:
        return refused("the logger is not known to be a plain one", **facts)
    if logger.log_level <= match.data["level"]:
        return refused("messages of this level are let through", **facts)
    for kinds, value in zip(match.data["kinds"], values, strict=True):
        reason = _against(value, frozenset(kinds), guarded=match.data["guard"])
        if reason:
            return refused(reason, **facts)
    removable = REMOVABLE_GUARD if match.data["guard"] else REMOVABLE_ARGUMENTS
    return Admission(evidence=facts, removable=removable)


def _against(value: ValueEvidence | None, wanted: frozenset[str], *, guarded: bool) -> str | None:
    if value is None or not value.observations:
        return "some of its values were not observed"
    types = types_of(value.types)
    if types <= wanted:
        return None
    if not guarded or not types <= wanted | CONTAINERS:
        return f"values of type {', '.join(sorted(types - wanted))} could change or have effects"
    inside = types_of(value.element_types) <= PLAIN and value.elements_complete
    if not (inside and "dict" not in types) and value.plain_tree is not True:
        return "what its containers hold is not known to be plain"
    return None


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The guard where it is possible, else the pattern and its arguments.

    Raises:
        WhetError: The match is not in the module any more.
    """
    call = found_again(module, match, _calls, itself)
    if _can_be_guarded(module, call):
        return _guard(module, call)
    text = call.args[0]
    assert isinstance(text, ast.JoinedStr)  # noqa: S101 -- _is_message has seen to it
    values = _values(text)
    pattern = "".join(_in_pattern(part) for part in text.values)
    arguments = [module.text_of(value.value).strip() for value in values]
    return (module.replace(text, ", ".join([_literal(module, pattern), *arguments])),)


def _guard(module: SourceModule, call: ast.Call) -> tuple[Edit, ...]:
    statement = module.scopes.statement_of(call)
    assert isinstance(call.func, ast.Attribute)  # noqa: S101 -- _is_message has seen to it
    level, imports = import_of(module, "logging", call.func.attr.upper())
    indent = module.indent_of(statement) or ""
    step = "\t" if indent.endswith("\t") else "    "
    asked = f"if {module.text_of(call.func.value)}.isEnabledFor({level}):\n{indent}{step}"
    line, column = statement.lineno, statement.col_offset
    start = Span(line=line, column=column, end_line=line, end_column=column)
    return (*imports, Edit(file=module.file, span=start, text=asked))


def _in_pattern(part: ast.expr) -> str:
    if isinstance(part, ast.FormattedValue):
        return _percent(part) or ""
    assert isinstance(part, ast.Constant)  # noqa: S101 -- an f-string has no other parts
    return str(part.value).replace("%", "%%")


def _literal(module: SourceModule, text: str) -> str:
    """A text in double quotes, as most code writes it, in letters that the file can hold."""
    written = repr(text)
    try:
        written.encode(module.encoding)
    except UnicodeEncodeError:
        written = ascii(text)
    plain = written.startswith("'") and '"' not in text and "\\'" not in written
    return f'"{written[1:-1]}"' if plain else written


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Do not format messages that nobody sees",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
