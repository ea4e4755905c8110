"""Sizes of what lies in a folder."""

import os
from os import path as paths


def total(folder):
    found = 0
    for name in os.listdir(folder):  # whet: expect
        path = os.path.join(folder, name)
        if paths.isfile(path):
            found += paths.getsize(path)
    return found


def folders(top):
    return [n for n in sorted(os.listdir(top)) if os.path.isdir(os.path.join(top, n))]  # whet: expect
