r"""Git started for one object, path or commit after the other.

What
    `subprocess.run(["git", "cat-file", ...])` and its like (`show`, `log`, `rev-parse`, `ls-tree`,
    `diff`, `blame`, `hash-object`, `check-ignore`), run again and again from one place.

Why slow
    Each start of git takes some milliseconds and reads the index or the packs anew; most
    commands have a form that answers any number of questions in one process.

Evidence needed
    From the run: how often this place started git.

Before
    for name in names:
        text = subprocess.check_output(["git", "cat-file", "blob", name])

After
    asked = "".join(f"{name}\n" for name in names)
    answer = subprocess.run(["git", "cat-file", "--batch"], input=asked.encode(), ...).stdout

Safety
    Advice: the answers come in another form (a header and a size before each object), missing
    objects are answered instead of an exception, and `log` with several paths follows renames
    and merges otherwise.

When not
    Few calls, or questions that depend on the answer before (a `--batch` process that is kept
    open answers those too).
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from whet.remedies.calls._often import calls_of, often
from whet.remedies.remedy import Admission, Remedy

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match

NAME = "git_per_item"
LEAST_STARTED = 5
REMOVABLE = 0.9
RUNNERS = frozenset({
    "subprocess.Popen", "subprocess.call", "subprocess.check_call", "subprocess.check_output",
    "subprocess.run",
})  # fmt: skip
BATCHED = {
    "blame": "one `git blame --incremental` a file is the least; ask for few files",
    "cat-file": "`git cat-file --batch` answers any number of objects in one process",
    "check-ignore": "`git check-ignore --stdin -z` answers any number of paths in one process",
    "diff": "one `git log --raw` or `git diff-tree --stdin` answers for many commits",
    "diff-tree": "`git diff-tree --stdin` answers for many commits in one process",
    "hash-object": "`git hash-object --stdin-paths` takes any number of paths",
    "log": "one `git log --name-only` over all commits answers for every path",
    "ls-files": "one `git ls-files -z` lists all files",
    "ls-tree": "one `git ls-tree -r -z` lists all files of a commit",
    "rev-list": "one `git rev-list` with `--parents` holds the whole history",
    "rev-parse": "`git cat-file --batch-check` resolves any number of names in one process",
    "show": "`git cat-file --batch` answers any number of objects in one process",
}
_WITH_VALUE = frozenset({"-C", "-c", "--git-dir", "--work-tree"})


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """Advice for every start of git in the hot function that has a form for many items."""
    return calls_of(module, hot, NAME, _describe)


def _describe(
    module: SourceModule, call: ast.Call
) -> tuple[str, list[tuple[str, ast.expr]]] | None:
    if module.scopes.dotted(call.func) not in RUNNERS or not call.args:
        return None
    words = call.args[0]
    command = _command(words.elts) if isinstance(words, ast.List | ast.Tuple) else None
    advice = BATCHED.get(command or "")
    batch = any(
        isinstance(word, ast.Constant) and str(word.value).startswith(("--batch", "--stdin"))
        for word in ast.walk(words)
    )
    if advice is None or batch:
        return None
    return f"`git {command}` is started for each item: {advice}", [("words", words)]


def _command(words: list[ast.expr]) -> str | None:
    """The command of git that a list of words starts; None: it is no git, or not known."""
    texts = [word.value if isinstance(word, ast.Constant) else None for word in words]
    if not texts or texts[0] != "git":
        return None
    place = 1
    while place < len(texts):
        text = texts[place]
        if text in _WITH_VALUE:
            place += 2
        elif isinstance(text, str) and text.startswith("-"):
            place += 1
        else:
            return text if isinstance(text, str) else None
    return None


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether git was started often."""
    return often(match, evidence, least=LEAST_STARTED, removable=REMOVABLE)


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Ask one git process for all items",
    claims="wall_time",
    keeps_state=False,
    safety="advice",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=None,
)
