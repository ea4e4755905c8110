"""Pure: hot places, matches, findings ranked by attainable gain."""

from whet.diagnosis.hotspots import hot_places
from whet.diagnosis.match import find_matches
from whet.diagnosis.rank import Level, Objective, findings
from whet.diagnosis.sources import function_finder, module_of, read_hot_modules

__all__ = [
    "Level",
    "Objective",
    "find_matches",
    "findings",
    "function_finder",
    "hot_places",
    "module_of",
    "read_hot_modules",
]
