"""Reads a table at every turn."""

import json
import os
from pathlib import Path


def totals(rows, folder):
    total = []
    for name, amount in rows:
        with open(os.path.join(folder, "rates.json")) as file:  # whet: expect
            rates = json.load(file)  # all of them

        total.append(rates[name] * amount)
    return total


def known(names, folder, size):
    found = 0
    while names:
        name = names.pop()
        for _ in range(size):
            words = set(Path(f"{folder}/words.txt").read_text().split())  # whet: expect
            if name in words:
                found += 1
    return found
