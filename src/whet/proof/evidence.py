"""The evidence run: the workload once more, with the named expressions and functions observed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from whet.records import (
    CallEvidence,
    CallSite,
    Event,
    Evidence,
    ImportEvidence,
    Match,
    OnEvent,
    RunOutcome,
    ValueEvidence,
    ValueSite,
    ignore_event,
)
from whet.store.scratch import scratch_folder
from whet.workloads import Launch, ProbePlan, read_lines, run

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    LaunchOf = Callable[[ProbePlan | None, tuple[str, ...]], Launch]


_Number = TypeVar("_Number", int, float)
_Seen = TypeVar("_Seen", ValueEvidence, CallEvidence)

MAX_SITES = 100
"""Expressions, and functions, that are observed in one run."""

PARTS_PER_S = 250_000
"""Parts of values looked at for each CPU second of the plain run; each takes 1-2 µs."""

LEAST_BUDGET = 50_000


def collect_evidence(
    launch_of: LaunchOf,
    matches: Sequence[Match],
    *,
    plain_cpu_s: float | None = None,
    on_event: OnEvent = ignore_event,
) -> Evidence:
    """Run the workload with every site of the matches observed, and say what was seen.

    Args:
        launch_of: Makes the launch from a plan and words to put in front.
        matches: Whose value and call sites are looked at; without sites nothing is run.
        plain_cpu_s: CPU seconds of a run without observation, for the overhead ratio.
        on_event: Hears of the run.

    Returns:
        Evidence by site. A site that no process reached has no value evidence; a function that
        was never called has calls 0. Notes name what could not be observed, and why.
    """
    values = {site.site: site for match in matches for site in match.values}
    calls = {site.site: site for match in matches for site in match.calls}
    imports = list(dict.fromkeys(name for match in matches for name in match.imports))
    if not values and not calls and not imports:
        return Evidence()
    on_event(Event(kind="stage", stage="evidence", message=_message(values, calls)))
    named = _hottest(values, calls)
    configuration = observe_configuration(values.values(), calls.values())
    configuration["imports"] = imports
    if plain_cpu_s is not None:
        configuration["budget"] = max(LEAST_BUDGET, int(plain_cpu_s * PARTS_PER_S))
    with scratch_folder("evidence") as folder:
        bare = launch_of(None, ())
        plan = ProbePlan(
            instruments={"observe": configuration}, out=Path(folder) / "out", root=bare.root
        )
        outcome = run(launch_of(plan, ()))
        lines = list(read_lines(plan.out))
    notes = [*_failures(outcome), *named, *notes_of(lines)]
    return Evidence(
        values=_by_site(lines, "value", values, ValueEvidence, merge_values),
        calls=_by_site(lines, "call-evidence", calls, CallEvidence, merge_calls),
        imports=import_effects(lines),
        overhead_ratio=outcome.cpu_s / plain_cpu_s if plain_cpu_s else None,
        notes=tuple(dict.fromkeys(notes)),
    )


def _hottest(values: dict[str, ValueSite], calls: dict[str, CallSite]) -> list[str]:
    """Keep the sites of the first matches, which are the hottest; notes on the others."""
    notes = []
    for sites, what in ((values, "expressions"), (calls, "functions")):
        left_out = list(sites)[MAX_SITES:]
        for site in left_out:
            del sites[site]
        if left_out:
            notes.append(f"{len(left_out)} {what} of less hot places were not observed")
    return notes


def _message(values: dict[str, ValueSite], calls: dict[str, CallSite]) -> str:
    return f"observing {len(values)} expressions and {len(calls)} functions"


def observe_configuration(
    values: Iterable[ValueSite], calls: Iterable[CallSite]
) -> dict[str, Any]:
    """The configuration of the instrument `observe` for some sites."""
    return {
        "values": [
            {
                "site": site.site,
                "file": site.file,
                "span": [
                    site.span.line, site.span.column, site.span.end_line, site.span.end_column,
                ],
            }
            for site in values
        ],
        "functions": [
            {
                "id": number, "site": site.site, "file": site.file, "name": site.name,
                "line": site.line, "mode": "evidence", "asks": list(site.asks),
            }
            for number, site in enumerate(calls)
        ],
    }  # fmt: skip


def _failures(outcome: RunOutcome) -> list[str]:
    if outcome.timed_out:
        return ["the evidence run was stopped by the time-out: what was seen is partial"]
    if outcome.exit_code != 0:
        how = outcome.signal or f"exit status {outcome.exit_code}"
        return [f"the evidence run ended with {how}"]
    return []


def notes_of(lines: Iterable[dict[str, Any]]) -> list[str]:
    """What the probe could not observe, in sentences."""
    notes = []
    for line in lines:
        if line["kind"] == "failure":
            notes.append(f"instrument {line['instrument']}: {line['error']}: {line['message']}")
        elif line["kind"] == "observe" and "count" in line:
            notes.append(f"{line['count']} calls were not described ({line['what']})")
        elif line["kind"] == "observe":
            what = f"{line['what']} in {line['file']}" if line["what"] else line["file"]
            notes.append(f"{what} was not observed: {line['reason']}")
    return notes


def _fields(line: dict[str, Any], kind: type) -> dict[str, Any]:
    return {name: line[name] for name in kind.__struct_fields__ if name in line}  # type: ignore[attr-defined] # msgspec's own


def _by_site(
    lines: Iterable[dict[str, Any]],
    kind: str,
    sites: Collection[str],
    record: type[_Seen],
    merge: Callable[[_Seen, _Seen], _Seen],
) -> dict[str, _Seen]:
    """The lines of one kind as records, what several processes saw of one site merged."""
    found: dict[str, _Seen] = {}
    for line in lines:
        if line["kind"] == kind and line["site"] in sites:
            seen, site = msgspec.convert(_fields(line, record), record), line["site"]
            found[site] = merge(found[site], seen) if site in found else seen
    return found


def import_effects(lines: Iterable[dict[str, Any]]) -> dict[str, ImportEvidence]:
    """What the watched imports did, in all processes together."""
    found: dict[str, ImportEvidence] = {}
    for line in lines:
        if line["kind"] == "import-effects":
            known = found.get(line["module"])
            before, more = (known.effects, known.extras) if known else ((), ())
            found[line["module"]] = ImportEvidence(
                module=line["module"],
                imports=1 + (known.imports if known else 0),
                effects=tuple(sorted({*before, *line["effects"]})),
                extras=tuple(sorted({*more, *line["extras"]})),
            )
    return found


def _added(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}


def _all(*answers: bool | None) -> bool | None:
    """False where any is, None where any is unknown, else True."""
    if False in answers:
        return False
    return None if None in answers else True


def _least(*sizes: int | None) -> int | None:
    return min((size for size in sizes if size is not None), default=None)


def _most(*sizes: int | None) -> int | None:
    return max((size for size in sizes if size is not None), default=None)


def _both_least(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else min(one, other)


def _sum(one: _Number | None, other: _Number | None) -> _Number | None:
    """Nothing where either is unknown."""
    return None if one is None or other is None else one + other


def _joined(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if one is None or other is None else tuple(sorted({*one, *other}))


def _most_of_both(one: float | None, other: float | None) -> float | None:
    """The larger; None where one is unknown."""
    return None if one is None or other is None else max(one, other)


def merge_values(one: ValueEvidence, other: ValueEvidence) -> ValueEvidence:
    """What two processes saw at the same site."""
    larger = one if one.observations >= other.observations else other
    ints = one.smallest is not None and other.smallest is not None
    return ValueEvidence(
        site=one.site,
        observations=one.observations + other.observations,
        described=one.described + other.described,
        types=_added(one.types, other.types),
        size_min=_least(one.size_min, other.size_min),
        size_median=larger.size_median,
        size_max=_most(one.size_max, other.size_max),
        element_types=_added(one.element_types, other.element_types),
        element_shapes=_joined(one.element_shapes, other.element_shapes),
        elements_complete=one.elements_complete and other.elements_complete,
        hashable=_all(one.hashable, other.hashable),
        plain_equality=_all(one.plain_equality, other.plain_equality),
        total_order=_all(one.total_order, other.total_order),
        smallest=_least(one.smallest, other.smallest) if ints else None,
        distinct_objects=(one.distinct_objects or 0) + (other.distinct_objects or 0),
        max_references=_most(one.max_references, other.max_references),
        attributes=_joined(one.attributes, other.attributes),
        distinct_values=_sum(one.distinct_values, other.distinct_values),
        forms=_joined(one.forms, other.forms),
        plain_tree=_all(one.plain_tree, other.plain_tree),
        log_level=_both_least(one.log_level, other.log_level),
        any_share=_most_of_both(one.any_share, other.any_share),
        all_share=_most_of_both(one.all_share, other.all_share),
    )


def merge_calls(one: CallEvidence, other: CallEvidence) -> CallEvidence:
    """What two processes saw of the same function; each process would have a memo of its own."""
    if not one.calls or not other.calls:
        return one if one.calls else other
    calls = one.calls + other.calls
    rates = [(one.hit_rate, one.calls), (other.hit_rate, other.calls)]
    known = [(rate, count) for rate, count in rates if rate is not None]
    distinct = [one.distinct_arguments, other.distinct_arguments]
    return CallEvidence(
        site=one.site,
        calls=calls,
        described=one.described + other.described,
        raised=one.raised + other.raised,
        distinct_arguments=None if None in distinct else sum(filter(None, distinct)),
        hit_rate=sum(r * n for r, n in known) / calls if len(known) == len(rates) else None,
        arguments_immutable=_all(one.arguments_immutable, other.arguments_immutable),
        argument_types=_added(one.argument_types, other.argument_types),
        result_types=_added(one.result_types, other.result_types),
        results_immutable=_all(one.results_immutable, other.results_immutable),
        io_events=one.io_events + other.io_events,
        generator=one.generator or other.generator,
        threads=max(one.threads, other.threads),
        arguments_mutated=one.arguments_mutated + other.arguments_mutated,
        files_read=_sum(one.files_read, other.files_read),
        files_distinct=_sum(one.files_distinct, other.files_distinct),
        files_changed=_sum(one.files_changed, other.files_changed),
        files_most_in_one_call=_most(one.files_most_in_one_call, other.files_most_in_one_call),
        repeats=_sum(one.repeats, other.repeats),
        repeats_changed=_sum(one.repeats_changed, other.repeats_changed),
        results_kept=_sum(one.results_kept, other.results_kept),
        results_changed=_sum(one.results_changed, other.results_changed),
        wall_s=_sum(one.wall_s, other.wall_s),
        cpu_s=_sum(one.cpu_s, other.cpu_s),
    )
