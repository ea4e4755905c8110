"""Near misses."""

from os import *  # noqa: F403


def unique(names):
    seen = []
    for name in names:
        if name not in seen:
            seen.append(name)
    return seen
