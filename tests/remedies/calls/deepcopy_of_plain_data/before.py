"""Answers made from templates."""

import copy
from copy import deepcopy as clone

TEMPLATE = {"status": "ok", "items": [{"n": 1, "tags": ["a", None]}, {"n": 2.5, "tags": []}]}


class Answers:
    # A fresh one each time.
    def answer(self, number):
        made = copy.deepcopy(TEMPLATE)  # whet: expect
        made["items"][0]["n"] = number
        return made


async def later(rows):
    return [clone(row) for row in rows]  # whet: expect


def pages(rows):
    return later(copy.deepcopy(rows))  # whet: expect
