"""What arrays, columns and frames hold, told by their element types; no element is looked at."""

from __future__ import annotations

from whet_probe._kinds import type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_COLUMNS = 100
MAX_FORMS = 20
"""Different forms that are told of one expression; with more it is not known."""

_ARRAYS = frozenset(["numpy.ndarray"])
_SERIES = frozenset(["pandas.Series", "pandas.core.series.Series"])
_FRAMES = frozenset(["pandas.DataFrame", "pandas.core.frame.DataFrame"])


class Forms:
    """The forms that the arrays of one expression had."""

    def __init__(self) -> None:
        self.kinds: dict[type, bool] = {}
        self.seen: dict[str, None] = {}
        self.unknown = False

    def holds(self, value: Any) -> bool:
        """Whether a value is an array, a column or a frame, exactly."""
        kind = type(value)
        answer = self.kinds.get(kind)
        if answer is None:
            answer = type_name(kind) in _ARRAYS | _SERIES | _FRAMES
            self.kinds[kind] = answer
        return answer

    def see(self, value: Any) -> None:
        """One array, column or frame."""
        form = form_of(value) if len(self.seen) < MAX_FORMS else None
        if form is None:
            self.unknown = True
        else:
            self.seen[form] = None

    def answer(self) -> list[str] | None:
        """All forms; None: there were none, or too many to tell."""
        return None if self.unknown or not self.seen else list(self.seen)


def form_of(value: Any) -> str | None:
    """Such as "int64[1]", "Series[float64]" or "DataFrame[a: int64, b: object]"."""
    name = type_name(type(value))
    if name in _ARRAYS:
        return "%s[%d]" % (value.dtype, value.ndim)
    if name in _SERIES:
        return "Series[%s]" % value.dtype
    if name in _FRAMES and value.shape[1] <= MAX_COLUMNS:
        pairs = zip(list(value.columns), list(value.dtypes))  # noqa: B905 - Python 3.9
        columns = ["%s: %s" % pair for pair in pairs]
        return "DataFrame[%s]" % ", ".join(columns)
    return None


def length_of(value: Any) -> int:
    """How many rows, or elements along the first axis; 0 for a single number in an array."""
    return int(value.shape[0]) if value.shape else 0
