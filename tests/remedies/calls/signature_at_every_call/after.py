"""Handlers that get what they ask for."""

from weakref import WeakKeyDictionary
import inspect


def _signature_of(function, known=WeakKeyDictionary(), plain=type(lambda: None)):
    """As `signature`; that of a plain function is worked out once."""
    if type(function) is not plain:
        return inspect.signature(function)
    parts = function.__code__, function.__defaults__, function.__kwdefaults__
    parts += tuple(map(function.__dict__.get, ("__wrapped__", "__signature__")))
    found = known.get(function)
    if found is None or any(old is not new for old, new in zip(found[0], parts)):
        found = known[function] = parts, inspect.signature(function)
    return found[1]


def greet(name, *, loud=False):
    return name.upper() if loud else name


def add(a, b=1):
    return a + b


class Router:
    def call(self, handler, values):
        wanted = _signature_of(handler).parameters  # whet: expect
        return handler(**{name: values[name] for name in wanted if name in values})


def names(handlers):
    return [list(_signature_of(each).parameters) for each in handlers]  # whet: expect
