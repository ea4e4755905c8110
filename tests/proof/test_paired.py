"""Whole runs in pairs: units, order, checks, budget."""

import random
import sys
from pathlib import Path

import msgspec
import pytest

from whet.errors import UsageError
from whet.proof.paired import Bench, compare_runs, gate
from whet.proof.trial import Coins, Rules
from whet.records import Interpreter, OutputDigest, RunOutcome, Workload
from whet.workloads import Launch

PYTHON = Interpreter(path=sys.executable, version=(3, 11, 0))


class Machine:
    """Runs nothing: every program costs what the test says, and time passes by it."""

    def __init__(self, **costs):
        self.costs = costs
        self.rng = random.Random(8)
        self.now = 0.0
        self.ran = []
        self.noise = 0.01

    def monotonic_s(self):
        return self.now

    def run(self, launch):
        self.ran.append(launch)
        name = launch.workload.target
        cpu_s = self.costs[name] * (1 + self.rng.gauss(0, self.noise))
        cpu_s *= launch.workload.repetitions
        self.now += cpu_s
        return self.outcome(launch, cpu_s)

    def outcome(self, _launch, cpu_s):
        return RunOutcome(
            exit_code=0, signal=None, timed_out=False, wall_s=cpu_s * 1.02, cpu_s=cpu_s,
            waiting_s=0.0, peak_bytes=1000, average_bytes=None, io_operations=50,
            read_bytes=None, written_bytes=None, stdout=digest("same"), stderr=digest(""),
        )  # fmt: skip

    def compare(self, a="a", b="b", a2=None, kind="script", **rules):
        launches = [
            Launch(workload=Workload(kind=kind, target=t), root=Path("/x"), interpreter=PYTHON)
            for t in (a, b, a2 or a)
        ]
        self.events = []
        bench = Bench(run=self.run, random=random.Random(1), clock=self, rerun="again")
        return compare_runs(
            *launches, rules=Rules(**rules), on_event=self.events.append, bench=bench
        )


def digest(text):
    return OutputDigest(sha256=text, length=len(text), head=text, tail=text)


def test_a_faster_candidate_is_found_at_the_first_look_that_can_decide():
    machine = Machine(a=1.0, b=0.5)
    cpu, *others = machine.compare()
    assert (cpu.metric, cpu.outcome, cpu.processes, cpu.pairs) == ("cpu_time", "faster", 4, 4)
    assert cpu.low < 0.5 < cpu.high
    assert {v.metric: v.outcome for v in others} == {
        "wall_time": "faster", "peak_memory": "same", "io_operations": "same",
    }  # fmt: skip
    assert cpu.rerun == "again"
    assert cpu.design == "interpreter pairs"


def test_patience_buys_a_narrower_interval_where_more_units_cost_little():
    early, *_ = Machine(a=1.0, b=0.5).compare()
    patient, *_ = Machine(a=1.0, b=0.5).compare(patience_s=60)
    hasty, *_ = Machine(a=1.0, b=0.5).compare(patience_s=5)  # four more units take 12 s
    assert (early.processes, patient.processes, hasty.processes) == (4, 8, 4)
    assert patient.outcome == "faster"
    assert patient.high / patient.low < early.high / early.low


def test_a_trial_that_may_give_up_stops_when_more_units_are_unlikely_to_help():
    cpu, *_ = Machine(a=1.0, b=1.0).compare(give_up=True, budget_s=1000)
    assert (cpu.outcome, cpu.processes) == ("undecided", 8)
    assert "more runs were unlikely" in cpu.reason


def test_a_block_has_two_runs_of_the_candidate_and_one_of_each_copy_of_the_baseline():
    machine = Machine(a=1.0, b=1.1, c=1.0)
    machine.compare(a2="c", claimed=("cpu_time",))
    names = [launch.workload.target for launch in machine.ran[3:]]  # behind the pilot
    blocks = ["".join(names[i : i + 4]) for i in range(0, len(names), 4)]
    assert set(blocks) <= {"abbc", "cbba", "bacb", "bcab"}
    outer = [block[0] != "b" for block in blocks]
    assert all(sum(outer[i : i + 2]) == 1 for i in range(0, len(outer) - 1, 2))


def test_the_runs_of_a_block_share_hash_seed_and_padding_which_change_from_block_to_block():
    machine = Machine(a=1.0, b=0.5)
    machine.compare()
    settings = [(r.hash_seed, len(r.environment["WHET_PADDING"])) for r in machine.ran[3:]]
    assert all(len(set(settings[i : i + 4])) == 1 for i in range(0, len(settings), 4))
    assert len(set(settings)) == len(settings) // 4
    assert all(length < 4096 for _, length in settings)


def test_identical_code_ends_undecided_or_the_same_after_24_units_at_most():
    machine = Machine(a=1.0, b=1.0)
    cpu = machine.compare()[0]
    assert cpu.outcome in {"same", "undecided"}
    assert cpu.processes <= 24


def test_the_budget_ends_a_trial_and_the_verdict_says_so():
    machine = Machine(a=1.0, b=1.0)
    machine.noise = 0.2
    cpu = machine.compare(budget_s=30)[0]
    assert cpu.outcome == "undecided"
    assert "budget of 30 s" in cpu.reason
    assert machine.now <= 35


def test_an_anytime_trial_goes_on_beyond_24_units():
    machine = Machine(a=1.0, b=0.993)
    cpu = machine.compare(anytime=True, budget_s=1000, margin=0.001)[0]
    assert cpu.processes > 24
    assert cpu.outcome == "faster"


def test_the_claimed_metric_decides_when_to_stop_and_comes_first():
    machine = Machine(a=1.0, b=1.0)
    machine.noise = 0.3
    verdicts = machine.compare(claimed=("io_operations",))
    assert (verdicts[0].metric, verdicts[0].outcome) == ("io_operations", "same")
    assert verdicts[0].processes == 4
    assert "exact" in verdicts[0].reason


def test_progress_is_told_with_an_estimate():
    machine = Machine(a=1.0, b=0.5)
    machine.compare()
    plan, *progress = machine.events
    assert plan.kind == "plan"
    assert "at least 16 and at most 96 runs" in plan.message
    assert [event.count for event in progress] == [1, 2, 3, 4]
    assert progress[-1].total == 24
    assert progress[-1].remaining_s > 0


def test_very_short_programs_take_several_blocks_a_unit():
    machine = Machine(a=0.05, b=0.025)
    assert machine.compare()[0].pairs == 6 * 4
    assert machine.compare(budget_s=13)[0].pairs == 3 * 4
    assert machine.compare(unit_s=0.35)[0].pairs == 2 * 4
    assert machine.compare(budget_s=90, unit_s=90)[0].pairs == 8 * 4


def test_very_short_callables_repeat_themselves_within_a_run():
    machine = Machine(a=0.001, b=0.0005)
    cpu = machine.compare(kind="callable")[0]
    repetitions = machine.ran[-1].workload.repetitions
    assert 50 < repetitions < 500
    assert (cpu.outcome, cpu.processes) == ("faster", 4)


class Failing(Machine):
    """One of the programs behaves differently."""

    def __init__(self, name, changes, after=0):
        super().__init__(a=1.0, b=1.0, c=1.0)
        self.name, self.changes, self.after = name, changes, after

    def outcome(self, launch, cpu_s):
        outcome = super().outcome(launch, cpu_s)
        if launch.workload.target == self.name and len(self.ran) > self.after:
            return msgspec.structs.replace(outcome, **self.changes)
        return outcome


@pytest.mark.parametrize(
    ("name", "changes", "outcome", "reason"),
    [
        ("a", {"exit_code": 2}, "void", "the baseline failed with exit status 2"),
        ("b", {"exit_code": 2}, "refuted", "the candidate failed with exit status 2"),
        ("b", {"exit_code": None, "signal": "SIGSEGV"}, "refuted", "killed by SIGSEGV"),
        ("b", {"timed_out": True}, "refuted", "time-out"),
        ("b", {"stdout": digest("other")}, "refuted", "line 1 is 'other' instead of 'same'"),
        ("b", {"stdout": digest("same\nx")}, "refuted", "6 bytes instead of 4"),
        ("c", {"stdout": digest("other")}, "void", "--any-output"),
    ],
)
@pytest.mark.parametrize("after", [0, 10])
def test_failing_runs_and_other_output_end_the_trial(name, changes, outcome, reason, after):
    verdicts = Failing(name, changes, after).compare(a2="c", claimed=("cpu_time",))
    assert {verdict.outcome for verdict in verdicts} == {outcome}
    assert reason in verdicts[0].reason
    assert verdicts[0].effect is None


def test_the_last_line_of_a_failing_run_is_shown():
    changes = {"exit_code": 1, "stderr": digest("Traceback\nValueError: no")}
    assert "(ValueError: no)" in Failing("b", changes).compare()[0].reason


def test_other_output_is_fine_where_the_user_allows_it_and_for_pytest():
    changes = {"stdout": digest("other")}
    assert Failing("b", changes).compare(compare_output=False)[0].outcome != "refuted"
    assert Failing("b", changes).compare(kind="pytest")[0].outcome != "refuted"


def outcome_with(cpu_s, wall_s, waiting_s):
    machine = Machine()
    return msgspec.structs.replace(
        machine.outcome(None, cpu_s), wall_s=wall_s, waiting_s=waiting_s
    )


def test_cpu_time_decides_for_work_that_computes_also_on_a_loaded_host():
    assert gate(outcome_with(1.0, 3.0, 0.0)) == "cpu_time"
    assert gate(outcome_with(1.0, 1.1, None)) == "cpu_time"


def test_wall_time_decides_for_work_that_waits():
    busy = outcome_with(1.0, 1.0, 0.0)
    assert gate(busy, outcome_with(0.1, 1.0, 0.9)) == "wall_time"
    assert gate(outcome_with(0.1, 1.0, None)) == "wall_time"


class Waiting(Machine):
    """Whose first runs wait for the disk: for 0.9 s each."""

    def __init__(self, runs):
        super().__init__(a=0.1, b=0.05)
        self.waits = runs

    def outcome(self, launch, cpu_s):
        found = super().outcome(launch, cpu_s)
        if len(self.ran) > self.waits:
            return found
        return msgspec.structs.replace(found, wall_s=found.wall_s + 0.9, waiting_s=0.9)


def test_only_what_waits_again_counts_as_waiting():
    cold = Waiting(runs=2)
    assert cold.compare()[0].metric == "cpu_time"
    assert Waiting(runs=1_000).compare()[0].metric == "wall_time"
    named = Waiting(runs=2)
    assert named.compare(claimed=("cpu_time",))[0].metric == "cpu_time"
    assert len(named.ran) % 4 == 3  # where the metric is named, one pilot is enough


@pytest.mark.parametrize(
    ("rules", "wrong"),
    [
        ({"confidence": 1.0}, "confidence"),
        ({"confidence": 0.2}, "confidence"),
        ({"margin": 0}, "margin"),
        ({"budget_s": 0}, "budget"),
        ({"anytime": True}, "anytime"),
    ],
)
def test_rules_that_make_no_sense_are_refused(rules, wrong):
    with pytest.raises(UsageError, match=wrong):
        Rules(**rules)


def test_even_coins_fall_once_on_each_side_in_every_two_throws():
    coins = Coins(random.Random(2))
    throws = [coins.throw() for _ in range(100)]
    assert all(sum(throws[i : i + 2]) == 1 for i in range(0, 100, 2))
    assert len({tuple(throws[i : i + 2]) for i in range(0, 100, 2)}) == 2


def test_real_programs_are_compared_with_the_folder_of_each_copy_masked(tmp_path):
    body = "import os, sys\nprint(os.getcwd())\nsum(i * i for i in range({n}))\n"
    launches = []
    for name, n in (("a", 10), ("b", 2_000_000), ("c", 10)):
        root = tmp_path / name
        root.mkdir()
        (root / "app.py").write_text(body.format(n=n))
        workload = Workload(kind="script", target="app.py")
        launches.append(Launch(workload=workload, root=root, interpreter=PYTHON))
    verdicts = compare_runs(*launches, rules=Rules(claimed=("cpu_time",)))
    assert (verdicts[0].outcome, verdicts[0].metric) == ("slower", "cpu_time")
    memory = next(v for v in verdicts if v.metric == "peak_memory")
    assert memory.baseline > 1_000_000
