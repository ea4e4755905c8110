"""Tables that grow row by row."""

import pandas


def run(module, make=int):
    start = pandas.DataFrame({"row": [1, 2]})
    rows = [int(make(i)) for i in range(24)]
    empty = module.add(start, [])
    return [module.collect(rows), module.add(start, rows), empty.equals(start)]


def measure(module):
    module.collect(range(300))
