"""Holds whole files."""


def count(path, word):
    found = 0
    with open(path, encoding="utf-8") as file:
        title = file.readline()
        for number, line in enumerate(file, 1):  # whet: expect
            if word in line:
                found += number
    return title, found


def longest(path):
    with open(path, "rb") as file:
        return max(len(line.strip()) for line in file)  # whet: expect


def lengths(path):
    with open(path) as file:
        lengths = {len(line) for line in file if line}  # whet: expect
    return sorted(lengths)
