"""Waits for one answer after the other."""

import time


def answer(number):
    time.sleep(0.004)
    return number * 2


def answers(numbers):
    if not numbers:
        return []
    found = [answer(number) for number in numbers]  # whet: expect
    return found


class Asker:
    def ask(self, numbers):
        # in order
        return [
            answer(n)
            for n in reversed(numbers)
        ]  # whet: expect
