"""A package that hands on what others wrote."""

from colorsys import hls_to_rgb, rgb_to_hsv as to_hsv  # whet: expect
from graphlib import (  # each for itself
    CycleError,
    TopologicalSorter,
)
import os

__all__ = ["CycleError", "TopologicalSorter", "hls_to_rgb", "separator", "to_hsv"]


def separator():
    return os.sep
