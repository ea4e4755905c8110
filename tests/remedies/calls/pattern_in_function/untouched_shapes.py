"""Near misses, each for a reason of its own."""

import re

TOP = re.compile("x+")


def built(word, text):
    return re.search(rf"\b{word}\b", text)


def broken(text):
    return re.match("(", text)


def local(text):
    import re

    return re.match("a+", text)


def shadowed(re, text):
    return re.match("a+", text)


def bytes_by_locale(text):
    return re.match(b"a+", text, re.LOCALE)


def flags_at_run_time(text, flags):
    return re.match("a+", text, flags)


def newer_syntax(text):
    return re.match("a++", text)


def star(arguments):
    return re.match("a+", *arguments)


def missing_text():
    return re.match("a+")


def escaped(text):
    return re.escape(text)


def warns(text):
    return re.match("[[a]", text)


def named_below(text):
    return re.match(BELOW, text)


BELOW = "a+"
TWICE = "a+"
TWICE = "b+"
REPLACED = "a+"
if TWICE:
    SOMETIMES = "a+"
WORKED_OUT = "a" + TWICE


def bound_twice(text):
    return re.match(TWICE, text)


def replaced_later(text):
    return re.match(REPLACED, text)


def replaces(text):
    global REPLACED
    REPLACED = text


def bound_in_a_branch(text):
    return re.match(SOMETIMES, text)


def worked_out(text):
    return re.match(WORKED_OUT, text)


def given(pattern, text):
    return re.match(pattern, text)
