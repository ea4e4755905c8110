"""A program started for every item, which would take many items at once.

What
    A loop that does nothing but run one of a few well-known programs (`git add`, `git rm`,
    `chmod`, `chown`, `touch`, `rm`, `mkdir`, `gzip`, `sha256sum` ...) on one path at a time.

Why slow
    Starting a program takes a millisecond or more; a hundred paths need one start, not a hundred.

Evidence needed
    From the run: how many programs a loop started, that the items came from a list or tuple
    and were plain text or paths.

Before
    for path in paths:
        subprocess.run(["git", "add", path], check=True)

After
    for start in range(0, len(paths), 500):
        subprocess.run(["git", "add", *paths[start : start + 500]], check=True)

Safety
    Needs consent: when one item fails, the others of its batch may have been done or not, other
    than one after the other. Batches of 500 keep clear of the limit on the length of a command.

When not
    Programs that treat several paths otherwise than one after the other, options that name one
    output, results that are looked at for each item.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whet.remedies._admission import types_of
from whet.remedies._asking import asked
from whet.remedies._places import alone_on_its_lines, found_again, hot_function, new_match
from whet.remedies.calls._loops import is_invariant, is_loop_variable, loops_in
from whet.remedies.calls._reading import PATHS
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.codebase.scopes import FunctionNode
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit, Evidence, HotPlace, Match

NAME = "process_per_item"
BATCH = 500
LEAST_STARTED = 5
_RUNNERS = frozenset({"subprocess.call", "subprocess.check_call", "subprocess.run"})
_KEYWORDS = frozenset({"check", "cwd", "env", "stdin", "stdout", "stderr"})
_QUIET = frozenset({"subprocess.DEVNULL"})
# Each takes any number of paths and does to each what it does to one.
_BATCHED: dict[str, frozenset[str]] = {
    "chmod": frozenset(), "chown": frozenset(), "git add": frozenset({"--", "-f"}),
    "git rm": frozenset({"--", "-f", "-q", "--cached"}), "gunzip": frozenset({"-f", "-k", "--"}),
    "gzip": frozenset({"-9", "-f", "-k", "--"}), "md5sum": frozenset({"--"}),
    "mkdir": frozenset({"-p", "--"}), "rm": frozenset({"-f", "-r", "-rf", "--"}),
    "rmdir": frozenset({"--"}), "sha256sum": frozenset({"--"}), "touch": frozenset({"-c", "--"}),
}  # fmt: skip
_WITH_A_WORD = frozenset({"chmod", "chown"})  # the mode or owner comes first


@dataclass(frozen=True, slots=True)
class _Started:
    """A loop with its only statement, in parts."""

    loop: ast.For
    item: ast.Name
    items: ast.Name
    program: str


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every loop of the hot function that only starts one program for each item."""
    function = hot_function(module, hot)
    return [
        new_match(
            module,
            NAME,
            started.loop,
            f"`{started.program}` is started for every item",
            safety="consent",
            values=[("item", started.item), ("items", started.items)],
        )
        for started in (_started(module, function) if function is not None else ())
    ]


def _started(module: SourceModule, function: FunctionNode) -> Iterator[_Started]:
    for loop in loops_in(function):
        match loop:
            case ast.For(
                target=ast.Name() as target,
                iter=ast.Name() as items,
                body=[
                    ast.Expr(
                        value=ast.Call(args=[ast.List(elts=[*words, ast.Name() as item])]) as call
                    )
                ],
            ) if target.id == item.id:
                pass
            case _:
                continue
        program = _batched(words)
        plain = module.scopes.dotted(call.func) in _RUNNERS and _are_plain(module, call, loop)
        mentions = [n for n in ast.walk(call) if isinstance(n, ast.Name) and n.id == item.id]
        alone = alone_on_its_lines(module, loop) and mentions == [item]
        if program is None or not plain or not alone:
            continue
        owner = module.scopes.owner(items.id, module.scopes.scope_of(items))
        local = owner is module.scopes.inner(function)
        if local and is_loop_variable(module, function, item.id):
            yield _Started(loop, item, items, program)


def _batched(words: list[ast.expr]) -> str | None:
    """The name of the program if it takes many paths in this form; None: it is not known to."""
    texts = [w.value for w in words if isinstance(w, ast.Constant) and isinstance(w.value, str)]
    if len(texts) != len(words) or not texts:
        return None
    name = " ".join(texts[:2]) if texts[0] == "git" else texts[0]
    if name not in _BATCHED:
        return None
    rest = texts[len(name.split()) :]
    if name in _WITH_A_WORD:
        return name if len(rest) == 1 and not rest[0].startswith("-") else None
    return name if set(rest) <= _BATCHED[name] else None


def _are_plain(module: SourceModule, call: ast.Call, loop: ast.For) -> bool:
    for keyword in call.keywords:
        if keyword.arg not in _KEYWORDS:
            return False
        quiet = module.scopes.dotted(keyword.value) in _QUIET
        if not quiet and not is_invariant(module, keyword.value, loop):
            return False
    return True


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether many programs were started for the items of lists."""
    seen = asked(match, evidence)
    if set(seen) != {"item", "items"}:
        return refused("the run never came here")
    item, items = seen["item"][0], seen["items"][0]
    facts = {"started": item.observations, "loops": items.observations}
    if odd := types_of(items.types) - {"list", "tuple"}:
        return refused(f"the items came from {', '.join(sorted(odd))}", **facts)
    if odd := types_of(item.types) - PATHS:
        return refused(f"items are of type {', '.join(sorted(odd))}", **facts)
    if item.observations < LEAST_STARTED or item.observations < 2 * items.observations:
        return refused("few programs are started in a loop", **facts)
    batches = items.observations + item.observations // BATCH
    return Admission(evidence=facts, removable=round(1 - batches / item.observations, 4))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The loop goes over batches, and each call takes one."""
    found = found_again(module, match, _started, lambda each: each.loop)
    start, items = module.fresh_name("start"), found.items.id
    return (
        module.replace(found.loop.target, start),
        module.replace(found.items, f"range(0, len({items}), {BATCH})"),
        module.replace(found.item, f"*{items}[{start} : {start} + {BATCH}]"),
    )


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Start a program once for many items",
    claims="wall_time",
    keeps_state=False,
    safety="consent",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
