"""Keeps tasks."""

import os


class Worker:
    """Takes tasks in order."""

    def __init__(self, tasks):
        self._tasks = list(tasks)
        self._done: list[int] = []

    def run(self):
        while self._tasks:
            task = self._tasks.pop(0)  # whet: expect
            if task > 100:
                self._tasks.append(task - 100)
            self._done.insert(0, task)  # whet: expect
        return len(self._tasks), os.sep

    def urgent(self, task):
        self._tasks.insert(0, task)  # first

    def results(self):
        return sorted(self._done)

    def start_again(self):
        self._tasks = []


class Feed:
    def __init__(self):
        self._lines = []

    def add(self, line):
        self._lines.append(line)

    def take(self):
        try:
            return self._lines.pop(0)  # whet: expect
        except IndexError:
            return None
