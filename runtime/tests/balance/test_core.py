"""The dispatcher: every task ends once, where it may, whatever happens to the workers."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whet_runtime.balance._core import Dispatcher, Fail, Send, Shortage, Stop
from whet_runtime.balance._ledger import Ledger
from whet_runtime.balance._rules import LeastExpectedWork, RoundRobin, ShortestQueue
from whet_runtime.balance._state import Task, Worker, remaining_s
from whet_runtime.errors import MisuseError


def dispatcher(*workers, rule=None, **options):
    core = Dispatcher(
        rule or LeastExpectedWork(exploration=0), Ledger(), random.Random(1), **options
    )
    for worker in workers:
        list(core.join(worker, 0.0))
    return core


def submit(core, now_s=0.0, **options):
    task = Task("work", **options)
    return task, list(core.submit(task, now_s))


def sends(effects):
    return [(effect.task.number, effect.worker) for effect in effects if isinstance(effect, Send)]


def test_a_task_goes_only_to_a_worker_that_has_all_it_needs():
    gpu = frozenset({"gpu"})
    core = dispatcher(Worker("fast", speed=100), Worker("slow", gpu, speed=0.01))
    for _ in range(3):
        _, effects = submit(core, needs=gpu)
        assert {worker for _, worker in sends(effects)} <= {"slow"}
    assert core.posts["fast"].load == 0
    assert core.posts["slow"].load == 3


def test_what_nobody_can_do_waits_asks_for_capacity_and_starts_when_a_worker_joins():
    core = dispatcher(Worker("a"))
    gpu = frozenset({"gpu"})
    task, effects = submit(core, needs=gpu)
    assert effects == [Shortage(gpu, 1, None)]
    assert submit(core, needs=gpu)[1] == [Shortage(gpu, 2, None)]
    assert sends(core.join(Worker("b"), 1.0)) == []
    assert sends(core.join(Worker("c", gpu), 1.0)) == [(task.number, "c")]
    assert (core.waiting, len(core.unplaced)) == (1, 0)


def test_capacity_is_asked_for_when_the_expected_wait_is_above_the_patience():
    core = dispatcher(Worker("a"), patience_s=0.15)
    effects = [effect for _ in range(4) for effect in submit(core)[1]]
    asked = [effect for effect in effects if isinstance(effect, Shortage)]
    assert [(shortage.waiting, shortage.needs) for shortage in asked] == [
        (2, frozenset()), (3, frozenset()),
    ]  # fmt: skip
    assert asked[1].expected_wait_s > asked[0].expected_wait_s > 0.15


def test_without_patience_busy_workers_ask_for_nothing():
    core = dispatcher(Worker("a"))
    assert [type(effect) for _ in range(50) for effect in submit(core)[1]] == [Send]


def test_a_free_worker_takes_a_task_that_waits_for_another_when_it_ends_it_sooner():
    core = dispatcher(Worker("a"), rule=LeastExpectedWork(exploration=0))
    first, _ = submit(core)
    second, _ = submit(core)
    assert second.place.worker.name == "a"
    assert sends(core.join(Worker("b"), 0.0)) == [(second.number, "b")]
    assert core.rebound == 1
    assert first.running
    assert second.running


def test_a_free_worker_leaves_a_task_that_another_ends_sooner():
    core = dispatcher(Worker("fast", speed=1000))
    submit(core)
    submit(core)
    assert sends(core.join(Worker("slow", speed=0.001), 0.0)) == []


def test_a_binding_rule_leaves_tasks_where_they_wait():
    core = dispatcher(Worker("a"), rule=ShortestQueue())
    submit(core)
    submit(core)
    assert sends(core.join(Worker("b"), 0.0)) == []


def test_tasks_start_in_the_order_of_their_submission_on_one_worker():
    core = dispatcher(Worker("a"))
    tasks = [submit(core)[0] for _ in range(5)]
    started = [0]
    for task in tasks[:-1]:
        started += [number for number, _ in sends(core.finished(task, 1.0, 0.1, failed=False))]
    assert started == [0, 1, 2, 3, 4]


def test_a_withdrawn_task_never_starts_and_a_running_one_cannot_be_withdrawn():
    core = dispatcher(Worker("a"))
    running, _ = submit(core)
    waiting, _ = submit(core)
    last, _ = submit(core)
    unplaced, _ = submit(core, needs=frozenset({"gpu"}))
    assert core.withdraw(waiting)
    assert core.withdraw(unplaced)
    assert not core.withdraw(waiting)
    assert not core.withdraw(running)
    assert sends(core.finished(running, 1.0, 0.1, failed=False)) == [(last.number, "a")]
    assert core.waiting == 0


def test_a_dead_worker_fails_what_had_begun_and_returns_the_rest():
    core = dispatcher(Worker("a", slots=3))
    begun, safe, untouched = (submit(core, retries=n)[0] for n in (0, 1, 0))
    queued, _ = submit(core)
    effects = list(core.lost("a", 1.0, gone=False, begun={begun.number, safe.number}))
    assert Fail(begun, "a") in effects
    assert {number for number, _ in sends(effects)} == {
        safe.number, untouched.number, queued.number,
    }  # fmt: skip
    assert (safe.retries, core.returned, begun.place) == (0, 2, None)


def test_where_nobody_knows_what_had_begun_everything_counts_as_begun():
    core = dispatcher(Worker("a"))
    task, _ = submit(core)
    assert list(core.lost("a", 1.0, gone=False)) == [Fail(task, "a")]


def test_a_worker_that_is_gone_leaves_its_queue_to_the_others():
    core = dispatcher(Worker("a"), rule=RoundRobin())
    submit(core)
    waiting, _ = submit(core)
    list(core.join(Worker("b"), 0.0))
    effects = list(core.lost("a", 1.0, gone=True))
    assert sends(effects) == [(waiting.number, "b")]
    assert set(core.posts) == {"b"}
    assert list(core.lost("a", 2.0, gone=True)) == []


def test_news_of_an_attempt_that_its_worker_s_death_ended_changes_nothing():
    core = dispatcher(Worker("a"))
    task, _ = submit(core)
    list(core.lost("a", 1.0, gone=False))
    assert list(core.finished(task, 2.0, 1.0, failed=False)) == []
    assert list(core.interrupted(task, 2.0)) == []
    assert core.ledger.observations("work", "a") == 0


def test_a_drained_worker_ends_its_task_gives_its_queue_away_and_stops():
    core = dispatcher(Worker("a"))
    running, _ = submit(core)
    waiting, _ = submit(core)
    list(core.join(Worker("b", speed=0.001), 0.0))
    effects = list(core.drain("a", 0.0))
    assert sends(effects) == [(waiting.number, "b")]
    assert list(core.drain("a", 0.0)) == []
    assert list(core.finished(running, 1.0, 1.0, failed=False)) == [Stop("a")]
    assert set(core.posts) == {"b"}


def test_an_idle_worker_stops_at_once_when_drained():
    assert list(dispatcher(Worker("a")).drain("a", 0.0)) == [Stop("a")]


def test_a_draining_worker_that_dies_is_gone():
    core = dispatcher(Worker("a"))
    task, _ = submit(core)
    list(core.drain("a", 0.0))
    assert list(core.lost("a", 1.0, gone=False)) == [Fail(task, "a")]
    assert core.posts == {}


def test_the_expected_wait_counts_running_and_waiting_tasks_a_slot():
    core = dispatcher(Worker("a", slots=2), Worker("b", frozenset({"gpu"})))
    assert core.expected_wait_s((), 0.0) == 0
    assert core.expected_wait_s({"tpu"}, 0.0) is None
    submit(core, needs=frozenset({"gpu"}))
    assert core.expected_wait_s({"gpu"}, 0.0) == pytest.approx(0.1)


def test_a_task_that_outlasts_its_expectation_is_expected_to_take_longer_still():
    assert remaining_s(1.0, 0.2) == 0.8
    assert remaining_s(1.0, 10.0) == 5.0


def test_names_are_unique_and_unknown_ones_are_refused():
    core = dispatcher(Worker("a"))
    with pytest.raises(MisuseError, match="'a': there is one of this name"):
        list(core.join(Worker("a"), 0.0))
    with pytest.raises(MisuseError, match=r"'b': there is none of this name\. There are: a"):
        list(core.drain("b", 0.0))


def test_the_same_events_give_the_same_decisions():
    def run():
        core = dispatcher(
            Worker("a"), Worker("b", slots=2), Worker("c", speed=3),
            rule=LeastExpectedWork(exploration=0.3),
        )  # fmt: skip
        trail, running = [], []
        for step in range(200):
            _, effects = submit(core, now_s=step * 0.01)
            running += [effect.task for effect in effects]
            if step % 2:
                task = running.pop(0)
                effects = list(core.finished(task, step * 0.01, 0.02 * (step % 7), failed=False))
                running += [effect.task for effect in effects]
            trail += sends(effects)
        return trail

    assert run() == run()


CAPABILITIES = st.frozensets(st.sampled_from("xy"))
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), CAPABILITIES, st.integers(0, 1)),
        st.tuples(st.just("finish"), st.integers(0, 9), st.booleans()),
        st.tuples(st.just("withdraw"), st.integers(0, 30), st.none()),
        st.tuples(st.just("lose"), st.integers(0, 3), st.booleans()),
        st.tuples(st.just("drain"), st.integers(0, 3), st.none()),
        st.tuples(st.just("join"), CAPABILITIES, st.integers(1, 3)),
    ),
    max_size=60,
)


class Book:
    """Plays events and checks after each that no task is lost, doubled or misplaced."""

    def __init__(self, rule):
        self.core = dispatcher(Worker("w0", frozenset("xy")), rule=rule)
        self.tasks, self.running, self.ended, self.workers = [], {}, set(), 1

    def play(self, now_s, event, one, two):
        names = list(self.core.posts)
        effects = []
        if event == "submit":
            task = Task(f"kind{len(one)}", needs=one, retries=two)
            self.tasks.append(task)
            effects = self.core.submit(task, now_s)
        elif event == "finish" and self.running:
            task = list(self.running)[one % len(self.running)]
            del self.running[task]
            self.end(task)
            effects = self.core.finished(task, now_s, 0.1, failed=two)
        elif event == "withdraw" and one < len(self.tasks) and self.core.withdraw(self.tasks[one]):
            self.end(self.tasks[one])
        elif event == "lose" and one < len(names):
            for task in [task for task, name in self.running.items() if name == names[one]]:
                del self.running[task]
            effects = self.core.lost(names[one], now_s, gone=two)
        elif event == "drain" and one < len(names):
            effects = self.core.drain(names[one], now_s)
        elif event == "join":
            effects = self.core.join(Worker(f"w{self.workers}", one, two), now_s)
            self.workers += 1
        for effect in effects:
            self.take(effect)

    def take(self, effect):
        if isinstance(effect, Send):
            assert effect.task not in self.running
            assert effect.task.needs <= self.core.posts[effect.worker].worker.capabilities
            self.running[effect.task] = effect.worker
        elif isinstance(effect, Fail):
            self.end(effect.task)

    def end(self, task):
        assert task not in self.ended
        self.ended.add(task)

    def check(self):
        posts = self.core.posts.values()
        queued = [task for post in posts for task in post.queue]
        unplaced = list(self.core.unplaced)
        assert self.core.waiting == len(queued) + len(unplaced)
        assert {task for post in posts for task in post.running} == set(self.running)
        assert all(len(post.running) <= post.worker.slots for post in posts)
        assert all(post.planned_s >= -1e-9 for post in posts)
        held = [*queued, *unplaced, *self.running, *self.ended]
        assert len(held) == len(self.tasks)
        assert set(held) == set(self.tasks)
        for task in unplaced:
            assert not any(
                task.needs <= post.worker.capabilities for post in posts if not post.draining
            )
        assert self.core.tasks() == sorted(
            [*queued, *unplaced, *self.running], key=lambda task: task.number
        )


@settings(max_examples=150, deadline=None)
@given(EVENTS, st.sampled_from([LeastExpectedWork, ShortestQueue, RoundRobin]))
def test_no_task_is_lost_doubled_or_misplaced(events, rule):
    book = Book(rule())
    for step, event in enumerate(events):
        book.play(step * 0.01, *event)
        book.check()
