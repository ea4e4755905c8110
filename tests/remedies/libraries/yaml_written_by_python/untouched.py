"""Near misses, each for a reason of its own."""

import yaml


def full(data):
    return yaml.dump(data)


def quick(data):
    return yaml.dump(data, Dumper=yaml.CSafeDumper)


def several(rows):
    return yaml.safe_dump_all(rows)


def named(data):
    return yaml.safe_dump(data=data)
