"""Reads a table at every turn."""

import json
import os
from pathlib import Path


def totals(rows, folder):
    total = []
    rates = None
    for name, amount in rows:
        if rates is None:
            with open(os.path.join(folder, "rates.json")) as file:  # whet: expect
                rates = json.load(file)  # all of them

        total.append(rates[name] * amount)
    return total


def known(names, folder, size):
    found = 0
    words = None
    while names:
        name = names.pop()
        for _ in range(size):
            if words is None:
                words = set(Path(f"{folder}/words.txt").read_text().split())  # whet: expect
            if name in words:
                found += 1
    return found
