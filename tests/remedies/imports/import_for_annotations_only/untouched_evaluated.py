"""Annotations are no texts here."""

import colorsys


def evaluated(x: colorsys.ONE_THIRD):
    return x
