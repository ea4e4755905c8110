"""Words looked up in texts."""

from __future__ import annotations

import re
from re import compile as regex


def mentions(word, text):
    found = re.search(rf"\b{word}\b", text.strip().lower(), re.ASCII)  # whet: expect
    return found is not None


class Index:
    @staticmethod
    def pattern(word):
        return regex(word + "s?", flags=re.IGNORECASE | re.M)  # whet: expect

    def mentions(self, words, text):
        # One after the other.
        return [word for word in words if re.sub(
            word, "", string=text, count=1,
        ) != text]  # whet: expect
