"""Deadlines: in order, once, and forgotten when called off."""

import threading

from whet_runtime.balance._timer import Timer


class FakeClock:
    now_s = 0.0

    def monotonic(self):
        return self.now_s

    def time(self):
        return self.now_s


class Silent(Timer):
    """A timer whose thread is the test's."""

    def __init__(self, clock):
        super().__init__(clock)
        self._thread = threading.current_thread()


def test_actions_run_in_their_order_when_their_time_has_come():
    clock, done = FakeClock(), []
    timer = Silent(clock)
    for at_s in (3.0, 1.0, 2.0):
        timer.at(at_s, lambda at_s=at_s: done.append(at_s))
    timer.run_due()
    assert done == []
    clock.now_s = 2.0
    timer.run_due()
    assert done == [1.0, 2.0]
    timer.close()
    clock.now_s = 9.0
    timer.run_due()
    assert done == [1.0, 2.0]


def test_deadlines_that_were_called_off_do_nothing_and_are_swept_out():
    clock, done = FakeClock(), []
    timer = Silent(clock)
    deadlines = [timer.at(1.0, lambda: done.append(1)) for _ in range(500)]
    for deadline in deadlines[:-1]:
        timer.call_off(deadline)
        timer.call_off(deadline)
    assert len(timer._heap) < 100
    clock.now_s = 1.0
    timer.run_due()
    assert done == [1]
    timer.call_off(deadlines[-1])


def test_the_thread_runs_what_is_due_and_ends_when_closed():
    from whet_runtime.clock import SYSTEM_CLOCK

    ran = threading.Event()
    timer = Timer(SYSTEM_CLOCK)
    timer.at(SYSTEM_CLOCK.monotonic() + 3600, lambda: None)
    timer.at(SYSTEM_CLOCK.monotonic() + 0.01, ran.set)
    assert ran.wait(60)
    timer.close()
    timer._thread.join(60)
    assert not timer._thread.is_alive()
