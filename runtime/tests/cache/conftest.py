"""A clock that tests move, and threads whose errors are not lost."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest


class HandClock:
    """Both clocks, moved by hand."""

    def __init__(self):
        self.now = 1_000.0
        self.wall = 1_700_000_000.0

    def monotonic(self):
        return self.now

    def time(self):
        return self.wall

    def pass_s(self, seconds):
        self.now += seconds
        self.wall += seconds


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def at_once():
    """Calls functions in threads that all start together; their results in order."""

    def run(*functions):
        barrier = threading.Barrier(len(functions))

        def started(function):
            barrier.wait(10)
            return function()

        with ThreadPoolExecutor(len(functions)) as pool:
            futures = [pool.submit(started, function) for function in functions]
            return [future.result(30) for future in futures]

    return run
