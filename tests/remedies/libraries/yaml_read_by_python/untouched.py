"""Near misses, each for a reason of its own."""

import yaml


def quick(text):
    return yaml.load(text, Loader=yaml.CSafeLoader)


def full(text):
    return yaml.load(text, Loader=yaml.FullLoader)


def given(text, loader):
    return yaml.load(text, loader)


def several(text):
    return list(yaml.safe_load_all(text))


def spread(texts):
    return yaml.safe_load(*texts)


def local(text):
    import yaml

    return yaml.safe_load(text)
