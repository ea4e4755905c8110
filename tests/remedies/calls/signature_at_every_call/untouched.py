"""Near misses, each for a reason of its own."""

import inspect


def followed(function):
    return inspect.signature(function, follow_wrapped=False)


def spread(functions):
    return inspect.signature(*functions)


def specification(function):
    return inspect.getfullargspec(function)


def local(function):
    from inspect import signature

    return signature(function)
