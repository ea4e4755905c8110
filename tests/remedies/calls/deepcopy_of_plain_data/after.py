"""Answers made from templates."""

import copy
from copy import deepcopy as clone

TEMPLATE = {"status": "ok", "items": [{"n": 1, "tags": ["a", None]}, {"n": 2.5, "tags": []}]}


def _deep_copy(value, plain=frozenset({str, int, float, bool, bytes, type(None)})):
    """As `deepcopy`; quicker for dicts and lists of plain values."""
    seen = set()

    def copied(part):
        kind = type(part)
        if kind in plain:
            return part
        if id(part) in seen:
            raise LookupError
        seen.add(id(part))
        if kind is dict:
            return {copied(key): copied(held) for key, held in part.items()}
        if kind is list:
            return [copied(held) for held in part]
        raise LookupError

    try:
        return copied(value)
    except LookupError:
        pass
    return copy.deepcopy(value)


class Answers:
    # A fresh one each time.
    def answer(self, number):
        made = _deep_copy(TEMPLATE)  # whet: expect
        made["items"][0]["n"] = number
        return made


async def later(rows):
    return [_deep_copy(row) for row in rows]  # whet: expect


def pages(rows):
    return later(_deep_copy(rows))  # whet: expect
