"""A folder that is always there."""

import encodings
import os


def run(module, make=str):
    folder = os.path.dirname(encodings.__file__)
    return [module.total(folder) > 0, module.folders(os.path.dirname(folder))[:0]]


def measure(module):
    return run(module) * 30
