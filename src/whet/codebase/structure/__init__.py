"""How modules are built and hang together: pure, from their syntax trees."""

from whet.codebase.structure.report import Thresholds, structure_of

__all__ = ["Thresholds", "structure_of"]
