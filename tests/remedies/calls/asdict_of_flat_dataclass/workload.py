"""Points and pairs."""


def run(module, make=str):
    points = [module.Point(n, n / 3, f"p{n}") for n in range(20)]
    return [
        [point.row() for point in points],
        [module.made(n) for n in range(20)],
        module.rows(points),
        [module.of_pair(module.Pair(n, "x")) for n in range(20)],
    ]


def measure(module):
    point = module.Point(1, 0.5, "p")
    return [point.row() for _ in range(30_000)][-1]
