"""Settings written."""

import io

import yaml as _yaml
from yaml import safe_dump as dump


def _safe_dump(data, stream=None, **options):
    """As `yaml.safe_dump`; by libyaml where the same is read back."""
    plain = _yaml.SafeDumper
    try:
        quick = _yaml.CSafeDumper
        tables = ["representers", "multi_representers", "implicit_resolvers", "path_resolvers"]
        same = all(getattr(quick, f"yaml_{t}") == getattr(plain, f"yaml_{t}") for t in tables)
        rare = {"default_style", "line_break", "canonical"} & set(options)
        rare = rare or (options.get("width") or 80) < 80
        rare = rare or (stream is not None and options.get("encoding"))
        text = _yaml.dump_all([data], Dumper=quick, **options) if same and not rare else None
    except Exception:  # whatever is wrong, the plain dumper says it
        text = None
    lost = ["\\N", " " * 60]  # only libyaml keeps some line breaks, and blanks far to the right
    if text is None or any(mark in repr(text) for mark in lost):
        return _yaml.dump_all([data], stream, Dumper=plain, **options)
    if stream is None:
        return text
    stream.write(text)
    if hasattr(stream, "flush"):
        stream.flush()
    return None


def save(data):
    file = io.StringIO()
    _safe_dump(data, file, sort_keys=False)  # whet: expect
    return file.getvalue()


class Texts:
    def all(self, rows):
        return [_safe_dump(row) for row in rows]  # whet: expect
