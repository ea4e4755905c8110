"""Tests."""


def is_space(char):
    return char == " " or char == "\t" or char == "\n"  # whet: expect


def is_mark(line):
    if line.startswith("#") or line.startswith("//") or line.startswith("--"):  # whet: expect
        return True
    return False


def name_of(value):
    if isinstance(value, int):
        return "int"
    elif isinstance(value, str):
        return "str"
    elif isinstance(value, list):
        return "list"
    elif isinstance(value, dict):  # whet: expect
        return "dict"
    return "?"
