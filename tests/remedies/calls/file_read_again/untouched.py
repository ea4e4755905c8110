"""Looks like it, and is something else."""

import csv
import json
import os


def writes(path):
    with open(path, "r+") as file:
        return json.load(file)


def optional(path):
    try:
        with open(path) as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def perhaps(path):
    if not path:
        return None
    with open(path) as file:
        return file.read()


def own_name(name):
    with open(name + ".json") as file:
        return json.load(file)


def hooked(path, hook):
    with open(path) as file:
        return json.load(file, object_hook=hook)


def yields(path):
    with open(path) as file:
        yield from file


def several(one, other):
    with open(one) as first, open(other) as second:
        return first.read() + second.read()


def noisy(path):
    with open(path) as file:
        print("reading", path)
        return file.read()


def environment(path):
    with open(path) as file:
        return file.read() + os.environ["HOME"]


def rebound(path):
    path = path + ".json"
    with open(path) as file:
        return file.read()


def default(path="settings.json"):
    with open(path) as file:
        return file.read()


def one_line(path): return open(path).read()


class Reader:
    def read(self, path):
        with open(path) as file:
            return list(csv.reader(file))


def kept(path):
    with open(path) as file:
        return file.read()


TABLE = {"kept": kept.__name__}


async def later(path):
    with open(path) as file:
        return file.read()
