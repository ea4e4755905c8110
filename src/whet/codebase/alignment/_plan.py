"""In which order branches come together with the fewest conflicts, found by trying it.

Branches that merge cleanly into the target may still conflict with each other: then only some of
them go in without somebody's help. Which branches exclude each other is a graph, and the largest
set without an edge is the most that can be merged cleanly; it is found exactly for as many
branches as `_EXACT` in conflict, else by always taking the branch that excludes the fewest others.
The set is only a guess at the order, for three branches can conflict where no two do: the order
itself is tried, step by step, and a branch that does not go in waits until nothing else does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from whet.codebase.alignment._rebase import rebases_onto
from whet.records.alignment import AlignmentPlan, PlanStep

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from whet.codebase.alignment._ancestry import Ancestry
    from whet.codebase.alignment._merges import Merger
    from whet.records.alignment import PlanAction

_EXACT = 20


class Branch(NamedTuple):
    """A branch to bring into the target."""

    name: str
    commit: str
    ahead: int
    behind: int
    paths: frozenset[bytes] | None  # changed since the merge base; None: unrelated histories


class Table(NamedTuple):
    """What a plan is made with.

    Attributes:
        repository: A directory of the repository.
        merger: Tries merges.
        ancestry: Knows the target and all branches.
        rebase: Whether to try rebases, too.
    """

    repository: str | os.PathLike[str]
    merger: Merger
    ancestry: Ancestry
    rebase: bool


def plan_merges(
    table: Table, target: str, branches: Sequence[Branch], *, into: str
) -> AlignmentPlan:
    """An order of merges, each tried with all clean ones before it done.

    Args:
        table: What to try with.
        target: The commit that everything comes into.
        branches: What comes into it.
        into: The target's name.

    Raises:
        GitError: Git refused; an object is missing.
    """
    course = _Course(table, target)
    unrelated = [branch for branch in branches if branch.paths is None]
    waiting = _in_order(table, target, [b for b in branches if b.paths is not None])
    # What did not go in may do so later, once another branch brought the same change.
    gone_in = True
    while waiting and gone_in:
        left = [branch for branch in waiting if not course.take(branch)]
        gone_in = len(left) < len(waiting)
        waiting = left
    course.leave(waiting)
    steps = course.steps + [_step(branch, "unrelated") for branch in unrelated]
    return AlignmentPlan(into=into, steps=tuple(steps), tree=course.tree())


class _Course:
    """The target on its way: what has gone in, and the steps that did it."""

    def __init__(self, table: Table, target: str) -> None:
        self._table = table
        self._now = target
        self._tree: str | None = None
        self._merged = [target]
        self.steps: list[PlanStep] = []

    def tree(self) -> str:
        """What the target holds now."""
        if self._tree is None:
            from whet.codebase.git import git

            answer = git(self._table.repository, "rev-parse", f"{self._now}^{{tree}}")
            self._tree = answer.decode("ascii").strip()
        return self._tree

    def take(self, branch: Branch) -> bool:
        """Puts a branch in; False, and nothing happens, if that leaves conflicts."""
        contains = self._table.ancestry.contains
        if any(contains(merged, branch.commit) for merged in self._merged):
            self.steps.append(_step(branch, "nothing", tree=self.tree()))
            return True
        rebases = self._rebases(branch)
        if self._now in self._merged and contains(branch.commit, self._now):
            self._now, self._tree = branch.commit, None
            self.steps.append(_step(branch, "fast-forward", tree=self.tree(), rebases=rebases))
        else:
            (outcome,) = self._table.merger.merges([(self._now, branch.commit)])
            if outcome.tree is None:
                return False
            self._tree = outcome.tree
            self._now = self._table.merger.commit(outcome.tree, self._now, branch.commit)
            self.steps.append(_step(branch, "merge", tree=self._tree, rebases=rebases))
        self._merged.append(branch.commit)
        return True

    def leave(self, branches: Sequence[Branch]) -> None:
        """Adds the branches that need somebody: the fewest conflicts first."""
        outcomes = self._table.merger.merges([(self._now, b.commit) for b in branches])
        steps = [
            _step(
                branch,
                "resolve",
                conflicts=outcome.conflicts,
                rebases=self._rebases(branch),
            )
            for branch, outcome in zip(branches, outcomes, strict=True)
        ]
        self.steps += sorted(steps, key=lambda step: (len(step.conflicts), step.branch))

    def _rebases(self, branch: Branch) -> bool | None:
        if not self._table.rebase:
            return None
        return rebases_onto(
            self._table.repository, self._table.merger, self._now, self.tree(), branch.commit
        )


def _step(
    branch: Branch,
    action: PlanAction,
    *,
    tree: str | None = None,
    conflicts: tuple[str, ...] = (),
    rebases: bool | None = None,
) -> PlanStep:
    return PlanStep(
        branch=branch.name,
        action=action,
        ahead=branch.ahead,
        behind=branch.behind,
        conflicts=conflicts,
        rebases=rebases,
        tree=tree,
    )


def _in_order(table: Table, target: str, branches: Sequence[Branch]) -> list[Branch]:
    """A promising order: what excludes nothing first, small before large."""
    outcomes = table.merger.merges([(target, branch.commit) for branch in branches])
    clean = [b for b, outcome in zip(branches, outcomes, strict=True) if outcome.tree]
    trees = [outcome.tree for outcome in outcomes if outcome.tree]
    excluding = _exclusions(table.merger, target, clean, trees)
    chosen = _largest_free_set(excluding)
    first = [branch for n, branch in enumerate(clean) if n in chosen]
    then = [branch for n, branch in enumerate(clean) if n not in chosen]
    last = [b for b, outcome in zip(branches, outcomes, strict=True) if not outcome.tree]
    return [branch for group in (first, then, last) for branch in sorted(group, key=_size)]


def _size(branch: Branch) -> tuple[bool, int, str]:
    return branch.behind > 0, len(branch.paths or ()), branch.name


def _exclusions(
    merger: Merger, target: str, branches: Sequence[Branch], trees: Sequence[str]
) -> list[set[int]]:
    """For each branch the others that conflict with it once it has been merged.

    Only pairs that changed a file in common are tried: the order is a guess that is tested later.
    """
    pairs = [
        (one, other)
        for one, branch in enumerate(branches)
        for other in range(one + 1, len(branches))
        if not (branch.paths or frozenset()).isdisjoint(branches[other].paths or ())
    ]
    merged = {
        one: merger.commit(trees[one], target, branches[one].commit)
        for one in {n for n, _ in pairs}
    }
    outcomes = merger.merges([(merged[one], branches[other].commit) for one, other in pairs])
    excluding: list[set[int]] = [set() for _ in branches]
    for (one, other), outcome in zip(pairs, outcomes, strict=True):
        if outcome.tree is None:
            excluding[one].add(other)
            excluding[other].add(one)
    return excluding


def _largest_free_set(excluding: Sequence[set[int]]) -> set[int]:
    """The most branches none of which excludes another."""
    free = {n for n, others in enumerate(excluding) if not others}
    bound = set(range(len(excluding))) - free
    if len(bound) <= _EXACT:
        return free | _exactly(excluding, frozenset(bound))
    chosen = free
    while bound:
        best = min(bound, key=lambda n: (len(excluding[n] & bound), n))
        chosen = chosen | {best}
        bound -= excluding[best] | {best}
    return chosen


def _exactly(excluding: Sequence[set[int]], rest: frozenset[int]) -> set[int]:
    """A largest set without an edge: with or without the vertex that excludes the most."""
    if not rest:
        return set()
    most = max(sorted(rest), key=lambda n: len(excluding[n] & rest))
    if not excluding[most] & rest:
        return set(rest)
    with_it = {most} | _exactly(excluding, rest - excluding[most] - {most})
    without = _exactly(excluding, rest - {most})
    return with_it if len(with_it) >= len(without) else without
