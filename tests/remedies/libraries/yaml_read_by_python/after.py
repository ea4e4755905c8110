"""Settings."""

import io

import yaml
from yaml import SafeLoader


def _safe_load(stream):
    """As `yaml.safe_load`; by libyaml where both read alike."""
    start, text = None, stream
    try:
        if not isinstance(stream, (str, bytes)):
            start = stream.tell()
            text = stream.read()
        if isinstance(text, bytes):
            text = text.decode()
        quick, plain = yaml.CSafeLoader, yaml.SafeLoader
        tables = ["constructors", "multi_constructors", "implicit_resolvers", "path_resolvers"]
        same = all(getattr(quick, f"yaml_{t}") == getattr(plain, f"yaml_{t}") for t in tables)
        deep = text.count("[") + text.count("{") > 500
        deep = deep or any(len(row) - len(row.lstrip(" -")) > 250 for row in text.splitlines())
        if same and not deep and not any(mark in text for mark in ("\t", "!", " ?", "\ufeff")):
            return yaml.load(text, Loader=quick)
    except Exception:  # whatever is wrong, the plain loader says it
        pass
    if start is not None:
        stream.seek(start)
    return yaml.load(stream, Loader=yaml.SafeLoader)


class Settings:
    def read(self, text):
        return _safe_load(text)  # whet: expect


def from_file(text):
    with io.StringIO(text) as file:
        return _safe_load(file)  # whet: expect


def from_bytes(raw):
    return _safe_load(raw)  # whet: expect
