"""Starts git for every name."""

import subprocess
from subprocess import PIPE, run


def kinds(names, folder):
    found = []
    for name in names:
        found.append(
            subprocess.check_output(["git", "-C", folder, "cat-file", "-t", name])  # whet: expect
        )
    return found


def contents(paths, folder, commit="HEAD"):
    return {
        path: subprocess.check_output(["git", "show", f"{commit}:{path}"], cwd=folder)  # whet: expect
        for path in paths
    }


def texts(paths, folder):
    found = {}
    for path in sorted(paths):
        try:
            text = run(
                ["git", "cat-file", "blob", "HEAD:" + path],  # whet: expect
                cwd=folder, stdout=PIPE, encoding="utf-8", check=True,
            ).stdout
        except subprocess.CalledProcessError:
            continue
        found[path] = text.splitlines()
    return found


def names(revisions, folder):
    return [
        subprocess.check_output(["git", "rev-parse", "--verify", each], cwd=folder, text=True).strip()  # whet: expect
        for each in revisions
    ]


def changed(folder, paths):
    times = {}
    for path in paths:
        line = subprocess.check_output(
            ["git", "log", "-1", "--format=%ct %s", "--", path], cwd=folder  # whet: expect
        )
        times[path] = line.rstrip(b"\n")
    return times
