"""Near misses, each for a reason of its own."""

import copy
import copy as changed

changed.deepcopy = lambda value: value


def with_memo(value, memo):
    return copy.deepcopy(value, memo)


def spread(values):
    return copy.deepcopy(*values)


def shallow(value):
    return copy.copy(value)


def replaced(value):
    return changed.deepcopy(value)


def given(value, deepcopy):
    return deepcopy(value)


def local(value):
    from copy import deepcopy

    return deepcopy(value)


class Thing:
    def __deepcopy__(self, memo):
        return self
