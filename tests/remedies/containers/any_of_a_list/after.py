"""Asks whether there is one."""


def has(numbers, wanted):
    return any(number == wanted for number in numbers)  # whet: expect


def all_short(words):
    return all(len(word) < 9 for word in words if word)  # whet: expect


def starts(lines, prefix):
    if any(
            line.strip().startswith(prefix)  # of the text
            for line in lines  # whet: expect
    ):
        return "yes"
    return "no"


def pairs(table, limit):
    return any(value > limit or key == "" for key, value in table.items())  # whet: expect


def places(numbers):
    return [any(numbers[i] > 3 for i in range(len(numbers))), 1]  # whet: expect
