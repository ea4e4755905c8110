"""It answers for missing names itself."""

from colorsys import rgb_to_hsv

__all__ = ["rgb_to_hsv"]


def __getattr__(name):
    raise AttributeError(name)
