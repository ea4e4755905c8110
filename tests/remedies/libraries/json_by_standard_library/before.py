"""Answers and questions."""

import json
from json import loads


def answer(value):
    return json.dumps(value).encode()  # whet: expect


class Question:
    def read(self, text):
        return loads(text)["q"]  # whet: expect
