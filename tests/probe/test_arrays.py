"""Of arrays, columns and frames the element types are told; of tuples, what is in them."""

from __future__ import annotations

import pytest

from whet_probe._arrays import Forms, form_of
from whet_probe._traits import shape_of

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
