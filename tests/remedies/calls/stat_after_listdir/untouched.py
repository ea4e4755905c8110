"""Near misses, each for a reason of its own."""

import os


def names(folder):
    return sorted(os.listdir(folder))


def joined(folder):
    return [os.path.join(folder, name) for name in os.listdir(folder)]


def kept(folder):
    listed = os.listdir(folder)
    return [name for name in listed if os.path.isdir(name)]


def quick(folder):
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries if entry.is_dir()]
