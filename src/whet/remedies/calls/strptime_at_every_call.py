"""A numeric time format read by `datetime.strptime`.

What
    `datetime.strptime(text, "%Y-%m-%d %H:%M:%S")` in a hot function: a format of the ISO kind; or
    another constant format of digits alone, for texts that come again.

Why slow
    `strptime` works in Python: it looks its format up, matches a regular expression, fetches every
    group and makes the result from them. `datetime.fromisoformat` does the same in C.

Evidence needed
    From the run: what was read were texts, for an ISO format all of just its length. For other
    formats that at least half of the texts had been read before, and at most 4,096 differ.

Before
    def parse(line):
        return datetime.strptime(line[:19], "%Y-%m-%d %H:%M:%S")

After
    def _parse_time(text):
        if type(text) is str and len(text) == 19:
            ...


    def parse(line):
        return _parse_time(line[:19])

Safety
    Safe for ISO formats: what `fromisoformat` makes is taken only if it prints as the very same
    text; everything else, errors included, comes from `strptime`. For other formats gated by
    evidence: what is not hashable raises another TypeError.

When not
    Time zones, names of days and months (they depend on the locale), formats without a year,
    formats that are no constant.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

from whet.remedies._admission import types_of
from whet.remedies._library_calls import (
    argument_text,
    builtins_are_plain,
    call_again,
    define_above,
    hot_calls,
    imported_above,
    name_for,
)
from whet.remedies._places import import_of, new_match
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match, ValueEvidence

NAME = "strptime_at_every_call"
NAMES = frozenset({"datetime.datetime.strptime"})
ENTRIES = 4096
LEAST_HIT_RATE = 0.5
REMOVABLE_ISO = 0.9  # CPython 3.11: 3.7 µs against 0.3 µs
_MEMOS = frozenset({"functools.cache", "functools.lru_cache"})
_NUMERIC = frozenset("YmdHMSfj")
_DIRECTIVE = re.compile(r"%(.)")
_ISO = re.compile(r"%Y-%m-%d(?:(?P<sep>[ T])%H:%M(?P<seconds>:%S(?P<fraction>\.%f)?)?)?")


class IsoForm(NamedTuple):
    """A format of the ISO kind: how long its texts are, and how a time prints in it."""

    length: int
    printed: str


def iso_form(text: str) -> IsoForm | None:
    """The form of a format that `fromisoformat` reads too; None: it is of another kind."""
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    separator = found["sep"]
    if separator is None:
        return IsoForm(10, "date().isoformat()")
    if found["seconds"] is None:
        return IsoForm(16, f'isoformat("{separator}", "minutes")')
    if found["fraction"] is None:
        return IsoForm(19, f'isoformat("{separator}", "seconds")')
    return IsoForm(26, f'isoformat("{separator}", "microseconds")')


def _is_numeric(text: str) -> bool:
    """Whether a format means the same in every locale, and names a year."""
    directives = _DIRECTIVE.findall(text)
    ends_open = (len(text) - len(text.rstrip("%"))) % 2 == 1
    return set(directives) <= _NUMERIC | {"%"} and "Y" in directives and not ends_open


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every text that the hot function reads by a constant, numeric format."""
    found = []
    for call in hot_calls(module, hot, NAMES):
        written = _format(call)
        if written is None or _falls_back(module, call):
            continue
        if not builtins_are_plain(module, ["type", "str", "len", "ValueError"]):
            continue
        form = iso_form(written)
        if form is None and not (
            _is_numeric(written) and imported_above(module, call, {"functools"})
        ):
            continue
        found.append(
            new_match(
                module,
                NAME,
                call,
                "a time in digits is read by strptime",
                safety="gated" if form is None else "safe",
                values=[("text", call.args[0])],
                data={"length": form.length} if form else {},
            )
        )
    return found


def _format(call: ast.Call) -> str | None:
    match call:
        case ast.Call(args=[ast.expr() as text, ast.Constant(value=str(written))], keywords=[]):
            commented = call.lineno != call.end_lineno  # a comment could stand in between
            return None if isinstance(text, ast.Starred) or commented else written
        case _:
            return None


def _falls_back(module: SourceModule, call: ast.Call) -> bool:
    """Whether the function has tried `fromisoformat` before, or keeps its results, as ours do."""
    function = module.scopes.function_of(call)
    if function is None:
        return False
    decorators = [d.func if isinstance(d, ast.Call) else d for d in function.decorator_list]
    kept = any(module.scopes.dotted(node) in _MEMOS for node in decorators)
    return kept or "fromisoformat" in module.text_of(function)


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether the texts are of the form, or come again."""
    value = evidence.values.get(match.values[0].site)
    if value is None or not value.observations:
        return refused("the run never came here")
    if types_of(value.types) != {"str"}:
        return refused("it reads more than texts", types=dict(value.types))
    length = match.data.get("length")
    return _admit_iso(value, length) if length else _admit_memo(value)


def _admit_iso(value: ValueEvidence, length: int) -> Admission:
    facts = {"texts": value.observations, "lengths": [value.size_min, value.size_max]}
    if (value.size_min, value.size_max) != (length, length):
        return refused(f"not all texts are {length} characters long", **facts)
    return Admission(evidence=facts, removable=REMOVABLE_ISO)


def _admit_memo(value: ValueEvidence) -> Admission:
    distinct = value.distinct_values
    facts = {"texts": value.observations, "distinct": distinct}
    if distinct is None or distinct > ENTRIES:
        return refused(f"more than {ENTRIES} texts differ", **facts)
    hit_rate = 1 - distinct / max(value.described, 1)
    if hit_rate < LEAST_HIT_RATE:
        return refused("too few texts come again", **facts)
    return Admission(evidence={**facts, "hit_rate": hit_rate}, removable=round(hit_rate, 4))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The reading function above, and its use.

    Raises:
        WhetError: The match is not in the module any more.
    """
    call = call_again(module, match, NAMES)
    name = name_for(module, call, "_{}_time", NAMES)
    form = iso_form(_format(call) or "")
    by_strptime = f"{module.text_of(call.func)}(text, {module.text_of(call.args[1])})"
    used = module.replace(call, f"{name}({argument_text(module, call.args[0])})")
    if form is not None:
        reader = module.text_of(call.func).removesuffix("strptime") + "fromisoformat"
        definition = _iso_definition(name, form, reader, by_strptime)
        return (define_above(module, call, definition), used)
    cache, imports = import_of(module, "functools", "lru_cache")
    decorator = f"@{cache}(maxsize={ENTRIES}, typed=True)"
    definition = f"{decorator}\ndef {name}(text):\n    return {by_strptime}"
    return (*imports, define_above(module, call, definition), used)


def _iso_definition(name: str, form: IsoForm, reader: str, by_strptime: str) -> str:
    return f"""def {name}(text):
    if type(text) is str and len(text) == {form.length}:
        try:
            moment = {reader}(text)
        except ValueError:
            pass
        else:
            if moment.{form.printed} == text:
                return moment
    return {by_strptime}"""


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Read times in digits without strptime",
    claims="cpu_time",
    keeps_state=True,
    safety="gated",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
