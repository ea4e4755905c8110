"""Near misses."""

import functools
from functools import cache, lru_cache


@lru_cache
def bounded(x):
    return x + 1


@lru_cache(maxsize=100)
def smaller(x):
    return x + 1


@cache
def recursive(n):
    return n if n < 2 else recursive(n - 1) + recursive(n - 2)


@cache
def impure(x):
    print(x)
    return x


@cache
def handed_on(x):
    return x + 1


@cache
@functools.wraps(bounded)
def twice(x):
    return x + 1


class Box:
    @cache
    def method(self):
        return 1


def use(items):
    return [bounded(1), smaller(1), recursive(3), impure(1), twice(1), Box().method(),
            list(map(handed_on, items))]
