"""How a large module could be taken apart into components: from who uses whom.

Definitions that use each other stay together (greedy modularity), what several components use
goes into one below them, and components that would import each other in a circle are joined.

Source: Clauset, Newman and Moore, "Finding community structure in very large networks", Physical
Review E 70 (2004): merge the pair that raises modularity most, until none does.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from whet.codebase.structure.cycles import strong_components
from whet.codebase.structure.naming import component_names
from whet.records.structure import SplitComponent, SplitMove, SplitProposal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from whet.codebase.structure.references import Definition

LEAST_LINES = 25  # of a component; below it a file is more to read than to leave out
LARGEST_SHARE = 0.8  # of the code in one component: above it nothing was split
_LARGEST_LINES = 300  # of a component, so far as merging can choose

Groups = dict[str, int]  # definition -> number of its component


def propose_split(
    file: str,
    definitions: Sequence[Definition],
    *,
    users: Mapping[str, Collection[str]],
    siblings: Collection[str] = (),
) -> SplitProposal | None:
    """Components for a module's definitions; None: there are not at least two worth a file.

    Args:
        file: Of the module, relative to the project.
        definitions: Its top level.
        users: Name of a definition to the files of the project that import it.
        siblings: Files that exist: no component gets the place of one.
    """
    movable = {each.name: each for each in definitions if not each.name.startswith("__")}
    weights = _weights(movable)
    groups = _merged(movable, weights)
    groups = _absorbed(movable, weights, groups)
    groups = _with_base(movable, groups)
    groups = _acyclic(movable, groups)
    lines = Counter[int]()
    for name, group in groups.items():
        lines[group] += movable[name].lines
    large = {group for group, count in lines.items() if count >= LEAST_LINES}
    used = {group for name in groups for group in _used(movable[name], groups)}
    kept = {name: group for name, group in groups.items() if group in large | used}
    total = sum(lines.values())
    if len(set(kept.values())) < 2 or max(lines.values()) > LARGEST_SHARE * total:  # noqa: PLR2004 -- one component is no split
        return None
    return _proposal(file, movable, kept, users, siblings)


def _weights(definitions: Mapping[str, Definition]) -> dict[frozenset[str], float]:
    """How closely two definitions belong together: what everybody uses binds nobody."""
    popularity = Counter(name for each in definitions.values() for name in each.uses)
    found: dict[frozenset[str], float] = defaultdict(float)
    for each in definitions.values():
        for other, count in each.uses.items():
            if other in definitions:
                found[frozenset((each.name, other))] += count / popularity[other] ** 1.5
    return dict(found)


def _merged(
    definitions: Mapping[str, Definition], weights: Mapping[frozenset[str], float]
) -> Groups:
    """Greedy modularity; who assigns a value by `global` stays with it."""
    groups = {name: number for number, name in enumerate(definitions)}
    for each in definitions.values():
        for name in each.rebinds & set(definitions):
            groups = _joined(groups, groups[each.name], groups[name])
    limit = max(_LARGEST_LINES, sum(each.lines for each in definitions.values()) // 4)
    total = 2 * sum(weights.values()) or 1.0
    while True:
        between, degrees, lines = _sums(definitions, weights, groups)
        gains = [
            (weight / total * 2 - 2 * degrees[a] * degrees[b] / total**2, -a, -b)
            for (a, b), weight in between.items()
            if lines[a] + lines[b] <= limit
        ]
        best = max(gains, default=(0.0, 0, 0))
        if best[0] <= 0:
            return groups
        groups = _joined(groups, -best[1], -best[2])


def _sums(
    definitions: Mapping[str, Definition],
    weights: Mapping[frozenset[str], float],
    groups: Groups,
) -> tuple[dict[tuple[int, int], float], Counter[int], Counter[int]]:
    """Weight between two components, of all edges at a component, and its lines."""
    between: dict[tuple[int, int], float] = defaultdict(float)
    degrees: Counter[int] = Counter()
    for pair, weight in weights.items():
        one, other = sorted(pair)
        a, b = groups[one], groups[other]
        degrees[a] += weight  # type: ignore[assignment] # a Counter holds any number
        degrees[b] += weight  # type: ignore[assignment] # same
        if a != b:
            between[min(a, b), max(a, b)] += weight
    lines: Counter[int] = Counter()
    for name, group in groups.items():
        lines[group] += definitions[name].lines
    return between, degrees, lines


def _joined(groups: Groups, one: int, other: int) -> Groups:
    return {name: one if group == other else group for name, group in groups.items()}


def _absorbed(
    definitions: Mapping[str, Definition],
    weights: Mapping[frozenset[str], float],
    groups: Groups,
) -> Groups:
    """Components of a few lines go to the neighbor that they are closest to."""
    while True:
        between, _, lines = _sums(definitions, weights, groups)
        small = [
            (lines[group], group, weight, other)
            for (a, b), weight in between.items()
            for group, other in ((a, b), (b, a))
            if lines[group] < LEAST_LINES
        ]
        if not small:
            return groups
        _, least, *_ = min(small)
        _, closest = max((weight, -other) for _, group, weight, other in small if group == least)
        groups = _joined(groups, -closest, least)


def _used(definition: Definition, groups: Groups) -> set[int]:
    own = groups[definition.name]
    return {groups[name] for name in definition.uses if groups.get(name, own) != own}


def _with_base(definitions: Mapping[str, Definition], groups: Groups) -> Groups:
    """What several components use, and what uses nothing outside of that, goes below them all."""
    base = max(groups.values(), default=0) + 1
    users: dict[str, set[int]] = defaultdict(set)
    for name, each in definitions.items():
        for other in each.uses:
            if other in groups:
                users[other].add(groups[name])
    wanted = [name for name in definitions if len(users[name]) > 1]
    changed = dict(groups)
    moved = True
    while moved:
        moved = False
        for name in wanted:
            uses = {other for other in definitions[name].uses if other in definitions}
            bound = definitions[name].rebinds & set(definitions)
            ready = all(changed[other] == base for other in uses | bound)
            if changed[name] != base and ready and not _is_rebound(name, definitions):
                changed[name] = base
                moved = True
    return changed


def _is_rebound(name: str, definitions: Mapping[str, Definition]) -> bool:
    return any(name in each.rebinds for each in definitions.values())


def _acyclic(definitions: Mapping[str, Definition], groups: Groups) -> Groups:
    """Components that use each other in a circle become one."""
    graph: dict[str, set[str]] = {str(group): set() for group in groups.values()}
    for name, each in definitions.items():
        graph[str(groups[name])].update(str(group) for group in _used(each, groups))
    number = {int(g): i for i, part in enumerate(strong_components(graph)) for g in part}
    return {name: number[group] for name, group in groups.items()}


def _proposal(
    file: str,
    definitions: Mapping[str, Definition],
    groups: Groups,
    users: Mapping[str, Collection[str]],
    siblings: Collection[str],
) -> SplitProposal:
    members: dict[int, list[Definition]] = defaultdict(list)
    for name, group in groups.items():
        members[group].append(definitions[name])
    stem = part_stem(file)
    stems = (PurePosixPath(o).stem for o in siblings if _parent(o) == _parent(file))
    names = component_names(members, {each.removeprefix(stem) for each in stems})
    targets = {
        group: str(PurePosixPath(file).with_name(f"{stem}{name}.py"))
        for group, name in names.items()
    }
    uses = {
        group: sorted({names[other] for each in own for other in _used(each, groups)})
        for group, own in members.items()
    }
    components = [
        SplitComponent(
            name=names[group],
            file=targets[group],
            definitions=tuple(each.name for each in own),
            code_lines=sum(each.lines for each in own),
            uses=tuple(uses[group]),
            used_by_files=len({user for each in own for user in users.get(each.name, ())}),
        )
        for group, own in members.items()
    ]
    moves = [
        SplitMove(name=each.name, kind=each.kind, line=each.line, end_line=each.end_line,
                  target=targets[groups[each.name]], component=names[groups[each.name]])
        for each in definitions.values() if each.name in groups
    ]  # fmt: skip
    inside, crossing = _references(definitions, groups)
    return SplitProposal(
        components=tuple(sorted(components, key=lambda each: (len(each.uses), each.name))),
        moves=tuple(sorted(moves, key=lambda move: move.line)),
        stays=tuple(sorted(set(definitions) - set(groups))),
        inside=inside,
        crossing=crossing,
    )


def _references(definitions: Mapping[str, Definition], groups: Groups) -> tuple[int, int]:
    inside = crossing = 0
    for name, group in groups.items():
        for other in _known(definitions[name].uses, groups):
            inside += groups[other] == group
            crossing += groups[other] != group
    return inside, crossing


def _known(names: Iterable[str], groups: Groups) -> list[str]:
    return [name for name in names if name in groups]


def part_stem(file: str) -> str:
    """What the names of a module's parts begin with: they lie beside it, and are its own."""
    stem = PurePosixPath(file).stem
    return "_" if stem == "__init__" else f"_{stem.strip('_')}_"


def _parent(file: str) -> str:
    folder = str(PurePosixPath(file).parent)
    return "" if folder == "." else folder
