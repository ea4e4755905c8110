"""Near misses, each for a reason of its own."""

from pathlib import Path


def once(folder, name):
    return Path(folder) / name


def read(names):
    return [Path(name).read_text() for name in names]


def before_the_loop(folder, names):
    top = Path(folder)
    return [top / name for name in names]


def given(paths):
    return [path.suffix for path in paths]
