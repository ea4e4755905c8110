"""One way to scan, read commits or align branches, in a process of its own.

    python benchmarks/codebase_git_ways.py SUBJECT WAY PLACE NUMBER

Prints CPU time of the work alone (imports left out, children included), peak memory, and a digest
of what was found. Run by `codebase_git.py`.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def git(where: str, *words: str) -> bytes:
    """What git prints."""
    return subprocess.run(["git", *words], cwd=where, capture_output=True, check=True).stdout


def branches(place: str, number: int) -> tuple[str, list[str]]:
    """The branch that is checked out, and others: as many as there are, each at most once."""
    head = git(place, "rev-parse", "HEAD").decode().strip()
    listed = git(place, "for-each-ref", "--format=%(objectname)", "refs/heads", "refs/pull")
    tips = list(dict.fromkeys(listed.decode().split()))
    return head, [tip for tip in tips if tip != head][:number]


def scan_whet(place: str, options: dict) -> int:
    """By `whet.codebase.scan`."""
    from whet.codebase.scan import ScanOptions, scan_names

    return sum(len(batch) for batch in scan_names(place, ScanOptions(**options)))


def scan_git(place: str) -> int:
    """By git alone."""
    listed = git(place, "ls-files", "-co", "--exclude-standard", "-z")
    return listed.count(b"\0")


def scan_pathspec(place: str) -> int:
    """The common recipe: a walk, and the patterns of the top ignore file."""
    import pathspec

    with open(f"{place}/.gitignore") as file:  # noqa: PTH123 - as in the recipe
        rules = pathspec.PathSpec.from_lines("gitwildmatch", file)
    found = 0
    for base, _, names in os.walk(place):
        for name in names:
            path = os.path.relpath(os.path.join(base, name), place)  # noqa: PTH118 - the recipe
            found += not path.startswith(".git/") and not rules.match_file(path)
    return found


def scan_pathspec_nested(place: str) -> int:
    """A walk that heeds every ignore file, the nearest last, and enters no ignored folder."""
    import pathspec

    def rules_of(folder: str, name: str = ".gitignore") -> list[tuple[str, Any]]:
        try:
            with open(f"{folder}/{name}") as file:  # noqa: PTH123 - as in the recipe
                return [(folder, pathspec.GitIgnoreSpec.from_lines(file))]
        except OSError:
            return []

    def ignored(path: str, mark: str, rules: list[tuple[str, Any]]) -> bool:
        for folder, spec in reversed(rules):
            verdict = spec.check_file(path[len(folder) + 1 :] + mark).include
            if verdict is not None:
                return bool(verdict)
        return False

    found = 0
    by_folder = {place: rules_of(place, ".git/info/exclude")}
    for base, folders, names in os.walk(place):
        rules = by_folder.pop(base) + rules_of(base)
        folders[:] = [
            name
            for name in folders
            if name != ".git" and not ignored(f"{base}/{name}", "/", rules)
        ]
        by_folder.update((f"{base}/{name}", rules) for name in folders)
        found += sum(not ignored(f"{base}/{name}", "", rules) for name in names)
    return found


def commits_whet(place: str, number: int) -> str:
    """By `whet.codebase.history`."""
    from whet.codebase.history import CommitQuery, commits

    lines = files = 0
    for commit in commits(place, CommitQuery(limit=number)):
        files += len(commit.files or ())
        lines += commit.added + commit.deleted
    return f"{files} files, {lines} lines"


def commits_git(place: str, number: int) -> str:
    """By git alone, its output thrown away."""
    words = ("-z", "--numstat", "-M", "--diff-merges=first-parent", f"-{number}")
    return f"{len(git(place, 'log', *words))} bytes"


def commits_gitpython(place: str, number: int) -> str:
    """By GitPython's `commit.stats`."""
    import git as gitpython

    lines = files = 0
    for commit in gitpython.Repo(place).iter_commits(max_count=number):
        files += commit.stats.total["files"]
        lines += commit.stats.total["lines"]
    return f"{files} files, {lines} lines"


def commits_pydriller(place: str, number: int) -> str:
    """By PyDriller's counts of a commit: totals, no files."""
    lines = files = 0
    for commit in _driven(place, number):
        files += commit.files
        lines += commit.lines
    return f"{files} files, {lines} lines"


def commits_pydriller_files(place: str, number: int) -> str:
    """By PyDriller's modified files, which is where it has counts by file."""
    lines = files = 0
    for commit in _driven(place, number):
        files += len(commit.modified_files)
        lines += sum(file.added_lines + file.deleted_lines for file in commit.modified_files)
    return f"{files} files, {lines} lines"


def _driven(place: str, number: int) -> Iterator[Any]:
    from itertools import islice

    from pydriller import Repository

    return islice(Repository(place, order="reverse").traverse_commits(), number)


def align_whet(place: str, number: int) -> str:
    """By `whet.codebase.alignment`."""
    from whet.codebase.alignment import AlignQuery, align

    head, tips = branches(place, number)
    found = align(place, AlignQuery(pairs=tuple((head, tip) for tip in tips))).pairs
    return _digest(
        [(pair.ahead, pair.behind, pair.files_changed, bool(pair.conflicts)) for pair in found]
    )


def align_whet_without(place: str, number: int) -> str:
    """The same without trying merges, as GitPython cannot."""
    from whet.codebase.alignment import AlignQuery, align

    head, tips = branches(place, number)
    asked = AlignQuery(pairs=tuple((head, tip) for tip in tips), conflicts=False)
    found = align(place, asked).pairs
    return _digest([(pair.ahead, pair.behind, pair.files_changed, None) for pair in found])


def align_git(place: str, number: int) -> str:
    """A git process a question."""
    head, tips = branches(place, number)
    return _digest([_asked(place, head, tip) for tip in tips])


def _asked(place: str, head: str, tip: str) -> tuple[int, int, int, bool]:
    git(place, "merge-base", "--all", head, tip)
    span = f"{head}...{tip}"
    behind, ahead = git(place, "rev-list", "--count", "--left-right", span).split()
    changed = git(place, "diff", "--numstat", "-M", span).splitlines()
    words = ["git", "merge-tree", "--write-tree", "--name-only", "--no-messages", head, tip]
    merged = subprocess.run(words, cwd=place, capture_output=True, check=False)
    return int(ahead), int(behind), len(changed), merged.returncode == 1


def align_gitpython(place: str, number: int) -> str:
    """By GitPython; it has no way to predict conflicts."""
    import git as gitpython

    head, tips = branches(place, number)
    repo = gitpython.Repo(place)
    found = []
    for tip in tips:
        base = repo.merge_base(head, tip)
        ahead = sum(1 for _ in repo.iter_commits(f"{head}..{tip}"))
        behind = sum(1 for _ in repo.iter_commits(f"{tip}..{head}"))
        changed = repo.git.diff(base[0].hexsha, tip, numstat=True).splitlines()
        found.append((ahead, behind, len(changed), None))
    return _digest(found)


def _digest(found: list) -> str:
    conflicts = sum(bool(row[3]) for row in found) if found[0][3] is not None else "no"
    sums = [sum(row[column] for row in found) for column in range(3)]
    counts = f"{sums[0]} ahead, {sums[1]} behind, {sums[2]} files, {conflicts} conflicting"
    return f"{len(found)} pairs: {counts}"


WAYS = {
    ("scan", "git ls-files"): lambda place, _: scan_git(place),
    ("scan", "whet, unchecked"): lambda place, _: scan_whet(place, {"present": False}),
    ("scan", "whet"): lambda place, _: scan_whet(place, {}),
    ("scan", "whet without git"): lambda place, _: scan_whet(place, {"use_git": False}),
    ("scan", "walk and pathspec"): lambda place, _: scan_pathspec(place),
    ("scan", "walk and pathspec, nested"): lambda place, _: scan_pathspec_nested(place),
    ("commits", "whet"): commits_whet,
    ("commits", "git log"): commits_git,
    ("commits", "GitPython"): commits_gitpython,
    ("commits", "PyDriller, totals only"): commits_pydriller,
    ("commits", "PyDriller"): commits_pydriller_files,
    ("history", "whet"): commits_whet,
    ("history", "git log"): commits_git,
    ("align", "whet"): align_whet,
    ("align", "whet, no conflicts"): align_whet_without,
    ("align", "git per question"): align_git,
    ("align", "GitPython"): align_gitpython,
}
NEEDED = {
    "whet": ("whet.codebase.scan", "whet.codebase.history", "whet.codebase.alignment", "rignore"),
    "walk and pathspec": ("pathspec",),
    "walk and pathspec, nested": ("pathspec",),
    "GitPython": ("git",),
    "PyDriller": ("pydriller",),
}


def cpu_s() -> float:
    """CPU time of this process and its children that ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def peak_mb() -> float | None:
    """Peak resident size of this process; `ru_maxrss` would begin with that of its parent."""
    try:
        with open("/proc/self/status") as file:  # noqa: PTH123 - imports nothing that it measures
            kilobytes = next(line for line in file if line.startswith("VmHWM:")).split()[1]
    except OSError:
        return None
    return round(int(kilobytes) / 1024, 1)


def main() -> None:
    """Import, then measure the work."""
    from importlib import import_module

    subject, way, place, number = sys.argv[1:]
    for name, modules in NEEDED.items():
        if way.startswith(name):
            for module in modules:
                import_module(module)
    before = cpu_s()
    found = WAYS[subject, way](place, int(number))
    used = cpu_s() - before
    print(json.dumps({"cpu_ms": 1000 * used, "peak_mb": peak_mb(), "found": found}))


if __name__ == "__main__":
    main()
