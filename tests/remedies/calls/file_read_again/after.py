"""Reads its settings for every row."""

from functools import lru_cache
from os import stat
import json
from pathlib import Path


def load(path):
    """The settings of a file."""
    _status = stat(path)
    _state = (
        _status.st_dev,
        _status.st_ino,
        _status.st_size,
        _status.st_mtime_ns,
        _status.st_ctime_ns,
    )
    return _load_once(path, _state)


@lru_cache(maxsize=64, typed=True)
def _load_once(path, _state):
    with open(path, encoding="utf-8") as file:  # whet: expect
        # a comment stays
        return json.load(file)


def words(path, *, upper=False):
    _status = stat(path)
    _state = (
        _status.st_dev,
        _status.st_ino,
        _status.st_size,
        _status.st_mtime_ns,
        _status.st_ctime_ns,
    )
    return _words_once(path, upper, _state)


@lru_cache(maxsize=64, typed=True)
def _words_once(path, upper, _state):
    text = Path(path).read_text(encoding="utf-8")  # whet: expect
    return text.upper() if upper else text


def price(row, path):
    settings = load(path)
    return settings["prices"].get(row, 1) * settings["factor"]


def title(path):
    return words(path, upper=True).strip()
