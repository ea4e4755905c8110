"""The names that users may rely on."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

import whet

ROOMS = (
    "whet.codebase", "whet.diagnosis", "whet.profiling", "whet.proof", "whet.records",
    "whet.remedies", "whet.reports", "whet.session", "whet.stats", "whet.store",
    "whet.workloads",
)  # fmt: skip


def test_the_root_offers_exactly_these_names():
    assert sorted(whet.__all__) == ["OptimizationPerformanceTuning", "__version__"]


def test_every_public_name_of_the_root_can_be_reached():
    for name in whet.__all__:
        assert getattr(whet, name) is not None


def test_an_unknown_name_of_the_root_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = whet.no_such_name


@pytest.mark.parametrize("room", ROOMS)
def test_a_rooms_face_is_sorted_exists_and_is_documented(room):
    module = importlib.import_module(room)
    names = list(getattr(module, "__all__", ()))
    # Constants, then classes, then functions, each in order: as the linter sorts them.
    assert len(names) == len(set(names))
    for name in names:
        assert hasattr(module, name), f"{room} does not hold {name}"
        value = getattr(module, name)
        if callable(value) and getattr(value, "__module__", "").startswith("whet"):
            assert value.__doc__, f"{room}.{name} has no docstring"


def test_the_version_on_the_command_line_is_the_packages():
    done = subprocess.run(
        [sys.executable, "-m", "whet", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == f"whet {whet.__version__}"
