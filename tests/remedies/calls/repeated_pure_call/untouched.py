"""Near misses, each for a reason of its own."""

import random
from functools import lru_cache

CACHE = {}
COUNT = [0]
LIMIT = 3


def writes(x):
    CACHE[x] = x
    return x


def chance(x):
    return x + random.random()


def prints(x):
    print(x)
    return x


def counts(x):
    COUNT.append(x)
    return x


def raise_limit():
    global LIMIT
    LIMIT += 1


def reads_what_changes(x):
    return x < LIMIT


def generates(x):
    yield x


async def waits(x):
    return x


class Thing:
    def method(self, x):
        return x + 1


def sets(x):
    x.value = 1
    return x


def appends(x):
    x.append(1)
    return len(x)


def alias(x):
    y = x
    y.append(1)
    return y


def calls_it(f, x):
    return f(x)


def identity(x, y):
    return x is y


@lru_cache
def decorated(x):
    return x


def outer(x):
    def inner(y):
        return x + y

    return inner(x)


def opens(x):
    with open(x) as file:
        return file


def any_number(*xs):
    return sum(xs)


def nothing():
    return 1


def procedure(x):
    x + 1


def attribute(x):
    return x.real


def impure_callee(x):
    return chance(x) + 1


def mutable_default(x, y=[]):
    return x, y


def marked(x):
    return x


marked.calls = 0
