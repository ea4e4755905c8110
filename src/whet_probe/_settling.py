"""How much of a list `any` and `all` would look at before they know."""

from __future__ import annotations

from whet_probe._traits import SCALARS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_ELEMENTS = 10_000
"""Of one list; a longer one is not asked."""

_TOLD = SCALARS | {list, tuple, dict, set, frozenset}


class Settling:
    """Of the lists that one expression made."""

    def __init__(self) -> None:
        self.elements = self.until_true = self.until_false = 0
        self.known = True

    def see(self, value: list[Any]) -> int:
        """One list; returns how many elements were looked at."""
        if not self.known or len(value) > MAX_ELEMENTS:
            return 0
        first: dict[bool, int] = {}
        for place, item in enumerate(value, 1):
            if type(item) not in _TOLD:  # its truth would be told by code of its own
                self.known = False
                return place
            first.setdefault(bool(item), place)
            if len(first) == 2:  # noqa: PLR2004 - both answers are settled
                break
        self.elements += len(value)
        self.until_true += first.get(True, len(value))
        self.until_false += first.get(False, len(value))
        return max(first.values(), default=0)

    def fields(self) -> dict[str, float | None]:
        """For the line about the value."""
        whole = self.elements if self.known else 0
        return {
            "any_share": self.until_true / whole if whole else None,
            "all_share": self.until_false / whole if whole else None,
        }
