"""What a star import finds is not written down."""

from colorsys import rgb_to_hsv
from graphlib import CycleError

__all__ = ["rgb_to_hsv"]
__all__ += ["CycleError"]
