"""Near misses, each for a reason of its own."""

import numpy as np


def handed_on(values, use):
    for value in values:
        use(value)


def counted(values):
    count = 0
    for i in range(len(values)):
        count += i
    return count


def of_another(values, others):
    found = 0
    for i in range(len(values)):
        found += others[i] * 2
    return found


def made(count):
    return [i * 2 for i in np.arange(count)]
