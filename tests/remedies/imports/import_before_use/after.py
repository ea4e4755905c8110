"""A tool whose rare command needs more."""

from __future__ import annotations

__lazy_modules__ = ["colorsys", "graphlib"]

import os
import colorsys as colors  # whet: expect
from graphlib import TopologicalSorter


def common(text):
    return text + os.sep


def rare(red, green, blue):
    return colors.rgb_to_hsv(red, green, blue), TopologicalSorter
