"""Waits for one answer after the other."""

from concurrent.futures import ThreadPoolExecutor
import time


def answer(number):
    time.sleep(0.004)
    return number * 2


def answers(numbers):
    if not numbers:
        return []
    with ThreadPoolExecutor(max_workers=8) as pool:
        found = list(pool.map(answer, numbers))  # whet: expect
    return found


class Asker:
    def ask(self, numbers):
        # in order
        with ThreadPoolExecutor(max_workers=8) as pool:
            return list(pool.map(answer, reversed(numbers)))  # whet: expect
