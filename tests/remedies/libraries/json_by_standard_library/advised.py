"""Answers and questions."""

import orjson
from orjson import loads


def answer(value):
    return orjson.dumps(value)


class Question:
    def read(self, text):
        return loads(text)["q"]
