"""Near misses, each for a reason of its own."""

import re

from elsewhere import read


def constant(text):
    return re.search("a+", text)


def effects(word, texts):
    return re.search(word, texts.pop())


def called(word):
    return re.search(word, read())


def debugged(word, text):
    return re.search(word, text, re.DEBUG)


def flags_at_run_time(word, text, flags):
    return re.search(word, text, flags)


def spread(arguments):
    return re.search(*arguments)


def escaped(word):
    return re.escape(word)


def missing(word):
    return re.search(word)


def commented(word, text):
    return re.search(
        word,  # the comment would be lost
        text,
    )
