"""Files, connections and child processes, counted by the probe's audit hook."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from whet.profiling._rig import cost
from whet.records import IoProfile, IoSite

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whet.profiling._rig import Rig
    from whet.records import InstrumentCost, RunOutcome

_Kind = Literal["read", "write", "network", "subprocess", "sql"]
_TOTALS = ("reads", "writes", "network", "subprocesses")
_SITES_KEPT = 200


class IoMeasured(NamedTuple):
    """An I/O profile and what it cost."""

    profile: IoProfile
    cost: InstrumentCost


def measure(rig: Rig, plain: RunOutcome) -> IoMeasured:
    """Counts what a run reads, writes, connects to and starts, by call site.

    Raises:
        InstrumentError: The probe could not be carried into the program.
    """
    measured = rig.probed({"io": {}})
    profile = io_profile(measured.lines(), plain)
    return IoMeasured(profile, cost("io", measured.outcome, plain))


def io_profile(lines: Iterable[dict[str, Any]], plain: RunOutcome | None = None) -> IoProfile:
    """The probe's lines added up over all processes.

    Args:
        lines: Of one run.
        plain: Where the bytes are taken from: the probe's own files are no I/O of the program.
    """
    last: dict[str, dict[str, Any]] = {}
    sites: Counter[tuple[_Kind, str, str]] = Counter()
    for line in lines:
        if line["kind"] == "io":  # cumulative: the last of a process counts
            last[line["process_file"]] = line
        elif line["kind"] == "io_site" and line["io"] in get_args(_Kind):
            sites[line["io"], str(line["target"]), str(line["call_site"])] += int(line["count"])
    totals: Counter[str] = Counter()
    for line in last.values():
        totals.update({name: int(line[name] or 0) for name in _TOTALS})
    statements = [line["sql"] for line in last.values() if line["sql"] is not None]
    return IoProfile(
        file_reads=totals["reads"],
        file_writes=totals["writes"],
        network_calls=totals["network"],
        subprocesses=totals["subprocesses"],
        sql_statements=sum(statements) if statements else None,
        read_bytes=None if plain is None else plain.read_bytes,
        written_bytes=None if plain is None else plain.written_bytes,
        sites=tuple(
            IoSite(kind=kind, target=target, call_site=site, count=number)
            for (kind, target, site), number in sites.most_common(_SITES_KEPT)
        ),
    )
