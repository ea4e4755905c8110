"""Handlers that get what they ask for."""

import inspect


def greet(name, *, loud=False):
    return name.upper() if loud else name


def add(a, b=1):
    return a + b


class Router:
    def call(self, handler, values):
        wanted = inspect.signature(handler).parameters  # whet: expect
        return handler(**{name: values[name] for name in wanted if name in values})


def names(handlers):
    return [list(inspect.signature(each).parameters) for each in handlers]  # whet: expect
