"""Whether a method gives the same again on the same object."""

from __future__ import annotations

from whet_probe._repeats import Repeats


class Owner:
    pass


def test_the_same_result_on_the_same_object_is_a_repeat():
    one, other, repeats = Owner(), Owner(), Repeats()
    for owner, result in ((one, 1), (other, (2, "a")), (one, 1), (other, (2, "a")), (one, 1)):
        repeats.see(owner, result)
    assert (repeats.again, repeats.changed) == (3, 0)


def test_equal_results_of_other_types_are_changes():
    one, repeats = Owner(), Repeats()
    for result in (1, True, 1.0, 1):
        repeats.see(one, result)
    assert (repeats.again, repeats.changed) == (3, 2)


def test_results_that_can_be_changed_never_count_as_the_same():
    one, repeats = Owner(), Repeats()
    for _ in range(3):
        repeats.see(one, [])
    assert (repeats.again, repeats.changed) == (2, 2)
