"""Half of the keys are missing."""


def run(module, make=int):
    keys = [make(i * 7919 % 101) for i in range(300)]
    board = module.Board({(x, x): "#" for x in range(20)})
    return [
        module.count([f"{key}{i}" for i, key in enumerate(keys)] + ["a"] * 30),
        module.known(dict.fromkeys(keys[:50], "x"), keys),
        module.last_known(dict.fromkeys(keys[:50], "x"), keys),
        [board.at(x, y) for x in range(20) for y in range(20)],
    ]


def measure(module):
    board = module.Board({(x, x): "#" for x in range(200)})
    for x in range(400):
        for y in range(400):
            board.at(x, y)
