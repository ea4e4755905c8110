"""Near misses, each for a reason of its own."""

import colorsys
import fractions
import statistics
import textwrap
import xml.dom
from string import Template

try:
    import decimal
except ImportError:
    decimal = None

__all__ = ["fractions"]


class Text(Template):
    pass


def annotated(x: statistics.NormalDist):
    return x


def default(x=colorsys.ONE_THIRD):
    return x


@textwrap.wraps if hasattr(textwrap, "wraps") else (lambda f: f)
def decorated():
    return 1


def uses():
    return fractions, decimal, xml.dom


def one_line(): return statistics.mean
