"""Near misses, each for a reason of its own."""

import numpy as np


def along_an_axis(rows):
    found = np.zeros((0, 2))
    for row in rows:
        found = np.append(found, row, axis=0)
    return found


def read_in_the_loop(count):
    found = np.array([])
    for i in range(count):
        found = np.append(found, i)
        if found.sum() > 9:
            break
    return found


def in_front(count):
    found = np.array([])
    for i in range(count):
        found = np.append(i, found)
    return found


def once(found, number):
    found = np.append(found, number)
    return found


class Series:
    def __init__(self):
        self.found = np.array([])

    def add(self, count):
        for i in range(count):
            self.found = np.append(self.found, i)


def not_numpy(np, count):
    found = np.array([])
    for i in range(count):
        found = np.append(found, i)
    return found
