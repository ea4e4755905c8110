"""What the cure of `git_per_item` brings into a module: definitions that ask git for many items.

In them NAME stands for their own name, and `os`, `io` and `subprocess` for what the module calls
these.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from whet.remedies._library_calls import shared_definition
from whet.remedies._places import import_of

if TYPE_CHECKING:
    from whet.codebase.syntax import SourceModule
    from whet.records import Edit

CONTENTS, FACTS, PATHS = 25, 100, 1000
"""Items a process: contents are in memory together, a walk through history serves many paths."""
_PAIRS = '''
def NAME(items, ask, size=25, text=None, **options):
    """Pair each item with its answer, or with None where it must be asked for alone."""
    answers = {}
    for number, item in enumerate(items):
        if number % size == 0 and type(items) in (list, tuple):
            answers = ask(items[number : number + size], **options)
        answer = answers.get(item) if type(item) is str else None
        if answer is not None and text is not None:  # its encoding and errors
            try:
                answer = io.TextIOWrapper(io.BytesIO(answer), *text).read()
            except (LookupError, ValueError):
                answer = None
        yield item, answer
'''
_OBJECTS = r'''
def NAME(items, field=None, folder=None, name_of=str):
    """Ask one git for the blobs of items, or for their objects' name (0), type (1), size (2)."""
    odd = ("..", ":/", ":!", ":^", "^@", "^!", "^-")  # more than a name to some commands
    answers = {}
    try:
        names = {item: name_of(item) for item in items if type(item) is str}
        asked = {
            item: name
            for item, name in names.items()
            if name.isprintable()
            and name[:1] not in ("", "-", "^")
            and not any(part in name for part in odd)
            and not os.path.lexists(os.path.join(folder or "", name))
        }
        done = subprocess.run(
            ["git", "cat-file", "--batch" if field is None else "--batch-check"],
            input=os.fsencode("".join(f"{name}\n" for name in asked.values())),
            capture_output=True,
            cwd=folder,
        )
        if done.returncode or done.stderr:
            return {}
        lines = io.BytesIO(done.stdout)
        for item in asked:
            *head, kind, size = lines.readline()[:-1].split(b" ")
            if not size.isdigit():  # "missing"
                continue
            answer = b"%s\n" % (*head, kind, size)[field or 0]
            if field is None:
                answer = lines.read(int(size))
                if lines.read(1) != b"\n":
                    return {}
            if field is not None or kind == b"blob":
                answers[item] = answer
    except (LookupError, OSError, TypeError, ValueError):
        return {}
    return {} if lines.read(1) else answers
'''
_LOG = r'''
def NAME(paths, shown, folder=None):
    """Ask one git for the newest commit of each path, down to the first merge."""
    if "GIT_ICASE_PATHSPECS" in os.environ:
        return {}
    words = ["git", "log", f"--format=tformat://%P/{shown}", "--name-only", "-z"]
    words += ["--no-renames", "--relative", "--ignore-submodules=none"]
    no, pipe = subprocess.DEVNULL, subprocess.PIPE
    answers = {}
    try:
        wanted = {
            os.fsencode(path): path
            for path in paths
            if type(path) is str and not set(path) & set(":*?[\\")
        }
        rest, begin, answer = b"", 1, None
        with subprocess.Popen(words, stdin=no, stdout=pipe, stderr=no, cwd=folder) as log:
            for part in iter(lambda: log.stdout.read1(65536), b""):
                *rows, rest = (rest + part).split(b"\0")
                for row in rows:
                    if row.startswith(b"//"):  # a commit
                        parents, _, answer = row[2:].partition(b"/")
                        begin = 1  # a line end stands before its first name
                        if b" " in parents:
                            return answers
                    elif b"//" in row or row[:begin] != b"\n"[:begin]:  # no name of a file
                        return {}
                    else:
                        name, begin = row[begin:], 0
                        while name:
                            if name in wanted:
                                answers[wanted.pop(name)] = answer
                            name = name.rpartition(b"/")[0]
                if not wanted:
                    break
    except (LookupError, OSError, TypeError, ValueError):
        return {}
    return answers
'''
_TEXTS = {"objects": _OBJECTS, "log": _LOG}
_PACKAGE = re.compile(r"\b(io|os|subprocess)(?=\.)")


def definitions(module: SourceModule, asks: str) -> tuple[str, str, tuple[Edit, ...]]:
    """The definitions that answer for many items.

    Args:
        module: The file.
        asks: What is asked: "objects" or "log".

    Returns:
        Names of the one that pairs items with answers and of the one that asks git, and the
        edits that bring them.
    """
    spelled: dict[str, str] = {}
    edits: list[Edit] = []
    for package in sorted(set(_PACKAGE.findall(_PAIRS + _TEXTS[asks]))):
        expression, imports = import_of(module, package, "__name__")  # nobody imports that alone
        spelled[package] = expression.removesuffix(".__name__")
        edits += imports
    names = []
    for wanted, text in (("_with_answers", _PAIRS), (f"_git_{asks}", _TEXTS[asks])):
        written = _PACKAGE.sub(lambda found: spelled[found.group()], text)
        name, brought = shared_definition(module, wanted, written)
        names.append(name)
        edits += brought
    return names[0], names[1], tuple(edits)
