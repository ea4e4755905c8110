"""Tests."""


def is_space(char):
    return char in {" ", "\t", "\n"}


def is_mark(line):
    if line.startswith(("#", "//", "--")):
        return True
    return False


_NAMES = {int: "int", bool: "int", str: "str", list: "list", dict: "dict"}


def name_of(value):
    return _NAMES.get(type(value), "?")
