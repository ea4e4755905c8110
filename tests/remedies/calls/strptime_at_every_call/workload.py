"""A log of a day."""


def run(module, make=str):
    lines = [f"2024-02-{1 + n % 28:02} 11:{n % 60:02}:33 something" for n in range(100)]
    row = module.Row()
    return [
        [module.time_of(line) for line in lines],
        [row.day(line[:10]) for line in lines],
        row.exact([f"2024-02-01T11:22:33.{n:06}" for n in range(20)]),
        module.minute("2024-02-29T23:59"),
        [module.european(f"{1 + n % 28}.2.2024") for n in range(100)],
        module.double(2),
    ]


def measure(module):
    lines = [f"2024-02-{1 + n % 28:02} 11:{n % 60:02}:33 something" for n in range(40_000)]
    return [module.time_of(line) for line in lines][-1]
