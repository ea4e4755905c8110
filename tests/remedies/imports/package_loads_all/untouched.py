"""Near misses, each for a reason of its own."""

import statistics
from colorsys import rgb_to_hsv
from fractions import Fraction
from graphlib import CycleError
from textwrap import wrap

if wrap:
    from string import Template

__all__ = ["Fraction", "Template", "colors", "rgb_to_hsv", "statistics"]

HALF = Fraction(1, 2)


def colors():
    return rgb_to_hsv(1, 0, 0)
