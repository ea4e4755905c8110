"""Near misses, each for a reason of its own."""


class HandsOut:
    def __init__(self):
        self._queue = []

    def run(self):
        while self._queue:
            self._queue.pop(0)
        return self._queue


class MayBeEmpty:
    def __init__(self):
        self._waiting = []

    def take(self):
        return self._waiting.pop(0)


class Changes:
    def __init__(self):
        self._left = []

    def run(self):
        while self._left and self.check():
            self._left.pop(0)

    def check(self):
        self._left.clear()


class TakenFrom(list):
    def __init__(self):
        self._inner = []

    def run(self):
        while self._inner:
            self._inner.pop(0)


class Base:
    def __init__(self):
        self._shared = []

    def run(self):
        while self._shared:
            self._shared.pop(0)


class Derived(Base):
    def last(self):
        return self._shared[-1:]


class Given:
    def __init__(self, queue):
        self._given = queue

    def run(self):
        while self._given:
            self._given.pop(0)


class Peeked:
    def __init__(self):
        self._rows = []

    def run(self):
        while self._rows:
            self._rows.pop(0)


def peek(peeked):
    return peeked._rows


class Named:
    def __init__(self):
        self._named = []

    def run(self):
        while self._named:
            self._named.pop(0)

    ALL = ["_named"]


class AProperty:
    def __init__(self):
        self._held = []

    @property
    def first(self):
        return self._held[0]

    def run(self):
        while self._held:
            self._held.pop(0)
