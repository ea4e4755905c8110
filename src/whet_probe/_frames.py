"""What columns, frames and indexes of pandas hold: what is seen of them, not how it is stored.

Two frames of equal content may be stored in different blocks; that is no difference. No code of
the user's runs, and only tuples, bytes and plain values are handed on: the walk remembers other
objects by their identity, which one that is made for it alone would lose.
"""

from __future__ import annotations

from whet_probe._kinds import MAX_BYTES, MAX_NODES, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable


def _cells(value: Any) -> tuple[Any, ...]:
    """The cells of a column or an index, with the element type."""
    kind = value.dtype
    told = [str(kind)]
    if told == ["category"]:
        told += [str(kind.ordered), repr([_cell(item) for item in kind.categories])]
    found = value.to_numpy()
    if found.dtype.hasobject:
        cells = tuple([_cell(item) for item in found.ravel()[: MAX_NODES + 1]])
        return (tuple(told), len(found), cells)
    return (tuple(told), len(found), found.ravel()[: MAX_BYTES + 1].tobytes())


def _cell(item: Any) -> Any:
    """One cell of a column of objects; what pandas makes on the way is told by its `repr`."""
    name = type_name(type(item))
    return (name, repr(item)) if name.startswith(("pandas.", "numpy.")) else item


def _index(value: Any) -> tuple[Any, ...]:
    return (type_name(type(value)), tuple(value.names), _cells(value))


def _series(value: Any) -> tuple[Any, ...]:
    return (value.name, _index(value.index), _cells(value), *_notes(value))


def _frame(value: Any) -> tuple[Any, ...]:
    columns = [_cells(value.iloc[:, place]) for place in range(value.shape[1])]
    return (_index(value.columns), _index(value.index), tuple(columns), *_notes(value))


def _notes(value: Any) -> tuple[Any, ...]:
    return (value.attrs,) if value.attrs else ()


FRAMES: dict[str, Callable[[Any], Any]] = {
    "pandas.Series": _series,
    "pandas.core.series.Series": _series,
    "pandas.DataFrame": _frame,
    "pandas.core.frame.DataFrame": _frame,
}
for _name, _module in [
    ("Index", "base"), ("RangeIndex", "range"), ("MultiIndex", "multi"),
    ("DatetimeIndex", "datetimes"), ("TimedeltaIndex", "timedeltas"), ("PeriodIndex", "period"),
    ("CategoricalIndex", "category"), ("IntervalIndex", "interval"),
]:  # fmt: skip
    FRAMES["pandas." + _name] = _index
    FRAMES["pandas.core.indexes." + _module + "." + _name] = _index
for _name, _module in [
    ("Timestamp", "timestamps"), ("Timedelta", "timedeltas"), ("Period", "period"),
]:  # fmt: skip
    FRAMES["pandas." + _name] = repr
    FRAMES["pandas._libs.tslibs." + _module + "." + _name] = repr
