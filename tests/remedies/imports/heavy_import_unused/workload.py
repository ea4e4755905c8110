"""Never the rare command."""

IMPORTS = {"colorsys": 0.4, "graphlib": 0.3, "fractions": 0.3, "statistics": 0.3, "textwrap": 0.2,
           "xml.dom": 0.2, "string": 0.1, "decimal": 0.2}


def run(module, make=str):
    return [module.common(make("x"))]


def measure(module):
    return module.common("x")
