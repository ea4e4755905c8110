"""Small documents."""

import json


def run(module, make=str):
    answers = [module.answer({"n": n, "tags": ["a", None]}) for n in range(20)]
    return answers, [module.Question().read('{"q": [1, 2]}') for _ in range(20)]


def measure(module):
    value = {"n": 1, "tags": ["a", None, 2.5], "rows": [{"id": n, "name": "x"} for n in range(20)]}
    written = [module.answer(value) for _ in range(4_000)]
    question = module.Question()
    read = [question.read('{"q": [1, 2, {"a": "b"}], "rest": [1, 2, 3]}') for _ in range(20_000)]
    return len(written), json.loads(written[0]), read[-1], len(read)
