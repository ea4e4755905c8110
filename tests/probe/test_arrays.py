"""Of arrays, columns and frames the element types are told; of tuples, what is in them."""

from __future__ import annotations

import pytest

from whet_probe._arrays import Forms, form_of
from whet_probe._traits import shape_of
from whet_probe._values import fingerprint

numpy = pytest.importorskip("numpy")
pandas = pytest.importorskip("pandas")


def test_forms_name_element_types_dimensions_and_columns():
    frame = pandas.DataFrame({"a": [1], "b": [0.5]})
    assert form_of(numpy.zeros((2, 3), dtype="int32")) == "int32[2]"
    assert form_of(frame["b"]) == "Series[float64]"
    assert form_of(frame) == "DataFrame[a: int64, b: float64]"


def test_a_wide_frame_has_no_form():
    assert form_of(pandas.DataFrame(numpy.zeros((1, 101)))) is None


def test_subclasses_are_no_arrays_whose_form_is_known():
    class Own(numpy.ndarray):
        pass

    forms = Forms()
    assert not forms.holds(numpy.zeros(2).view(Own))
    assert not forms.holds([1])
    assert forms.holds(numpy.zeros(2))
    assert forms.answer() is None
    forms.see(numpy.zeros(2))
    assert forms.answer() == ["float64[1]"]


def test_shapes_tell_apart_what_is_equal_but_not_alike():
    assert shape_of((1, "a")) == shape_of((2, "b")) == "(int,str)"
    assert shape_of((True, "a")) != shape_of((1, "a"))
    assert shape_of(0.0) != shape_of(-0.0)
    assert shape_of((1, [2])) is None
    assert shape_of(1j) is None


def made(**columns):
    return pandas.DataFrame(columns)


def digest(value):
    found = fingerprint(value)
    assert not found.truncated
    assert not found.opaque
    return found.digest


def test_frames_of_equal_content_are_alike_however_they_are_stored():
    grown = made(a=[1, 2])
    grown["b"] = [3, 4]
    assert digest(grown) == digest(made(a=[1, 2], b=[3, 4]))
    column = pandas.Series([0.5, 1.5], name="a")
    assert digest(column) == digest(made(a=[0.5, 1.5], b=[1, 2])["a"])
    assert digest(column.index) == digest(pandas.RangeIndex(2))


@pytest.mark.parametrize(
    "other",
    [
        made(a=[1, 3]), made(a=[1.0, 2.0]), made(b=[1, 2]), made(a=[1, 2], b=[1, 2]),
        made(a=[2, 1]), made(a=["1", "2"]), made(a=[1, 2]).set_axis(["x", "y"]),
        made(a=[1, 2]).set_axis([0, 1]).rename_axis("n"), made(a=[1, 2])["a"],
        made(a=pandas.array([1, 2], dtype="Int64")), made(a=[1, 2]).astype("category"),
        made(a=pandas.to_datetime([1, 2])), made(a=[1, None]).astype(object),
    ],
    ids=range(13),
)  # fmt: skip
def test_frames_that_differ_in_anything_seen_are_told_apart(other):
    assert digest(made(a=[1, 2])) != digest(other)
    assert digest(other) == digest(other.copy())


def test_large_columns_are_only_partially_compared():
    column = pandas.Series(numpy.zeros(1_100_000, dtype="int8"))
    assert fingerprint(column).truncated
    assert fingerprint(column.to_numpy()).truncated
