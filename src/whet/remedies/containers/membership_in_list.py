"""Membership tests on a list that stays, or only grows.

What
    `x in items` in a loop, or in a function that is called often, where `items` is a list.

Why slow
    A list compares `x` with one element after the other; a set finds it at once.

Evidence needed
    From the run: the container was always a list; all of its elements, and all that was looked
    for, can be hashed and compare as builtins do (no custom `__eq__`, no NaN); how long the list
    was, how often it was asked and how often a set would have to be built.

Before
    seen = []
    for name in names:
        if name not in seen:
            seen.append(name)
    return seen

After
    seen = []
    seen_set = set()
    for name in names:
        if name not in seen_set:
            seen.append(name)
            seen_set.add(name)
    return seen

Safety
    Gated: a set needs elements that can be hashed, as those were that the run showed. A list that
    came from elsewhere is left alone if the loop calls anything that could change it
    between two tests, or asks whether there is a list at all, and so is one that a generator asks
    later; a generator that a private function returns is not late if all of its callers use it up
    on the spot. A list that is used for nothing but membership becomes a set; any other keeps its
    list, with a set beside it. So does a list that `__init__` puts into an attribute, for one loop
    of a method that leaves the object alone.

When not
    Elements that cannot be hashed, elements with an equality of their own, short lists, few tests
    for each list, lists that shrink or are sliced into.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whet.codebase.scopes import FUNCTIONS
from whet.codebase.syntax import span_of
from whet.records import CallSite, Match
from whet.remedies._admission import plain_members, plain_probe, runs_code, types_of
from whet.remedies._places import hot_function, value_site
from whet.remedies.containers import _membership_edits
from whet.remedies.containers._members import find_containers
from whet.remedies.remedy import Admission, Remedy, refused

if TYPE_CHECKING:
    import ast

    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, ValueEvidence
    from whet.remedies.containers._container import Container

NAME = "membership_in_list"
SHORTEST = 8  # below it a list is as quick as a set
LEAST_REMOVABLE = 0.2
# Nanoseconds, CPython 3.11, ints and strings (benchmarks/remedy_costs.py): comparing one element
# 7 to 12, asking a set 15 to 50, adding one element to a set 8 to 15. Tuples cost twice as much.
COMPARE_NS, ASK_NS, ADD_NS = 9.0, 30.0, 12.0


def detect(module: SourceModule, hot: HotPlace) -> list[Match]:
    """A match for every list that the hot function asks for membership."""
    function = hot_function(module, hot)
    if function is None:
        return []
    return [_match(module, function, container) for container in find_containers(module, function)]


def _match(module: SourceModule, function: ast.AST, container: Container) -> Match:
    qualified = module.scopes.qualified_name(function)
    probes = container.probes
    match_id = f"{NAME}:{module.file}:{probes[0].lineno}:{probes[0].col_offset}"
    sites = []
    for probe in probes:
        if container.form != "literal":
            sites.append(value_site(module, probe.comparators[0], "container"))
        sites.append(value_site(module, probe.left, "probe"))
    sites.extend(value_site(module, call.args[0], "probe") for call in container.appends)
    if container.built is not None:
        sites.append(value_site(module, container.built, "built"))
    if container.entry is not None:
        sites.append(value_site(module, container.entry, "entry"))
    calls: tuple[CallSite, ...] = ()
    if isinstance(function, FUNCTIONS) and container.from_caller:
        site = f"{match_id}#f"
        calls = (CallSite(site=site, file=module.file, name=qualified, line=function.lineno),)
    return Match(
        match_id=match_id,
        remedy=NAME,
        file=module.file,
        span=span_of(probes[0]),
        function=qualified,
        message=f"membership is tested on the list {container.name!r}",
        safety="gated",
        values=tuple(sites),
        calls=calls,
        lines=tuple(sorted({probe.lineno for probe in probes})),
        data=container.notes(),
    )


def admit(match: Match, evidence: Evidence) -> Admission:
    """Whether the run shows that a set answers alike, and pays."""
    seen: dict[str, list[ValueEvidence]] = {}
    for site in match.values:
        value = evidence.values.get(site.site)
        if value is not None and value.observations:
            seen.setdefault(site.role, []).append(value)
    containers, probes = seen.get("container", []), seen.get("probe", [])
    if not probes or not (containers or match.data["form"] == "literal"):
        return refused("the run never came here")
    if len(probes) < sum(site.role == "probe" for site in match.values):
        return refused("the run did not come to every place that the set would be asked at")
    for value in containers:
        types = types_of(value.types)
        if types != {"list"}:
            return refused(f"the container was of type {', '.join(sorted(types))}")
        if reason := plain_members(value) or _against_change(match, value, seen):
            return refused(reason)
    for value in probes:
        if reason := plain_probe(value):
            return refused(reason)
    return _weigh(match, evidence, containers or probes, seen.get("built", []))


def _against_change(
    match: Match, value: ValueEvidence, seen: dict[str, list[ValueEvidence]]
) -> str | None:
    """Why somebody else could change the list between two tests; None: nobody could."""
    alone = value.max_references == 0 and not match.data["escapes"]
    if match.data["private"]:
        return None
    disturbed = match.data["disturbed"] or runs_code(seen.get("entry", ()))
    return f"the loop might change the list: {disturbed}" if disturbed and not alone else None


def _weigh(
    match: Match, evidence: Evidence, containers: list[ValueEvidence], built: list[ValueEvidence]
) -> Admission:
    tests = sum(value.observations for value in containers)
    if match.data["form"] == "literal":
        size, builds = float(match.data["size"]), 0
    else:
        size = sum((v.size_median or 0.0) * v.observations for v in containers) / tests
        builds = int(match.data["builds"])
        builds += 0 if match.data["grows"] else sum(value.observations for value in built)
        builds += sum(
            evidence.calls[c.site].calls for c in match.calls if c.site in evidence.calls
        )
        if match.calls and not builds:
            return refused("it is not known how often the set would be built")
    facts: dict[str, Any] = {"tests": tests, "size_median": size, "sets_built": builds}
    old = tests * (size / 2 * COMPARE_NS + ASK_NS)
    new = tests * ASK_NS + builds * size * ADD_NS
    removable = max(0.0, 1 - new / old) if old else 0.0
    if size < SHORTEST:
        return refused(f"the list is short ({size:g} elements)", **facts)
    if removable < LEAST_REMOVABLE:
        return refused("building the set would cost as much as it saves", **facts)
    types = sorted({name for value in containers for name in types_of(value.element_types)})
    return Admission(evidence={**facts, "element_types": types}, removable=round(removable, 4))


REMEDY = Remedy(
    name=NAME,
    family="containers",
    title="Look up membership in a set",
    claims="cpu_time",
    keeps_state=False,
    safety="gated",
    share="lines",
    detect=detect,
    admit=admit,
    rewrite=_membership_edits.rewrite,
)
