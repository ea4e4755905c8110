"""Sizes of what lies in a folder."""

import os


def total(folder):
    found = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_file():
                found += entry.stat().st_size
    return found


def folders(top):
    with os.scandir(top) as entries:
        return sorted(entry.name for entry in entries if entry.is_dir())
