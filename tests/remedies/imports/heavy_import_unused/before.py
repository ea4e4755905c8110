"""A tool whose rare command needs more."""

import colorsys as colors  # whet: expect
import os
from graphlib import CycleError, TopologicalSorter  # whet: expect


def common(text):
    return text + os.sep


def rare(red, green, blue):
    """Colors."""
    return colors.rgb_to_hsv(red, green, blue)


class Rarely:
    def order(self, graph):
        try:
            return list(TopologicalSorter(graph).static_order())
        except CycleError:
            return None
