"""Settings."""

import io

import yaml
from yaml import SafeLoader


class Settings:
    def read(self, text):
        return yaml.safe_load(text)  # whet: expect


def from_file(text):
    with io.StringIO(text) as file:
        return yaml.load(file, Loader=yaml.SafeLoader)  # whet: expect


def from_bytes(raw):
    return yaml.load(raw, SafeLoader)  # whet: expect
