"""The rules and the ledger behind them."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from whet_runtime.balance._ledger import Ledger
from whet_runtime.balance._rules import (
    RULES,
    LeastExpectedWork,
    PowerOfTwo,
    RoundRobin,
    ShortestQueue,
    WeightedScore,
    expected_s,
    rule_named,
)
from whet_runtime.balance._state import Post, Task, Worker
from whet_runtime.errors import MisuseError


def posts(*workers):
    return [Post(worker) for worker in workers]


def load(post, tasks):
    for _ in range(tasks):
        post.put(Task("work"), 0.1)
    return post


def ledger_of(**seconds):
    ledger = Ledger()
    for name, each in seconds.items():
        ledger.declare(name, 1.0)
        for _ in range(50):
            ledger.learn("work", name, each)
    return ledger


def choice(rule, staff, ledger=None, task=None):
    chosen = rule.choose(task or Task("work"), staff, ledger or Ledger(), 0.0, random.Random(3))
    return chosen.worker.name


def test_least_expected_work_takes_the_worker_that_ends_the_task_first():
    ledger = ledger_of(quick=0.1, slow=1.0)
    staff = posts(Worker("slow"), Worker("quick"))
    assert choice(LeastExpectedWork(0), staff, ledger) == "quick"
    for _ in range(20):
        staff[1].put(Task("work"), 0.1)
    assert choice(LeastExpectedWork(0), staff, ledger) == "slow"


def test_exploration_takes_the_free_worker_of_which_least_is_known():
    ledger = ledger_of(quick=0.1, slow=1.0)
    staff = posts(Worker("quick"), Worker("slow"), Worker("new"), Worker("full"))
    load(staff[3], 1)
    assert choice(LeastExpectedWork(1), staff, ledger) == "new"
    for post in staff[:3]:
        load(post, 1)
    assert choice(LeastExpectedWork(1), staff, ledger) in {"quick", "new", "full"}


def test_wishes_count_until_the_worker_s_own_history_tells():
    ledger = Ledger()
    plain, liked = posts(Worker("plain"), Worker("liked", frozenset({"ssd"})))
    task = Task("work", prefers=frozenset({"ssd"}))
    assert expected_s(task, liked, ledger) < expected_s(task, plain, ledger)
    ledger.learn("work", "liked", 9.0)
    ledger.learn("work", "plain", 1.0)
    assert expected_s(task, liked, ledger) > expected_s(task, plain, ledger)


@pytest.mark.parametrize(
    ("rule", "chosen"),
    [
        (WeightedScore(1, 0, 0), "idle"),
        (WeightedScore(0, 1, 0), "fitting"),
        (WeightedScore(0, 0, 1), "quick"),
    ],
)
def test_each_weight_of_the_score_alone_decides_by_its_own_measure(rule, chosen):
    ledger = ledger_of(idle=1.0, fitting=1.0, quick=0.1)
    staff = posts(Worker("quick"), Worker("fitting", frozenset({"ssd"})), Worker("idle"))
    load(staff[0], 2)
    load(staff[1], 1)
    assert choice(rule, staff, ledger, Task("work", prefers=frozenset({"ssd"}))) == chosen


def test_the_default_score_weighs_load_forty_match_thirty_history_thirty():
    rule = WeightedScore()
    assert (rule.load, rule.match, rule.history) == (0.4, 0.3, 0.3)


def test_round_robin_takes_each_in_turn():
    rule, staff = RoundRobin(), posts(Worker("a"), Worker("b"), Worker("c"))
    assert [choice(rule, staff) for _ in range(5)] == ["a", "b", "c", "a", "b"]


def test_the_shortest_queue_counts_tasks_a_slot():
    staff = posts(Worker("one"), Worker("four", slots=4))
    load(staff[0], 1)
    load(staff[1], 3)
    assert choice(ShortestQueue(), staff) == "four"


def test_power_of_two_never_takes_the_longest_queue_of_all():
    staff = posts(Worker("a"), Worker("b"), Worker("c"))
    load(staff[1], 5)
    chance = random.Random(1)
    seen = {
        PowerOfTwo().choose(Task(), staff, Ledger(), 0.0, chance).worker.name for _ in range(50)
    }
    assert seen == {"a", "c"}
    assert choice(PowerOfTwo(), staff[1:2]) == "b"


def test_rules_are_found_by_name():
    assert sorted(RULES) == [
        "least_expected_work", "power_of_two", "round_robin", "shortest_queue", "weighted_score",
    ]  # fmt: skip
    assert isinstance(rule_named("power_of_two"), PowerOfTwo)
    with pytest.raises(MisuseError, match=r"rule 'fastest': there is none.*round_robin"):
        rule_named("fastest")


@pytest.mark.parametrize("weights", [(-1, 1, 1), (0, 0, 0)])
def test_impossible_weights_are_refused(weights):
    with pytest.raises(MisuseError, match="weights load="):
        WeightedScore(*weights)


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_an_exploration_that_is_no_share_is_refused(share):
    with pytest.raises(MisuseError, match="exploration"):
        LeastExpectedWork(share)


def test_what_a_kind_has_not_shown_on_a_worker_is_guessed_from_its_other_kinds():
    ledger = Ledger()
    for name, speed in (("fast", 4.0), ("slow", 1.0)):
        ledger.declare(name, 1.0)
        for _ in range(30):
            ledger.learn("known", name, 1.0 / speed)
    for _ in range(30):
        ledger.learn("new", "slow", 8.0)
    guess = ledger.usual_s("new", "fast")
    assert 1.0 < guess < 5.0  # a quarter of 8 s would be exact


def test_a_declared_speed_is_the_first_guess_and_history_overrules_it():
    ledger = Ledger()
    ledger.declare("boaster", 10.0)
    ledger.declare("modest", 1.0)
    assert ledger.usual_s("work", "boaster") < ledger.usual_s("work", "modest")
    for _ in range(20):
        ledger.learn("work", "boaster", 5.0)
        ledger.learn("work", "modest", 1.0)
    assert ledger.usual_s("work", "boaster") > 3 * ledger.usual_s("work", "modest")


def test_one_huge_task_does_not_condemn_its_worker():
    ledger = ledger_of(a=0.1)
    before = ledger.usual_s("work", "a")
    ledger.learn("work", "a", 100.0)
    assert ledger.usual_s("work", "a") < 1.5 * before


def test_a_worker_that_fails_at_once_does_not_look_fast():
    ledger = ledger_of(good=1.0, broken=1.0)
    for _ in range(40):
        ledger.blame("work", "broken")
    assert ledger.usual_s("work", "broken") > 4 * ledger.usual_s("work", "good")
    assert ledger.success_rate("work", "broken") < 0.2
    for _ in range(200):
        ledger.learn("work", "broken", 1.0)
    assert ledger.success_rate("work", "broken") > 0.99


def test_what_is_gone_is_forgotten():
    ledger = ledger_of(a=0.1, b=0.2)
    ledger.forget("a")
    assert [record.worker for record in ledger.records()] == ["b"]
    assert ledger.observations("work", "a") == 0


def test_a_ledger_is_restored_from_plain_values():
    import json

    ledger = ledger_of(a=0.1, b=0.4)
    ledger.blame("work", "a")
    copy = Ledger()
    copy.restore(json.loads(json.dumps(ledger.state())))
    assert copy.records() == ledger.records()
    assert copy.usual_s("other", "b") == ledger.usual_s("other", "b")


@pytest.mark.parametrize("memory", [0, -1, 1.5])
def test_a_memory_that_is_no_weight_is_refused(memory):
    with pytest.raises(MisuseError, match="memory="):
        Ledger(memory=memory)


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=50))
def test_expected_times_stay_positive_and_finite(times):
    ledger = Ledger()
    for seconds in times:
        ledger.learn("work", "a", seconds)
        ledger.blame("work", "a")
    assert 0 < ledger.usual_s("work", "a") < 1e12
