"""Near misses, each for a reason of its own."""

import fractions.nothing
from . import statistics

try:
    import graphlib
except ImportError:
    graphlib = None


def rare():
    import colorsys

    return fractions, statistics, graphlib, colorsys
