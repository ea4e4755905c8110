"""Reads its settings for every row."""

import json
from pathlib import Path


def load(path):
    """The settings of a file."""
    with open(path, encoding="utf-8") as file:  # whet: expect
        # a comment stays
        return json.load(file)


def words(path, *, upper=False):
    text = Path(path).read_text(encoding="utf-8")  # whet: expect
    return text.upper() if upper else text


def price(row, path):
    settings = load(path)
    return settings["prices"].get(row, 1) * settings["factor"]


def title(path):
    return words(path, upper=True).strip()
