"""Settings: defaults, and a file of `key = value` lines that changes them."""

import re

DEFAULTS = {
    "session_timeout": 1800,
    "bucket_seconds": 120,
    "scan_threshold": 8,
    "internal_hosts": ("www.example.org", "example.org"),
}


def load_config(path=None):
    config = dict(DEFAULTS)
    if path is None:
        return config
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            entry = parse_setting(line)
            if entry is None:
                continue
            key, value = entry
            if key not in DEFAULTS:
                raise SystemExit(f"{path}:{number}: unknown setting {key!r}")
            config[key] = convert(value, DEFAULTS[key])
    return config


def parse_setting(line):
    pattern = re.compile(r"^\s*([a-z_]+)\s*=\s*(.*?)\s*$")
    line = line.split("#", 1)[0]
    match = pattern.match(line)
    if match is None:
        return None
    return match.group(1), match.group(2)


def convert(value, default):
    if isinstance(default, tuple):
        return tuple(part.strip() for part in value.split(","))
    return int(value)
