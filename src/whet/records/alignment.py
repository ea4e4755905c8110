"""How branches lie to each other and how they come together; the names are a promise."""

from __future__ import annotations

from typing import Literal

from whet.records._base import Record

PlanAction = Literal["nothing", "fast-forward", "merge", "resolve", "unrelated"]


class AlignedPair(Record, frozen=True):
    """Two branches: what the right one has that the left one has not, and the other way round."""

    left: str
    right: str
    merge_bases: tuple[str, ...]  # best common ancestors: several where histories cross, or none
    ahead: int  # commits only on the right
    behind: int  # commits only on the left
    files_changed: int | None  # on the right since the first merge base; None: there is none
    added: int | None  # lines of text files
    deleted: int | None
    conflicts: tuple[str, ...] | None  # files, if one is merged into the other; None: not known


class PlanStep(Record, frozen=True):
    """One branch and what to do with it, after all steps before it."""

    branch: str
    action: PlanAction  # "resolve" is a merge with conflicts; "nothing": it is contained already
    ahead: int  # commits that the target had not at the beginning
    behind: int
    conflicts: tuple[str, ...]  # expected ones, if it is merged now
    rebases: bool | None  # whether its commits could be put on the target of this moment one by
    # one without a conflict; None: not tried, as it holds merges or too many commits
    tree: str | None  # what the target then holds; None: somebody has to resolve conflicts first


class AlignmentPlan(Record, frozen=True):
    """In which order branches come together in one with the fewest conflicts.

    The merges were tried one after the other, outside of the repository. Steps to resolve come
    last: their conflicts are those with all clean steps done and none of them resolved yet.
    """

    into: str
    steps: tuple[PlanStep, ...]
    tree: str  # what the target holds when all clean steps are done


class Alignment(Record, frozen=True):
    """What `whet align --json` prints."""

    pairs: tuple[AlignedPair, ...]
    plan: AlignmentPlan | None = None  # None: not asked for
    complete: bool = True  # False: a shallow clone, older commits and bases may be missing
    notes: tuple[str, ...] = ()  # what could not be taken into account
    version: int = 1
