"""Words looked up in texts."""

from __future__ import annotations

from functools import lru_cache
import re
from re import compile as regex


_mentions_compiled = lru_cache(maxsize=4096, typed=True)(re.compile)


def mentions(word, text):
    found = _mentions_compiled(rf"\b{word}\b", re.ASCII).search(text.strip().lower())  # whet: expect
    return found is not None


_pattern_compiled = lru_cache(maxsize=4096, typed=True)(re.compile)


_mentions_compiled_2 = lru_cache(maxsize=4096, typed=True)(re.compile)


class Index:
    @staticmethod
    def pattern(word):
        return _pattern_compiled(word + "s?", re.IGNORECASE | re.M)  # whet: expect

    def mentions(self, words, text):
        # One after the other.
        return [word for word in words if _mentions_compiled_2(word).sub("", string=text, count=1) != text]  # whet: expect
