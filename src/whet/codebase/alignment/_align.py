"""The whole answer: pairs with the conflicts of merging them, and a plan."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from whet.codebase.alignment._compare import compare_pairs
from whet.codebase.alignment._differences import changes
from whet.codebase.alignment._merges import MERGE_TREE, Quarantine, set_aside
from whet.codebase.alignment._pairs import (
    branch_names,
    default_branch,
    every_pair,
    full_name,
    shown,
)
from whet.codebase.alignment._plan import Branch, Table, plan_merges
from whet.codebase.alignment._trial import LONG_HASH, TrialRepository
from whet.codebase.git import foreign_programs, git_version, resolve
from whet.records.alignment import AlignedPair, Alignment
from whet.store.scratch import scratch_folder

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

    from whet.codebase.alignment._compare import Compared
    from whet.codebase.alignment._merges import Merger
    from whet.records.history import BranchComparison


class AlignQuery(NamedTuple):
    """What is asked about a repository's branches.

    Attributes:
        pairs: (left, right) branches, tags or commits; every branch with the target if None.
        into: The target of the plan and of the pairs that nobody named; the default branch
            (`default_branch`) if None.
        branches: What the plan brings together; all local branches but the target if None.
        plan: Make a plan.
        rebase: Also try whether each planned branch could be rebased, commit by commit.
        conflicts: Try the merges of the pairs.
        remote: Take remote branches for branches, too.
    """

    pairs: tuple[tuple[str, str], ...] | None = None
    into: str | None = None
    branches: tuple[str, ...] | None = None
    plan: bool = False
    rebase: bool = False
    conflicts: bool = True
    remote: bool = False


USUAL = AlignQuery()


def align(repository: str | os.PathLike[str], query: AlignQuery = USUAL) -> Alignment:
    """How branches lie to each other, what merging them would leave, and in which order to do it.

    The repository is only read: merges are tried in a temporary object directory, and neither the
    repository's hooks nor its filters nor its merge drivers run.

    Args:
        repository: A directory of the repository, which may be bare.
        query: See `AlignQuery`.

    Raises:
        TargetError: No such reference.
        GitError: Git is missing, too old or refused; an object is missing.
    """
    version = git_version()
    target = _target(repository, query) if query.plan or query.pairs is None else None
    pairs = _pairs(repository, query, target)
    planned = _planned(repository, query, target)
    if not pairs and not planned:
        return Alignment(pairs=())
    related = every_pair([target, *planned]) if planned and target else []
    found = compare_pairs(repository, pairs, related)
    programs = foreign_programs(repository)
    notes = [note for note in (set_aside(programs), _about(version)) if note]
    conflicts: Sequence[tuple[str, ...] | None] = [None] * len(pairs)
    plan = None
    with _merger(repository, version, found, programs) as merger:
        if query.conflicts:
            conflicts = _conflicts(found.comparisons, merger)
        if planned and target:
            asked = _branches(repository, found, target, planned)
            table = Table(repository, merger, found.ancestry, rebase=query.rebase)
            plan = plan_merges(table, found.commits[target], asked, into=shown(target))
    aligned = zip(found.comparisons, conflicts, strict=True)
    return Alignment(
        pairs=tuple(_pair(comparison, files) for comparison, files in aligned),
        plan=plan,
        complete=found.complete,
        notes=tuple(notes),
    )


def _target(repository: str | os.PathLike[str], query: AlignQuery) -> str | None:
    """The full name of the branch that others come into."""
    if query.into is None:
        name = default_branch(repository)
        return None if name is None else f"refs/heads/{name}"
    resolve(repository, query.into)
    return full_name(repository, query.into)


def _pairs(
    repository: str | os.PathLike[str], query: AlignQuery, target: str | None
) -> list[tuple[str, str]]:
    if query.pairs is not None:
        return list(query.pairs)
    if target is None:
        return []
    others = query.branches or branch_names(repository, remote=query.remote)
    names = [full_name(repository, name) for name in others]
    return [(target, name) for name in dict.fromkeys(names) if name != target]


def _planned(
    repository: str | os.PathLike[str], query: AlignQuery, target: str | None
) -> list[str]:
    """The branches that the plan brings together."""
    if not query.plan or target is None:
        return []
    others = query.branches or branch_names(repository, remote=query.remote)
    names = [full_name(repository, name) for name in others]
    return [name for name in dict.fromkeys(names) if name != target]


def _about(version: tuple[int, int]) -> str | None:
    if version >= MERGE_TREE:
        return None
    is_old = f"git {version[0]}.{version[1]} is older than {MERGE_TREE[0]}.{MERGE_TREE[1]}"
    return f"{is_old}: merges are tried for real in a temporary folder, which takes longer"


@contextmanager
def _merger(
    repository: str | os.PathLike[str],
    version: tuple[int, int],
    found: Compared,
    programs: Sequence[str],
) -> Iterator[Merger]:
    with scratch_folder("merges") as folder:
        if version >= MERGE_TREE:
            yield Quarantine(repository, folder, programs)
        else:
            is_long = len(next(iter(found.commits.values()))) == LONG_HASH
            yield TrialRepository(repository, folder, long_hashes=is_long)


def _conflicts(
    comparisons: Sequence[BranchComparison], merger: Merger
) -> list[tuple[str, ...] | None]:
    """What each merge would leave unmerged; None where histories are unrelated."""
    asked = [
        (pair.left_commit, pair.right_commit)
        for pair in comparisons
        if pair.merge_bases and pair.ahead and pair.behind
    ]
    outcomes = iter(merger.merges(asked))
    return [
        None
        if not pair.merge_bases
        else next(outcomes).conflicts
        if pair.ahead and pair.behind
        else ()  # one contains the other: there is nothing to merge
        for pair in comparisons
    ]


def _branches(
    repository: str | os.PathLike[str], found: Compared, target: str, names: Sequence[str]
) -> list[Branch]:
    """The branches to bring together, with what each changes."""
    ancestry, into = found.ancestry, found.commits[target]
    commits = {name: found.commits[name] for name in names}
    bases = {name: ancestry.bases(into, commit) for name, commit in commits.items()}
    asked = [(bases[name][0], commits[name]) for name in names if bases[name]]
    changed = changes(repository, asked)
    return [
        Branch(
            name=shown(name),
            commit=commits[name],
            ahead=ancestry.ahead(into, commits[name]),
            behind=ancestry.ahead(commits[name], into),
            paths=next(changed).paths if bases[name] else None,
        )
        for name in names
    ]


def _pair(comparison: BranchComparison, conflicts: tuple[str, ...] | None) -> AlignedPair:
    diff = comparison.diff
    return AlignedPair(
        left=comparison.left,
        right=comparison.right,
        merge_bases=comparison.merge_bases,
        ahead=comparison.ahead,
        behind=comparison.behind,
        files_changed=diff.files if diff else None,
        added=diff.added if diff else None,
        deleted=diff.deleted if diff else None,
        conflicts=conflicts,
    )
