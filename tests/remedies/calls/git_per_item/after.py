"""Starts git for every name."""

import io
import os
import subprocess
from subprocess import PIPE, run


def _with_answers(items, ask, size=25, text=None, **options):
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


def _git_objects(items, field=None, folder=None, name_of=str):
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


def _git_log(paths, shown, folder=None):
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


def kinds(names, folder):
    found = []
    for name, answer in _with_answers(
        names, _git_objects, field=1, size=100, folder=folder
    ):
        found.append(
            answer if answer is not None else subprocess.check_output(["git", "-C", folder, "cat-file", "-t", name])  # whet: expect
        )
    return found


def contents(paths, folder, commit="HEAD"):
    return {
        path: answer if answer is not None else subprocess.check_output(["git", "show", f"{commit}:{path}"], cwd=folder)  # whet: expect
        for path, answer in _with_answers(
            paths, _git_objects, folder=folder, name_of=lambda path: f"{commit}:{path}"
        )
    }


def texts(paths, folder):
    found = {}
    for path, answer in _with_answers(
        sorted(paths), _git_objects, folder=folder, name_of=lambda path: "HEAD:" + path, text=("utf-8", None)
    ):
        try:
            text = answer if answer is not None else run(
                ["git", "cat-file", "blob", "HEAD:" + path],  # whet: expect
                cwd=folder, stdout=PIPE, encoding="utf-8", check=True,
            ).stdout
        except subprocess.CalledProcessError:
            continue
        found[path] = text.splitlines()
    return found


def names(revisions, folder):
    return [
        (answer if answer is not None else subprocess.check_output(["git", "rev-parse", "--verify", each], cwd=folder, text=True)).strip()  # whet: expect
        for each, answer in _with_answers(
            revisions, _git_objects, field=0, size=100, folder=folder, text=(None, None)
        )
    ]


def changed(folder, paths):
    times = {}
    for path, answer in _with_answers(
        paths, _git_log, shown="%ct %s%n", size=1000, folder=folder
    ):
        line = answer if answer is not None else subprocess.check_output(
            ["git", "log", "-1", "--format=%ct %s", "--", path], cwd=folder  # whet: expect
        )
        times[path] = line.rstrip(b"\n")
    return times
