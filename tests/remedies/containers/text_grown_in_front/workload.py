"""Many lines, of which texts are made back to front."""

import asyncio


def run(module, make=str):
    lines = [make(f"line {i} of the text") for i in range(600)]
    return [
        module.backwards(lines),
        module.framed(lines, "head"),
        module.by_group([lines, lines[:300], []]),
        asyncio.run(module.later(lines)),
    ]


def measure(module):
    module.backwards([f"line {i} of the text\n" for i in range(12_000)])
