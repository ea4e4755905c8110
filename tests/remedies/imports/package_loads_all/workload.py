"""Somebody needs nothing but a separator."""

FILE = "package/__init__.py"
IMPORTS = {"colorsys": 0.4, "graphlib": 0.3, "fractions": 0.3, "statistics": 0.3, "textwrap": 0.2,
           "string": 0.1}


def run(module, make=str):
    return [module.separator(), module.__all__]


def measure(module):
    return run(module)
