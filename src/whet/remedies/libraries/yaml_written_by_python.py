'''YAML written by PyYAML's Python code where libyaml is there.

What
    `yaml.safe_dump(data, …)` in a hot function.

Why slow
    Without being told otherwise PyYAML writes piece by piece in Python. Its binary packages bring
    libyaml, which does the same in C.

Evidence needed
    From the run: how many documents were written. Whether libyaml is there the trial shows:
    without it the fix changes nothing.

Before
    def save(data, file):
        yaml.safe_dump(data, file)

After
    def _safe_dump(data, stream=None, **options):
        """As `yaml.safe_dump`; by libyaml where the same is read back."""
        ...


    def save(data, file):
        _safe_dump(data, file)

Safety
    Needs consent: what is read back is the same, the layout may be another. On made-up data
    libyaml left out `...` after a single value, wrote empty and long keys without `? `, and folded
    long texts elsewhere; with `allow_unicode` it escapes more. The Python code writes as before
    where the two know different types, where libyaml refuses (halves of surrogate pairs), where a
    text holds U+0085 (which the Python code loses with `allow_unicode`, and goes on losing), where
    lines begin far to the right (blanks of folded texts get lost there), and with `default_style`,
    `line_break`, `canonical`, a small `width` or an encoding for a file. A file gets the whole
    document at once.

When not
    Files that are compared as texts, or kept under version control; `yaml` changed by the file.
'''

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.remedies._library_calls import (
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

NAME = "yaml_written_by_python"
NAMES = frozenset({"yaml.safe_dump"})
WANTED = "_safe_dump"
REMOVABLE = 0.75
_BUILTINS = ["getattr", "all", "any", "set", "repr", "hasattr", "Exception"]
DEFINITION = '''
def NAME(data, stream=None, **options):
    """As `yaml.safe_dump`; by libyaml where the same is read back."""
    plain = YAML.SafeDumper
    try:
        quick = YAML.CSafeDumper
        tables = ["representers", "multi_representers", "implicit_resolvers", "path_resolvers"]
        same = all(getattr(quick, f"yaml_{t}") == getattr(plain, f"yaml_{t}") for t in tables)
        rare = {"default_style", "line_break", "canonical"} & set(options)
        rare = rare or (options.get("width") or 80) < 80
        rare = rare or (stream is not None and options.get("encoding"))
        text = YAML.dump_all([data], Dumper=quick, **options) if same and not rare else None
    except Exception:  # whatever is wrong, the plain dumper says it
        text = None
    lost = ["\\\\N", " " * 60]  # only libyaml keeps some line breaks, and blanks far to the right
    if text is None or any(mark in repr(text) for mark in lost):
        return YAML.dump_all([data], stream, Dumper=plain, **options)
    if stream is None:
        return text
    stream.write(text)
    if hasattr(stream, "flush"):
        stream.flush()
    return None
'''


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every document that the hot function writes with the safe dumper."""
    found = []
    for call in hot_calls(module, hot, NAMES):
        if not (call.args and builtins_are_plain(module, _BUILTINS)):
            continue
        if not is_inside(module, call, own_definitions(module, WANTED)):
            message = "YAML is written by Python code, though libyaml may be there"
            values = [("data", call.args[0])]
            found.append(new_match(module, NAME, call, message, safety="consent", values=values))
    return found


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether the run writes anything."""
    value = evidence.values.get(match.values[0].site)
    if value is None or not value.observations:
        return refused("the run never came here")
    facts = {"documents": value.observations, "types": dict(value.types)}
    return Admission(evidence=facts, removable=REMOVABLE)


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The writing function, and its use.

    Raises:
        WhetError: The match is not in the module any more.
    """
    call = call_again(module, match, NAMES)
    spelling, imports = library(module, NAMES)
    name, edits = shared_definition(module, WANTED, DEFINITION.replace("YAML", spelling))
    return (*imports, *edits, module.replace(call.func, name))


REMEDY = Remedy(
    name=NAME,
    family="libraries",
    title="Write YAML by libyaml",
    claims="cpu_time",
    keeps_state=False,
    safety="consent",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
