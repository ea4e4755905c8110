"""A package that hands on what others wrote."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from colorsys import hls_to_rgb, rgb_to_hsv as to_hsv  # whet: expect

_LOADED_LATER = {
    "hls_to_rgb": ("colorsys", "hls_to_rgb"),
    "to_hsv": ("colorsys", "rgb_to_hsv"),
    "CycleError": ("graphlib", "CycleError"),
    "TopologicalSorter": ("graphlib", "TopologicalSorter"),
}


def __getattr__(name):
    """What the package hands on, loaded when it is asked for."""
    if name not in _LOADED_LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module, attribute = _LOADED_LATER[name]
    found = import_module(module, __name__)
    value = globals()[name] = getattr(found, attribute) if attribute else found
    return value


def __dir__():
    return sorted({*globals(), *_LOADED_LATER})

if TYPE_CHECKING:
    from graphlib import (  # each for itself
        CycleError,
        TopologicalSorter,
    )
import os

__all__ = ["CycleError", "TopologicalSorter", "hls_to_rgb", "separator", "to_hsv"]


def separator():
    return os.sep
