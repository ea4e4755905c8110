"""Arrays and frames of every kind: fixed code does what the original did, or it was refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from whet.remedies import find_remedy

SETTINGS = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NAN = float("nan")


def shown(value):
    """A value with its exact types, as far as anybody can see it."""
    if isinstance(value, pd.DataFrame):
        columns = [(label, shown(value[label])) for label in value.columns]
        return "frame", columns, type(value.index).__name__
    if isinstance(value, pd.Series):
        cells = [(shown(label), shown(cell)) for label, cell in value.items()]
        return "series", str(value.dtype), value.name, cells
    if isinstance(value, np.ndarray):
        return "array", str(value.dtype), value.shape, [shown(item) for item in value.tolist()]
    if isinstance(value, list | tuple):
        return type(value).__name__, [shown(item) for item in value]
    return type(value).__name__, repr(value)


def outcome(module, arguments):
    try:
        with np.errstate(all="ignore"):
            return shown(module.f(*arguments))
    except Exception as error:  # noqa: BLE001 -- compared, whatever it is
        return type(error).__name__, str(error)


def agrees(bench, source, remedy, make):
    """Whether the remedy was refused, or changed nothing that can be seen."""

    def run(module):
        with np.errstate(all="ignore"):
            module.f(*make())

    fixed = bench.fix(source, remedy, run)
    if fixed is None:
        return "refused"
    assert fixed != source
    assert outcome(bench.load(source), make()) == outcome(bench.load(fixed), make()), fixed
    return "admitted"


COLUMNS = {
    "ints": list(range(60)),
    "floats": [0.1 * i for i in range(60)],
    "holes": [NAN, 1.0] * 30,
    "texts": [f"t{i}" for i in range(60)],
    "some texts": ["a", None] * 30,
    "bools": [True, False] * 30,
    "dates": pd.date_range("2026-01-01", periods=60),
    "waits": pd.to_timedelta(list(range(60)), unit="s"),
    "kinds": pd.Categorical(["a", "b"] * 30),
    "anything": [1, "a", 2.5, None] * 15,
    "large": [2**62] * 60,
    "nullable": pd.array([1, None] * 30, dtype="Int64"),
    "narrow": np.arange(60, dtype="int8"),
}
NAMES = st.lists(st.sampled_from(sorted(COLUMNS)), min_size=2, max_size=4)


def frame_of(names, rows=60):
    return pd.DataFrame({f"{i}": COLUMNS[name] for i, name in enumerate(names)}).head(rows)


ROWS = """
def f(table):
    found = []
    for i, row in table.iterrows():
        found.append((i, row["0"], row["1"], [row["0"]]))
    return found
"""
APPLIED = [
    "def f(table):\n    return table.apply(lambda r: r['0'] * 2 - r['1'], axis=1)\n",
    "def f(table):\n    return table.apply(lambda r: -r['0'] + 0.5, axis=1)\n",
]


@given(names=NAMES)
@SETTINGS
def test_rows_are_read_alike_or_it_is_refused(bench, names):
    agrees(bench, ROWS, "rows_by_iterrows", lambda: (frame_of(names),))


@pytest.mark.parametrize(
    "names",
    [
        ["ints", "floats"], ["ints", "texts"], ["bools", "bools"], ["narrow", "ints"],
        ["floats", "holes"], ["texts", "bools"], ["ints", "some texts"],
    ],
    ids=" and ".join,
)  # fmt: skip
def test_rows_of_numbers_and_texts_are_admitted_where_types_are_single(bench, names):
    answer = agrees(bench, ROWS, "rows_by_iterrows", lambda: (frame_of(names),))
    narrow = {"narrow", "some texts"} & set(names)
    assert answer == ("refused" if narrow == {"some texts"} else "admitted")


@pytest.mark.parametrize("kind", ["dates", "waits", "kinds", "nullable"])
def test_rows_with_columns_that_a_row_changes_are_refused(bench, kind):
    names = ["ints", "ints", kind]
    assert agrees(bench, ROWS, "rows_by_iterrows", lambda: (frame_of(names),)) == "refused"


def test_a_label_that_occurs_twice_is_refused(bench):
    def make():
        table = frame_of(["ints", "floats", "ints"])
        table.columns = ["0", "1", "0"]
        return (table,)

    assert agrees(bench, ROWS, "rows_by_iterrows", make) == "refused"
    assert agrees(bench, APPLIED[0], "apply_by_row", make) == "refused"


def test_labels_that_are_not_there_raise_alike_and_empty_frames_do_not(bench):
    fixed = bench.fix(ROWS, "rows_by_iterrows", lambda m: m.f(frame_of(["ints", "texts"])))
    for table in (pd.DataFrame(), pd.DataFrame({"0": [1, 2]}), pd.DataFrame({"1": [1]})):
        assert outcome(bench.load(ROWS), [table]) == outcome(bench.load(fixed), [table])


@pytest.mark.parametrize("source", APPLIED)
@given(names=NAMES, rows=st.sampled_from([0, 60]))
@SETTINGS
def test_applied_expressions_are_alike_or_refused(bench, source, names, rows):
    agrees(bench, source, "apply_by_row", lambda: (frame_of(names, rows),))


@pytest.mark.parametrize("source", APPLIED)
@pytest.mark.parametrize("names", [["ints", "ints"], ["floats", "holes"], ["large", "ints"]])
def test_expressions_of_one_element_type_are_admitted(bench, source, names):
    assert agrees(bench, source, "apply_by_row", lambda: (frame_of(names),)) == "admitted"


def test_ints_beside_floats_are_refused(bench):
    def make():
        return (frame_of(["large", "floats"]),)

    assert agrees(bench, APPLIED[0], "apply_by_row", make) == "refused"


CONCAT = """
import pandas as pd


def f(start, columns):
    table = start
    for column in columns:
        table = pd.concat([table, pd.DataFrame({"a": [column]})], ignore_index=True)
    return table
"""
CELLS = st.one_of(st.integers(-3, 3), st.floats(width=32), st.booleans(), st.text(max_size=2))
STARTS = [pd.DataFrame(), pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [0.5]}, index=["x"])]


@pytest.mark.parametrize("start", STARTS, ids=["empty", "ints", "floats"])
@given(columns=st.one_of(st.lists(CELLS), st.lists(st.integers(), min_size=10, max_size=12)))
@SETTINGS
def test_frames_grow_alike_or_it_is_refused(bench, start, columns):
    agrees(bench, CONCAT, "frame_grown_in_loop", lambda: (start.copy(), columns))


@pytest.mark.parametrize(
    ("start", "cell", "answer"),
    [(0, 7, "admitted"), (0, "x", "admitted"), (1, 7, "admitted"), (2, 7, "refused")],
)
def test_frames_of_one_form_are_admitted(bench, start, cell, answer):
    def make():
        return STARTS[start].copy(), [cell] * 20

    assert agrees(bench, CONCAT, "frame_grown_in_loop", make) == answer


APPEND = """
import numpy


def f(found, numbers):
    for number in numbers:
        found = numpy.append(found, number)
    return found
"""
ARRAYS = [np.array([]), np.array([1, 2]), np.zeros((2, 2)), [], np.array(["a"])]
NUMBERS = st.one_of(
    st.integers(-5, 5), st.just(2**70), st.floats(), st.just(np.float32(0.5)), st.booleans()
)


@pytest.mark.parametrize("start", ARRAYS, ids=["empty", "ints", "table", "list", "texts"])
@given(numbers=st.lists(NUMBERS, min_size=1, max_size=3))
@SETTINGS
def test_arrays_grow_alike_or_it_is_refused(bench, start, numbers):
    agrees(bench, APPEND, "array_grown_in_loop", lambda: (start, numbers * 50))


def test_numbers_of_one_type_are_admitted(bench):
    for start, number in ((np.array([]), 5), (np.array([1]), 5), (np.array([0.5]), np.float64(1))):

        def make(start=start, number=number):
            return start, [number] * 60

        assert agrees(bench, APPEND, "array_grown_in_loop", make) == "admitted"


def test_ints_that_become_floats_are_refused(bench):
    assert agrees(bench, APPEND, "array_grown_in_loop", lambda: (np.array([1]), [0.5] * 60)) == (
        "refused"
    )


FIGURES = [f"import numpy\n\n\ndef f(xs):\n    return {w}(xs)\n" for w in ("sum", "min", "max")]
KINDS = ["int64", "int8", "uint64", "float64", "float32", "bool", "complex128", "object"]


@pytest.mark.parametrize("source", FIGURES)
@pytest.mark.parametrize("kind", KINDS)
def test_figures_of_arrays_are_alike_or_refused(bench, source, kind):
    answer = agrees(bench, source, "builtin_over_array", lambda: (np.arange(90).astype(kind),))
    plain = kind == "int64" or ("int" in kind and "sum" not in source)
    assert answer == ("admitted" if plain else "refused")


@pytest.mark.parametrize("source", FIGURES)
@pytest.mark.parametrize(
    "xs",
    [list(range(90)), pd.Series(range(90)), np.zeros((90, 2), "int64"), np.arange(0), range(90)],
    ids=["list", "series", "table", "empty", "range"],
)
def test_figures_of_anything_else_are_refused(bench, source, xs):
    assert agrees(bench, source, "builtin_over_array", lambda: (xs,)) == "refused"


def test_sums_that_overflow_wrap_around_in_both(bench):
    xs = np.full(90, 2**62)
    assert agrees(bench, FIGURES[0], "builtin_over_array", lambda: (xs,)) == "admitted"


def advice(bench, source, name, run):
    """Why the advice is not given, or None."""
    remedy = find_remedy(name)
    module = bench.module(source)
    (match,) = bench.matches(module, remedy)
    assert match.safety == "advice"
    return remedy.admit(match, bench.observe(module, [match], run)).reason


LOOP = "import numpy\n\n\ndef f(xs):\n    return [x * 2 for x in xs]\n"


@pytest.mark.parametrize(
    ("xs", "reason"),
    [
        (np.arange(900.0), None),
        (np.arange(9.0), "the arrays are short (9 elements)"),
        (np.arange(900).astype(object), "the array was of object[1]"),
        (list(range(900)), "what is gone through was of type list"),
    ],
    ids=["long", "short", "objects", "list"],
)
def test_only_long_arrays_of_numbers_are_advised_about(bench, xs, reason):
    assert advice(bench, LOOP, "loop_over_array", lambda module: module.f(xs)) == reason


CELLS = """
import pandas


def f(table, days):
    for i, day in enumerate(days):
        table.loc[i] = pandas.to_datetime(day)
"""


def test_few_cells_are_not_advised_about(bench):
    def run(module):
        module.f(pd.DataFrame({"a": [None] * 9}, dtype=object), ["2026-01-01"] * 9)

    assert advice(bench, CELLS, "cells_set_in_loop", run) == "few cells are set (9)"
    assert advice(bench, CELLS, "dates_parsed_by_cell", run) == "few dates are parsed (9)"


def test_what_is_no_frame_and_no_text_is_not_advised_about(bench):
    class Table:
        loc = {}  # noqa: RUF012 -- a stand-in

    def run(module):
        module.f(Table(), [0] * 90)

    assert "of type" in advice(bench, CELLS, "cells_set_in_loop", run)
    assert "of type int" in advice(bench, CELLS, "dates_parsed_by_cell", run)


SETS = """
def f(table):
    other = table
    found = []
    for i, row in table.iterrows():
        found.append(row["0"])
        {change}
    return found
"""


@pytest.mark.parametrize("names", [["ints", "ints"], ["floats", "floats"], ["ints", "texts"]])
@pytest.mark.parametrize(
    "change",
    ["other.at[59, '0'] = 7", "other.iloc[59, 0] += 7", "other.replace(1, 7, inplace=True)"],
)
def test_rows_of_a_frame_that_has_another_name_and_changes(bench, names, change):
    answer = agrees(
        bench, SETS.format(change=change), "rows_by_iterrows", lambda: (frame_of(names),)
    )
    assert answer == ("admitted" if "texts" in names else "refused")


def test_an_array_that_is_named_over_two_lines_stays(bench):
    source = "import numpy\ndef f(table):\n    return sum(table\n        .real)\n"
    assert agrees(bench, source, "builtin_over_array", lambda: (np.arange(99),)) == "refused"
