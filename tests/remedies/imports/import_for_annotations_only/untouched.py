"""Near misses, each for a reason of its own."""

from __future__ import annotations

import colorsys
import fractions
import graphlib
import statistics
import textwrap
from decimal import Decimal
from functools import lru_cache
from string import Template

__all__ = ["graphlib"]


def used(x: colorsys.Color):
    return colorsys.rgb_to_hsv(*x)


@lru_cache
def decorated(x: fractions.Fraction):
    return x


def exported(x: graphlib.TopologicalSorter):
    return x


class Based(Exception):
    def method(self, x: statistics.NormalDist):
        return x


class Fields:
    wrapper: textwrap.TextWrapper


def default(x: Decimal = Decimal(1)):
    return x


class Sub(Template):
    pass
