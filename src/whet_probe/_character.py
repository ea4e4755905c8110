"""What single remedies ask about a value: how many differ, is it a plain tree, does it log."""

from __future__ import annotations

import sys

from whet_probe._arrays import Forms
from whet_probe._instances import Attributes
from whet_probe._settling import Settling
from whet_probe._traits import SCALARS, key_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_DISTINCT = 20_000
MAX_TREE = 20_000
"""Parts of one value that are looked at; what is larger is not known."""

ARRAY_PARTS = 10
"""What looking at the form of an array costs, in parts."""

_KEYED = frozenset([str, bytes, int, bool, type(None)])


class Character:
    """Of the values of one expression."""

    def __init__(self) -> None:
        self.keys: set[Any] = set()
        self.keyed: bool | None = True
        self.tree: bool | None = True
        self.trees = 0
        self.levels: set[int | None] = set()
        self.others = False
        self.attributes = Attributes()
        self.forms = Forms()
        self.settling = Settling()

    def see(self, value: Any, *, deep: bool) -> int:
        """One value; returns how many parts below it were looked at."""
        kind = type(value)
        if kind in _KEYED:
            self.others = True
            if self.keyed and len(self.keys) < MAX_DISTINCT:
                self.keys.add((kind, key_of(value)))
            return 0
        self.keyed = False
        if kind is dict or kind is list:
            self.others = True
            parts = self.settling.see(value) if deep and kind is list else 0
            return parts + (self._see_tree(value) if deep and self.tree else 0)
        if self.forms.holds(value):
            self.others = True
            self.forms.see(value)
            return ARRAY_PARTS
        self.attributes.see(value)
        self.tree = self.tree and kind in SCALARS
        level = level_of(value)
        self.others = self.others or level is None
        self.levels.add(level)
        return 0

    def _see_tree(self, value: Any) -> int:
        answer, parts = is_tree(value)
        self.trees += 1
        self.tree = answer
        return parts

    def fields(self) -> dict[str, Any]:
        """For the line about the value."""
        least = [level for level in self.levels if level is not None]
        loggers = bool(least) and not self.others
        return {
            "distinct_values": len(self.keys) if self.keyed and self.keys else None,
            "attributes": None if self.keys or self.trees else self.attributes.answer(),
            "forms": self.forms.answer(),
            "plain_tree": self.tree if self.trees else None,
            **self.settling.fields(),
            "log_level": min(least) if loggers and None not in self.levels else None,
        }


def is_tree(value: Any) -> tuple[bool | None, int]:
    """Whether a value is dicts and lists of plain values, none of them reached twice.

    None: it is too large to tell. The second value counts the parts that were looked at.
    """
    seen: set[int] = set()
    pending = [value]
    parts = 0
    while pending:
        part = pending.pop()
        kind = type(part)
        parts += 1
        if parts > MAX_TREE:
            return None, parts
        if kind in SCALARS:
            continue
        if (kind is not dict and kind is not list) or id(part) in seen:
            return False, parts
        seen.add(id(part))
        if kind is dict:
            pending.extend(list(part))
            pending.extend(list(part.values()))
        else:
            pending.extend(list(part))
    return True, parts


def level_of(value: Any) -> int | None:
    """From which level on a plain logger (or the module `logging`) lets records through.

    None where it is no plain logger. Read without calling any method of it.
    """
    logging = sys.modules.get("logging")
    if logging is None:
        return None
    logger = logging.root if value is logging else value
    if type(logger) not in (logging.Logger, logging.RootLogger) or "isEnabledFor" in vars(logger):
        return None
    if logger.disabled:
        return 1_000
    at, level = logger, 0
    while at is not None and not level:
        level, at = at.level, at.parent
    return max(int(level), int(logger.manager.disable) + 1)
