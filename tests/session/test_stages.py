"""What a session looks at, by its settings and by the time there is."""

import msgspec

from whet.session.stages import instruments
from whet.settings import Settings

TIMES = ["cpu", "memory", "io", "imports"]


def test_calls_are_counted_where_that_takes_a_small_part_of_the_budget():
    settings = msgspec.structs.replace(Settings(), budget_s=300.0)
    assert instruments(settings, 3.0, is_outside=False) == [*TIMES, "calls"]
    assert instruments(settings, 3.1, is_outside=False) == TIMES


def test_candidates_from_outside_are_told_numbers_of_calls_whatever_they_cost():
    assert instruments(Settings(), 60.0, is_outside=True) == [*TIMES, "calls"]


def test_allocations_are_looked_at_where_memory_is_asked_about():
    settings = msgspec.structs.replace(Settings(), objective="memory")
    assert instruments(settings, 0.1, is_outside=False) == [*TIMES, "calls", "allocations"]
