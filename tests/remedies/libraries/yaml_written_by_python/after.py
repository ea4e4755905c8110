"""Settings written."""

import io

import yaml as _yaml
from yaml import safe_dump as dump


def _safe_dump(data, stream=None, **options):
    """As `yaml.safe_dump`; by libyaml where both know the same types."""
    plain = _yaml.SafeDumper
    quick = getattr(_yaml, "CSafeDumper", plain)
    tables = ["representers", "multi_representers", "implicit_resolvers", "path_resolvers"]
    same = all(getattr(quick, f"yaml_{t}") == getattr(plain, f"yaml_{t}") for t in tables)
    return _yaml.dump_all([data], stream, Dumper=quick if same else plain, **options)


def save(data):
    file = io.StringIO()
    _safe_dump(data, file, sort_keys=False)  # whet: expect
    return file.getvalue()


class Texts:
    def all(self, rows):
        return [_safe_dump(row) for row in rows]  # whet: expect
