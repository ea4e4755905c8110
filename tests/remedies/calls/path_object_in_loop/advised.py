"""Names of files."""

import os


def joined(folder, names):
    return [os.path.join(folder, name) for name in names]


def kinds(names):
    found = set()
    for name in names:
        found.add(os.path.splitext(name)[1])
    return sorted(found)
