"""Somebody evaluates annotations."""

from __future__ import annotations

from typing import get_type_hints

import colorsys


def asked(x: colorsys.Color):
    return x


HINTS = get_type_hints
