r"""Git started for one object, path or commit after the other.

What
    `subprocess.run(["git", "cat-file", ...])` and its like (`show`, `log`, `rev-parse`, `ls-tree`,
    `diff`, `blame`, `hash-object`, `check-ignore`), run again and again from one place. A loop or
    comprehension is rewritten that asks for one blob, type, size or name after the other
    (`cat-file blob`, `-p`, `-t`, `-s`; `show REV:PATH`; `rev-parse`), or for the newest commit of
    one path after the other (`log -1 --format=... -- PATH`). The rest is advice.

Why slow
    Each start of git takes some milliseconds and reads the index or the packs anew; most
    commands have a form that answers any number of questions in one process.

Evidence needed
    From the run: how often this place started git. For the rewrite also that the items came
    from lists or tuples of texts, that most of them were asked about, and that the loop calls
    methods of builtin types only, or of a few of the standard library.

Before
    for path in paths:
        found[path] = subprocess.check_output(["git", "show", f"{commit}:{path}"], cwd=folder)

After
    for path, answer in _with_answers(
        paths, _git_objects, folder=folder, name_of=lambda path: f"{commit}:{path}"
    ):
        found[path] = answer if answer is not None else subprocess.check_output(...)

Safety
    Needs consent: the items of a batch (25 contents, a hundred types, sizes or names, a thousand
    paths) are asked about at one moment, its contents are in memory together, and a loop that is
    left early has asked for more than it uses. Whatever one `git cat-file --batch` or
    `git log --name-only` does not answer plainly is asked for as before, at its turn: missing
    objects, trees and tags in place of a blob, odd names, history behind a merge, repositories
    that git warns about or cannot read.

When not
    Few calls, or questions that depend on the answer before (a `--batch` process that is kept
    open answers those too). There is no rewrite, but advice, where the loop calls what is not
    known to leave files alone, where the environment or other options are given to git, and for
    other commands: `hash-object --stdin-paths`, for one, takes its paths from the top of the
    repository, and most others answer in another form.
"""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING

from whet.codebase.syntax import span_of
from whet.records import Edit, Span
from whet.remedies._admission import types_of
from whet.remedies._asking import asked, kinds_of, looks, median_size
from whet.remedies._places import found_again, hot_function, new_match
from whet.remedies._plain_classes import are_of, plain_classes
from whet.remedies.calls._git_answers import CONTENTS, FACTS, PATHS, definitions
from whet.remedies.calls._git_loops import AskingLoop, questions_of, receivers
from whet.remedies.calls._often import calls_of, often, or_advice
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match
    from whet.remedies.calls._git_questions import Question

NAME = "git_per_item"
LEAST_STARTED = 5
LEAST_USED = 0.5  # share of the items that is asked about
REMOVABLE = 0.9
LONGEST_LINE = 88
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
_LIBRARY = ("_hashlib.", "_io.", "collections.", "datetime.", "pathlib.", "re.")
_MANY = ("--batch", "--stdin", "--name-only")
_TAKES_ANY = (ast.Assign, ast.AnnAssign, ast.Call, ast.DictComp, ast.ListComp, ast.Return)


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every start of git in the hot function that has a form for many items."""
    if not {"git", "subprocess"} <= module.words:
        return []
    function = hot_function(module, hot)
    asking = questions_of(module, function) if function is not None else ()
    found = [_match(module, each) for each in asking]
    rewritten = {match.span for match in found}
    advice = calls_of(module, hot, NAME, _describe)
    return found + [match for match in advice if match.span not in rewritten]


def _match(module: SourceModule, found: AskingLoop) -> Match:
    folder = found.question.folder
    values = [("name", found.question.name), ("items", found.items)]
    values += [("receiver", node) for node in receivers(module, found)]
    data: dict[str, object] = {"at_once": _at_once(found.question)}
    if isinstance(folder, ast.Attribute):
        values.append(("owner", folder.value))
        data["classes"] = plain_classes(module, folder.attr)
    return new_match(
        module,
        NAME,
        found.call,
        "git is started for each item of a loop: one process answers for many",
        safety="consent",
        values=values,
        data=data,
    )


def _at_once(asks: Question) -> int:
    """How many items one process is asked for."""
    if asks.asks == "log":
        return PATHS
    return FACTS if asks.details else CONTENTS


def _describe(
    module: SourceModule, call: ast.Call
) -> tuple[str, list[tuple[str, ast.expr]]] | None:
    if module.scopes.dotted(call.func) not in RUNNERS or not call.args:
        return None
    words = call.args[0]
    command = _command(words.elts) if isinstance(words, ast.List | ast.Tuple) else None
    advice = BATCHED.get(command or "")
    batch = any(
        isinstance(word, ast.Constant) and str(word.value).startswith(_MANY)
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
    """Whether git was started often, and for the rewrite: for texts out of lists.

    Where the evidence speaks against the rewrite only, the match is admitted as advice.
    """
    if match.safety == "advice":
        return often(match, evidence, least=LEAST_STARTED, removable=REMOVABLE)
    return or_advice(
        _admit_rewrite(match, evidence), match, evidence,
        role="name", least=LEAST_STARTED, removable=REMOVABLE,
    )  # fmt: skip


def _admit_rewrite(match: Match, evidence: Evidence) -> Admission:  # noqa: PLR0911 -- one return a reason
    seen = asked(match, evidence)
    if not {"name", "items"} <= set(seen):
        return refused("the run never came here")
    started, loops = looks(seen["name"]), looks(seen["items"])
    facts = {"started": started, "loops": loops}
    if odd := kinds_of(seen["items"]) - {"list", "tuple"}:
        return refused(f"the items came from {', '.join(sorted(odd))}", **facts)
    inside = {kind for value in seen["items"] for kind in types_of(value.element_types)}
    if odd := (inside | kinds_of(seen["name"])) - {"str"}:
        return refused(f"items are of type {', '.join(sorted(odd))}", **facts)
    if not are_of(kinds_of(seen.get("owner", ())), match.data.get("classes", ()), match.file):
        return refused("the folder is kept by an object of another class", **facts)
    called = {kind for kind in kinds_of(seen.get("receiver", ())) if "." in kind}
    if odd := {kind for kind in called if not kind.startswith(_LIBRARY)}:
        return refused(f"the loop calls methods of {', '.join(sorted(odd))}", **facts)
    if started < LEAST_STARTED or started < 2 * loops:
        return refused("git is started seldom in a loop", **facts)
    if started < LEAST_USED * loops * median_size(seen["items"]):
        return refused("many items are not asked about", **facts)
    batches = loops + started // match.data["at_once"]
    return Admission(evidence=facts, removable=round(REMOVABLE * (1 - batches / started), 4))


def rewrite(module: SourceModule, match: Match) -> tuple[Edit, ...]:
    """The loop goes over pairs of item and answer; where there is none, the call is made.

    Raises:
        WhetError: The match is not in the module any more.
    """
    found = found_again(module, match, questions_of, lambda each: each.call)
    whole = found.question.whole
    pairs, ask, brought = definitions(module, found.question.asks)
    answer = module.fresh_name("answer")
    parent = module.scopes.parent(whole)
    alone = isinstance(parent, _TAKES_ANY) and getattr(parent, "func", None) is not whole
    start, end = ("", "") if alone else ("(", ")")
    head, tail = _around_items(module, found, pairs, ask)
    edits = (
        _insert(module, found.item, f", {answer}", behind=True),
        _insert(module, found.items, head),
        _insert(module, found.items, tail, behind=True),
        _insert(module, whole, f"{start}{answer} if {answer} is not None else "),
        _insert(module, whole, end, behind=True),
    )
    return (*brought, *(edit for edit in edits if edit.text))


def _around_items(
    module: SourceModule, found: AskingLoop, pairs: str, ask: str
) -> tuple[str, str]:
    """What stands before and behind the items, on lines of their own where one is too long."""
    asks = found.question
    options = dict(asks.details)
    if _at_once(asks) != CONTENTS:
        options["size"] = str(_at_once(asks))
    if asks.folder is not None:
        options["folder"] = module.text_of(asks.folder)
    if not isinstance(asks.name, ast.Name):
        options["name_of"] = f"lambda {found.item.id}: {module.text_of(asks.name)}"
    if asks.text is not None:
        options["text"] = "({}, {})".format(*map(_written, asks.text))
    given = "".join(f", {name}={value}" for name, value in options.items())
    line = module.lines[found.items.lineno - 1].decode()
    length = len(line) + len(f", answer{pairs}(, {ask}{given})")
    if length <= LONGEST_LINE or found.items.lineno != found.items.end_lineno:
        return f"{pairs}(", f", {ask}{given})"
    indent = line[: len(line) - len(line.lstrip())]
    return f"{pairs}(\n{indent}    ", f", {ask}{given}\n{indent})"


def _written(value: object) -> str:
    return json.dumps(value) if isinstance(value, str) else str(value)


def _insert(module: SourceModule, node: ast.expr, text: str, *, behind: bool = False) -> Edit:
    """Text put right before or behind an expression."""
    span = span_of(node)
    line, column = (span.end_line, span.end_column) if behind else (span.line, span.column)
    at = Span(line=line, column=column, end_line=line, end_column=column)
    return Edit(file=module.file, span=at, text=text)


REMEDY = Remedy(
    name=NAME,
    family="calls",
    title="Ask one git process for all items",
    claims="wall_time",
    keeps_state=False,
    safety="consent",
    share="lines with callees",
    detect=detect,
    admit=admit,
    rewrite=rewrite,
)
