"""Colors without their module."""

IMPORTS = {"colorsys": 0.4, "graphlib": 0.3, "fractions": 0.3, "statistics": 0.3, "textwrap": 0.2,
           "decimal": 0.2, "string": 0.1}


def run(module, make=str):
    return [module.name("red"), module.Orders().first("graph"), module.LAST]


def measure(module):
    return run(module)
