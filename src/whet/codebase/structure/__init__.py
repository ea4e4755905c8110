"""How modules are built and hang together: pure, from their syntax trees."""

from whet.codebase.structure.analysis import ANALYZERS, Limits, analyze
from whet.codebase.structure.modules import modules_of, promises_in, sources_of
from whet.codebase.structure.report import Thresholds, structure_of

__all__ = [
    "ANALYZERS",
    "Limits",
    "Thresholds",
    "analyze",
    "modules_of",
    "promises_in",
    "sources_of",
    "structure_of",
]
