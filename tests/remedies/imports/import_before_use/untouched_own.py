"""It has a list of its own."""

__lazy_modules__ = ["colorsys"]

import colorsys
import graphlib
