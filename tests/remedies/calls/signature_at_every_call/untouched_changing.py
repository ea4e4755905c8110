"""Signatures change here."""

import inspect


def change(function):
    function.__signature__ = inspect.signature(print)
    return inspect.signature(function)
