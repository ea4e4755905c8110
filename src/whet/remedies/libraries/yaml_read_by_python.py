'''YAML read by PyYAML's Python code where libyaml is there.

What
    `yaml.safe_load(text)`, or `yaml.load(text, Loader=yaml.SafeLoader)`, in a hot function.

Why slow
    Without being told otherwise PyYAML reads character by character in Python. Its binary
    packages bring libyaml, which does the same in C.

Evidence needed
    From the run: what was read were texts, bytes or files. Whether libyaml is there the trial
    shows: without it the fix changes nothing.

Before
    def settings(path):
        with open(path) as file:
            return yaml.safe_load(file)

After
    def _safe_load(stream):
        """As `yaml.safe_load`; by libyaml where both read alike."""
        ...


    def settings(path):
        with open(path) as file:
            return _safe_load(file)

Safety
    Gated by evidence. On 300,000 made-up documents the two differed only in texts with tabs, tags
    (`!`), byte-order marks and ` ?`: such texts, and everything that libyaml refuses, go to the
    Python code, so that errors are the same; so does everything where the two know different
    tags, for instance because somebody has added a constructor to `SafeLoader`. Texts that could
    be nested hundreds of levels deep (more than 500 `[` and `{`, or lines that begin with 250
    blanks and dashes) go there as well: libyaml has no limit and would crash.

When not
    Loaders of other kinds, several documents in a stream, `yaml` changed by the file.
'''

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.remedies._admission import types_of
from whet.remedies._library_calls import (
    argument_text,
    builtins_are_plain,
    call_again,
    hot_calls,
    is_inside,
    own_definitions,
    shared_definition,
)
from whet.remedies._places import new_match
from whet.remedies.libraries._yaml import library
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match

NAME = "yaml_read_by_python"
NAMES = frozenset({"yaml.safe_load", "yaml.load"})
WANTED = "_safe_load"
REMOVABLE = 0.85
STREAMS = frozenset({
    "str", "bytes", "_io.TextIOWrapper", "_io.BufferedReader", "_io.StringIO", "_io.BytesIO",
})  # fmt: skip
_BUILTINS = ["isinstance", "str", "bytes", "any", "getattr", "len", "Exception"]
DEFINITION = '''
def NAME(stream):
    """As `yaml.safe_load`; by libyaml where both read alike."""
    start, text = None, stream
    try:
        if not isinstance(stream, (str, bytes)):
            start = stream.tell()
            text = stream.read()
        if isinstance(text, bytes):
            text = text.decode()
        quick, plain = YAML.CSafeLoader, YAML.SafeLoader
        tables = ["constructors", "multi_constructors", "implicit_resolvers", "path_resolvers"]
        same = all(getattr(quick, f"yaml_{t}") == getattr(plain, f"yaml_{t}") for t in tables)
        deep = text.count("[") + text.count("{") > 500
        deep = deep or any(len(row) - len(row.lstrip(" -")) > 250 for row in text.splitlines())
        if same and not deep and not any(mark in text for mark in ("\\t", "!", " ?", "\\ufeff")):
            return YAML.load(text, Loader=quick)
    except Exception:  # whatever is wrong, the plain loader says it
        pass
    if start is not None:
        stream.seek(start)
    return YAML.load(stream, Loader=YAML.SafeLoader)
'''


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every text that the hot function reads with the safe loader."""
    found = []
    for call in hot_calls(module, hot, NAMES):
        stream = _stream(module, call)
        if stream is None or not builtins_are_plain(module, [*_BUILTINS, "all"]):
            continue
        if not is_inside(module, call, own_definitions(module, WANTED)):
            message = "YAML is read by Python code, though libyaml may be there"
            values = [("stream", stream)]
            found.append(new_match(module, NAME, call, message, safety="gated", values=values))
    return found


def _stream(module: SourceModule, call: ast.Call) -> ast.expr | None:
    """What a call reads, if it is by the safe loader."""
    safe = (module.scopes.dotted(call.func) or "").endswith(".safe_load")
    match call:
        case ast.Call(args=[stream], keywords=[]) if safe:
            pass
        case ast.Call(args=[stream, loader], keywords=[]) if not safe:
            safe = module.scopes.dotted(loader) == "yaml.SafeLoader"
        case ast.Call(args=[stream], keywords=[ast.keyword(arg="Loader", value=loader)]):
            safe = not safe and module.scopes.dotted(loader) == "yaml.SafeLoader"
        case _:
            return None
    return stream if safe and not isinstance(stream, ast.Starred) else None


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether what was read can be read twice."""
    value = evidence.values.get(match.values[0].site)
    if value is None or not value.observations:
        return refused("the run never came here")
    facts = {"documents": value.observations, "types": dict(value.types)}
    others = types_of(value.types) - STREAMS
    if others:
        return refused(f"it reads from {', '.join(sorted(others))}", **facts)
    return Admission(evidence=facts, removable=REMOVABLE)


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The reading function, and its use.

    Raises:
        WhetError: The match is not in the module any more.
    """
    call = call_again(module, match, NAMES)
    stream = _stream(module, call)
    assert stream is not None  # noqa: S101 -- the match is one of these
    spelling, imports = library(module, NAMES)
    text = DEFINITION.replace("YAML", spelling)
    name, edits = shared_definition(module, WANTED, text)
    used = module.replace(call, f"{name}({argument_text(module, stream)})")
    return (*imports, *edits, used)


REMEDY = Remedy(
    name=NAME,
    family="libraries",
    title="Read YAML by libyaml",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
