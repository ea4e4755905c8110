"""Colors and graphs, as far as type checkers are concerned."""

from __future__ import annotations

import os
import colorsys as colors  # whet: expect
from graphlib import (  # whet: expect
    CycleError,
    TopologicalSorter,
)

LAST: CycleError | None = None


def name(color: colors.Color, *, more: list[colors.Color] = ()) -> str:
    return str(color) + os.sep


class Orders:
    def first(self, graph: "TopologicalSorter[str]") -> TopologicalSorter[str]:
        sorter: TopologicalSorter[str] = graph
        return sorter
