"""What the values of one expression are told to be."""

from __future__ import annotations

import builtins

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet_probe._evidence import FIRST, ValueTally
from whet_probe._gate import NEXT, TICK, Allowance, Gate, Purse


class Tally:
    """A tally by itself, without compiled-in code."""

    def __init__(self):
        self.lines = []
        self.gate = Gate("tally-test")
        self.tally = ValueTally("s", self.write, Allowance(self.gate, Purse(10**9, 1)))

    def write(self, kind, fields):
        self.lines.append((kind, fields))

    def see(self, value):
        getattr(builtins, TICK % "tally-test")()
        self.tally.see(value, 0)

    def told(self):
        self.tally.finish()
        return self.lines[-1][1]


@pytest.fixture
def tally():
    yield Tally()
    clean()


def clean():
    for word in (TICK, NEXT):
        delattr(builtins, word % "tally-test")


def test_of_a_list_that_grows_every_element_is_described_once(tally):
    grown = []
    for number in range(3 * FIRST):
        grown.append(number)
        tally.see(grown)
    assert tally.told()["element_types"] == {"int": 3 * FIRST}


def test_another_longer_list_in_the_place_of_the_last_one_is_described_from_its_start(tally):
    held = ["a", "b"]
    tally.see(held)
    held[:] = [float("nan"), "b", "c"]  # as when the memory of a temporary list is used again
    tally.see(held)
    told = tally.told()
    assert told["plain_equality"] is False
    assert told["element_types"] == {"str": 4, "float": 1}


@given(first=st.lists(st.integers(1000, 1003)), second=st.lists(st.floats(), min_size=1))
def test_no_kind_of_element_is_missed_whatever_list_came_before(first, second):
    made = Tally()
    held = list(first)
    made.see(held)
    held[:] = second
    made.see(held)
    told = made.told()
    clean()
    assert told["element_types"].get("float") == len(second)
