"""Starts git for every name."""

import subprocess


def texts(names, folder):
    found = []
    for name in names:
        found.append(
            subprocess.check_output(  # whet: expect
                ["git", "-C", folder, "cat-file", "-t", name]
            )
        )
    return found
