"""Definitions and references in the source files of a tree, in nine languages."""

from whet.codebase.tags.ctags import ctags_lines
from whet.codebase.tags.languages import all_languages, language_of
from whet.codebase.tags.mapping import map_repository, map_text
from whet.codebase.tags.run import FileTags, TagOptions, TagRun
from whet.codebase.tags.statistics import count_identifiers

__all__ = [
    "FileTags",
    "TagOptions",
    "TagRun",
    "all_languages",
    "count_identifiers",
    "ctags_lines",
    "language_of",
    "map_repository",
    "map_text",
]
