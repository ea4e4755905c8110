"""Colors and graphs, as far as type checkers are concerned."""

from __future__ import annotations

TYPE_CHECKING = False
import os
if TYPE_CHECKING:
    import colorsys as colors  # whet: expect
if TYPE_CHECKING:
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
