"""A tool whose rare command needs more."""

import os


def common(text):
    return text + os.sep


def rare(red, green, blue):
    """Colors."""
    import colorsys as colors
    return colors.rgb_to_hsv(red, green, blue)


class Rarely:
    def order(self, graph):
        from graphlib import CycleError, TopologicalSorter
        try:
            return list(TopologicalSorter(graph).static_order())
        except CycleError:
            return None
