"""Near misses, each for a reason of its own."""

import re


def once(word, text):
    return re.search(rf"\b{word}\b", text)


def anywhere(words, text):
    return [word for word in words if re.search(word, text)]


def the_same(texts):
    return [text for text in texts if re.search(r"\bword\b", text)]
