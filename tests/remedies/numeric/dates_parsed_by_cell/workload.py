"""Many days."""

import pandas


def run(module, make=int):
    texts = [f"2026-01-{make(i % 28 + 1):02}" for i in range(60)]
    return [
        module.days(texts), module.last(texts), module.column(pandas.DataFrame({"day": texts})),
    ]


def measure(module):
    return len(module.days([f"2026-01-{i % 28 + 1:02}" for i in range(3_000)]))
