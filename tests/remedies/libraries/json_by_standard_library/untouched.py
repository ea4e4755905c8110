"""Near misses, each for a reason of its own."""

import json


def with_options(value):
    return json.dumps(value, sort_keys=True)


def to_file(value, file):
    json.dump(value, file)


def local(text):
    import json

    return json.loads(text)
