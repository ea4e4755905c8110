"""Near misses."""

import functools

COUNT = 0


def counts(number):
    global COUNT
    COUNT += number
    return COUNT


@functools.cache
def remembered(number):
    return number


def plain(number, more=0):
    return number + more


async def later(number):
    return number


def all_of_them(numbers, given):
    one = [counts(n) for n in numbers]
    two = [remembered(n) for n in numbers]
    three = [given(n) for n in numbers]
    four = [plain(n, 1) for n in numbers]
    five = [plain(n) for n in numbers if n]
    six = [plain(n + 1) for n in numbers]
    seven = {plain(n) for n in numbers}
    eight = [  # a comment
        plain(n) for n in numbers  # that would be lost
    ]
    return [one, two, three, four, five, six, seven, eight, [plain(n) for n in numbers]]


async def waits(numbers):
    return [plain(n) for n in numbers]
