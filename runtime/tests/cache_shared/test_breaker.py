"""A circuit that opens at a failure, is probed by its own thread and closes by itself."""

import os
import threading

from whet_runtime.cache import _listening
from whet_runtime.cache._breaker import Breaker
from whet_runtime.cache._listening import ListeningThread
from whet_runtime.cache._numbers import ProcessNumber


class Probe:
    """Fails so many times, then answers."""

    def __init__(self, failures):
        self.failures = failures
        self.calls = 0

    def __call__(self):
        self.calls += 1
        if self.calls <= self.failures:
            raise OSError


def make_breaker(probe, **options):
    return Breaker(probe, **{"first_wait_s": 0.001, "slow_s": 5.0} | options)


def test_a_failure_opens_and_a_good_probe_closes(until):
    probe = Probe(failures=3)
    breaker = make_breaker(probe, longest_wait_s=0.004)
    assert breaker.allows()
    breaker.failed()
    breaker.failed()
    until(breaker.allows)
    assert (probe.calls, breaker.openings) == (4, 1)


def test_while_open_nothing_is_allowed():
    breaker = make_breaker(Probe(0), first_wait_s=60)
    breaker.failed()
    assert not breaker.allows()
    breaker.close()


def test_slow_answers_in_a_row_open_and_a_fast_one_between_does_not():
    breaker = make_breaker(Probe(0), first_wait_s=60, slow_s=0.05, slow_calls=2)
    for seconds in (0.06, 0.01, 0.06):
        breaker.answered(seconds)
        assert not breaker.open
    breaker.answered(0.06)
    assert breaker.open
    breaker.close()


def test_one_answer_that_takes_twice_as_long_opens():
    breaker = make_breaker(Probe(0), first_wait_s=60, slow_s=0.05, slow_calls=3)
    breaker.answered(0.1)
    assert not breaker.open
    breaker.answered(0.101)
    assert breaker.open
    breaker.close()


def test_a_probe_that_is_slow_does_not_close():
    waited = threading.Event()

    def probe():
        waited.wait(0.02)
        calls.append(1)

    calls = []
    breaker = make_breaker(probe, slow_s=0.001)
    breaker.failed()
    while len(calls) < 2:
        waited.wait(0.005)
    assert breaker.open
    breaker.close()


def test_after_its_end_it_neither_opens_nor_probes():
    probe = Probe(0)
    breaker = make_breaker(probe)
    breaker.close()
    breaker.failed()
    assert not breaker.open
    assert probe.calls == 0


def test_a_child_process_probes_for_itself(until):
    breaker = make_breaker(Probe(0), first_wait_s=60)
    breaker.failed()
    breaker._prober_process = -1  # as in a child, where the parent's thread is not
    breaker._waits_s = (0.001, 0.001)
    assert not breaker.allows()
    until(breaker.allows)


def test_a_thread_that_cannot_be_started_is_tried_again(monkeypatch, until):
    breaker = make_breaker(Probe(0))

    def refuse(_thread):
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        breaker.failed()
        assert not breaker.allows()
    until(breaker.allows)


def test_a_listening_thread_is_started_again_in_a_child(until):
    started = []
    listening = ListeningThread("test", started.append)
    until(lambda: len(started) == 1)
    _listening._restart_all()
    until(lambda: len(started) == 2)
    listening.close()
    _listening._restart_all()
    listening.restart()
    assert len(started) == 2


def test_a_listening_thread_may_end_itself(until):
    made = []
    done = []

    def listen(_ended):
        until(lambda: made)
        made[0].close()
        done.append(True)

    made.append(ListeningThread("test", listen))
    until(lambda: done)


def test_a_process_has_one_number_and_its_child_another(monkeypatch):
    number = ProcessNumber()
    assert number() == number()
    first = number()
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert number() != first
    assert number() == number()
