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


class User:
    def __init__(self, active, age):
        self.active = active
        self.age = age


def any_active(users, least):
    return any(user.active and user.age > least for user in users)  # whet: expect


def values(table, keys):
    return any(table.get(key) == 3 for key in keys)  # whet: expect
