"""Keeps tasks."""

from collections import deque
import os


class Worker:
    """Takes tasks in order."""

    def __init__(self, tasks):
        self._tasks = deque(tasks)
        self._done: deque[int] = deque()

    def run(self):
        while self._tasks:
            task = self._tasks.popleft()  # whet: expect
            if task > 100:
                self._tasks.append(task - 100)
            self._done.appendleft(task)  # whet: expect
        return len(self._tasks), os.sep

    def urgent(self, task):
        self._tasks.appendleft(task)  # first

    def results(self):
        return sorted(self._done)

    def start_again(self):
        self._tasks = deque()


class Feed:
    def __init__(self):
        self._lines = deque()

    def add(self, line):
        self._lines.append(line)

    def take(self):
        try:
            return self._lines.popleft()  # whet: expect
        except IndexError:
            return None
