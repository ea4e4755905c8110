"""Never the rare command."""

PYTHON = (3, 15)
IMPORTS = {"colorsys": 0.4, "graphlib": 0.3, "fractions": 0.3, "statistics": 0.3}


def run(module, make=str):
    return [module.common("x"), module.rare(1, 0, 0)[0]]
