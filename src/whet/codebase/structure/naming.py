"""Names for components: the word that their definitions share and others do not."""

from __future__ import annotations

import keyword
import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from whet.codebase.structure.references import Definition

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_MOST_WORDS = 3
_EMPTY = frozenset({
    "a", "an", "and", "as", "at", "base", "by", "class", "common", "core", "do", "for", "from",
    "get", "handle", "helper", "helpers", "in", "init", "is", "it", "main", "make", "manager",
    "new", "of", "on", "or", "run", "set", "self", "test", "the", "to", "util", "utils", "with",
})  # fmt: skip


def words_of(name: str) -> tuple[str, ...]:
    """The words of an identifier, in lower case, without those that say nothing."""
    found = (word.lower() for word in _WORD.findall(name))
    return tuple(word for word in found if word not in _EMPTY and len(word) > 1)


def component_names(
    members: Mapping[int, Sequence[Definition]], taken: Collection[str] = ()
) -> dict[int, str]:
    """A name for each component, all different, none of them taken; the largest chooses first.

    A word counts by the number of definitions that bear it, and less the more components share
    it; where no word is left, the name of the largest definition serves.
    """
    counts = {
        group: Counter(word for each in own for word in dict.fromkeys(words_of(each.name)))
        for group, own in members.items()
    }
    spread = Counter(word for count in counts.values() for word in count)
    used = set(taken) | {"__init__"}
    names: dict[int, str] = {}
    for group in sorted(members, key=lambda g: (-sum(d.lines for d in members[g]), g)):
        ranked = sorted(
            counts[group].items(), key=lambda item: (-item[1] / spread[item[0]], item[0])
        )
        largest = max(members[group], key=lambda each: (each.lines, each.name))
        options = [word for word, count in ranked if count > 1]
        options += [
            "_".join(words_of(largest.name)[:_MOST_WORDS]),
            largest.name.strip("_").lower(),
        ]
        names[group] = _first_free(options, used)
        used.add(names[group])
    return names


def _first_free(options: Sequence[str], used: Collection[str]) -> str:
    fitting = [name for name in options if name.isidentifier() and not keyword.iskeyword(name)]
    free = next((name for name in fitting if name not in used), None)
    if free is not None:
        return free
    stem = fitting[0] if fitting else "part"
    number = 2
    while f"{stem}_{number}" in used:
        number += 1
    return f"{stem}_{number}"
