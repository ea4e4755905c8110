"""Names of files."""

from pathlib import Path, PurePath


def joined(folder, names):
    return [str(Path(folder) / name) for name in names]  # whet: expect


def kinds(names):
    found = set()
    for name in names:
        found.add(PurePath(name).suffix)  # whet: expect
    return sorted(found)
