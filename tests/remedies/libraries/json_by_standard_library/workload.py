"""Small documents."""


def run(module, make=str):
    answers = [module.answer({"n": n, "tags": ["a", None]}) for n in range(20)]
    return answers, [module.Question().read('{"q": [1, 2]}') for _ in range(20)]
