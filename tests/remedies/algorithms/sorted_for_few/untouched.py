"""Near misses, each for a reason of its own."""


def middle(xs):
    return sorted(xs)[len(xs) // 2]


def second(xs):
    return sorted(xs)[1]


def all_but_last(xs):
    return sorted(xs)[:-1]


def tail(xs):
    return sorted(xs)[-3:]


def last_with_key(xs):
    return sorted(xs, key=abs)[-1]


def none(xs):
    return sorted(xs)[:0]


def shadowed(xs, sorted):
    return sorted(xs)[0]


def unknown_direction(xs, down):
    return sorted(xs, reverse=down)[0]


def step(xs):
    return sorted(xs)[:4:2]


def star(xs):
    return sorted(*xs)[0]


def computed(xs, n):
    return sorted(xs)[: n - 1]
