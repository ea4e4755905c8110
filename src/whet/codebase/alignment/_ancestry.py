"""What the histories of many tips share, from one walk instead of a git process a question.

Every tip has a bit. The walk yields children before parents, so each commit's mask, the tips that
reach it, is complete when it appears: the union of its children's masks. Then

- `ahead` of a pair is the number of commits whose mask holds one bit and not the other;
- a commit is a merge base of a pair exactly if its mask holds both bits and no child's mask does:
  a parent of a common ancestor is one too, so one that another reaches has a child among them.
  Only where lines of history meet can that happen, and several such commits are several bases.

Commits that every tip reaches are not walked: they count for no pair, and those of them that are
merge bases are the best common ancestors of all tips, which git finds first.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from whet.codebase.git import git_chunks, refusal, try_git

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Sequence


class Ancestry:
    """The relations of commits to each other.

    Args:
        repository: A directory of the repository, which may be bare.
        pairs: The commits to relate, by id.

    Raises:
        GitError: Git is missing or refused; an object is missing.
    """

    def __init__(
        self, repository: str | os.PathLike[str], pairs: Iterable[tuple[str, str]]
    ) -> None:
        wanted = [pair for pair in pairs if pair[0] != pair[1]]
        tips = list(dict.fromkeys(tip for pair in wanted for tip in pair))
        self._bits = {tip: 1 << n for n, tip in enumerate(tips)}
        self._partners = dict.fromkeys(self._bits.values(), 0)
        for left, right in wanted:
            self._partners[self._bits[left]] |= self._bits[right]
            self._partners[self._bits[right]] |= self._bits[left]
        self._commits: Counter[int] = Counter()  # by the tips that reach them
        self._bases: dict[int, list[str]] = {}  # by the two bits of a pair
        if tips:
            self._walk(repository, tips)
            self._order(repository)

    def ahead(self, left: str, right: str) -> int:
        """How many commits the right one reaches and the left one does not."""
        if left == right:
            return 0
        only, other = self._bits[right], self._bits[left]
        return sum(n for mask, n in self._commits.items() if mask & only and not mask & other)

    def contains(self, outer: str, inner: str) -> bool:
        """Whether one commit is the other, or an ancestor of it."""
        if outer == inner:
            return True
        only, other = self._bits[inner], self._bits[outer]
        return not any(mask & only and not mask & other for mask in self._commits)

    def bases(self, left: str, right: str) -> tuple[str, ...]:
        """The best common ancestors of a pair that was asked for, the youngest first."""
        if left == right:
            return (left,)
        return tuple(self._bases.get(self._bits[left] | self._bits[right], ()))

    def _walk(self, repository: str | os.PathLike[str], tips: Sequence[str]) -> None:
        shared = _shared(repository, tips)
        # What children of a commit that is still to come are reached by.
        below: dict[bytes, tuple[int, ...]] = {}
        own = {tip.encode("ascii"): (bit,) for tip, bit in self._bits.items()}
        for commit, parents in _commits(repository, tips, shared):
            sources = below.pop(commit, ()) + own.get(commit, ())
            mask = sources[0] if len(sources) == 1 else self._meet(commit, sources)
            self._commits[mask] += 1
            for parent in parents:
                known = below.get(parent, ())
                if mask not in known:
                    below[parent] = (*known, mask)
        for name in shared:
            commit = name.encode("ascii")
            self._meet(commit, below.get(commit, ()) + own.get(commit, ()))

    def _meet(self, commit: bytes, sources: tuple[int, ...]) -> int:
        """The tips that reach a commit; it is a base of those that none of its children joins."""
        mask = 0
        for source in sources:
            mask |= source
        rest = mask
        while rest:
            bit = rest & -rest
            rest ^= bit
            joined = 0
            for source in sources:
                if source & bit:
                    joined |= source
            fresh = rest & self._partners[bit] & ~joined
            while fresh:
                other = fresh & -fresh
                fresh ^= other
                self._bases.setdefault(bit | other, []).append(commit.decode("ascii"))
        return mask

    def _order(self, repository: str | os.PathLike[str]) -> None:
        """Several bases in git's order, by date: the first is the one that diffs begin at."""
        several = [bases for bases in self._bases.values() if len(bases) > 1]
        if several:
            asked = "\n".join({base for bases in several for base in bases})
            words = ("rev-list", "--no-walk", "--stdin")
            answer = b"".join(git_chunks(repository, *words, stdin=asked.encode("ascii") + b"\n"))
            place = {name.decode("ascii"): n for n, name in enumerate(answer.split())}
            for bases in several:
                bases.sort(key=place.__getitem__)


def _shared(repository: str | os.PathLike[str], tips: Sequence[str]) -> list[str]:
    """The best common ancestors of all tips; none where histories are unrelated."""
    words = ("merge-base", "--all", "--octopus", *tips)
    result = try_git(repository, *words)
    if result.exit_code > 1:
        raise refusal(repository, ("merge-base",), result)
    return result.stdout.decode("ascii").split()


def _commits(
    repository: str | os.PathLike[str], tips: Sequence[str], shared: Sequence[str]
) -> Iterator[tuple[bytes, list[bytes]]]:
    """Commits and their parents, children first, without those that every tip reaches."""
    asked = "".join((*(f"{tip}\n" for tip in tips), *(f"^{commit}\n" for commit in shared)))
    words = ("rev-list", "--topo-order", "--parents", "--stdin")
    for chunk in git_chunks(repository, *words, separator=b"\n", stdin=asked.encode("ascii")):
        for line in chunk.splitlines():
            commit, *parents = line.split(b" ")
            yield commit, parents
