"""Near misses."""

import subprocess


def in_one(names):
    return subprocess.run(["git", "cat-file", "--batch"], input=names, check=True)


def commits(message):
    subprocess.run(["git", "commit", "-m", message], check=True)


def other(name):
    return subprocess.run(["hg", "cat", name], check=True)


def named(words):
    return subprocess.run(words, check=True)


def command(name):
    return subprocess.run(["git", name], check=True)
