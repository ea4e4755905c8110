"""Near misses, each for a reason of its own."""

import datetime
import time
from datetime import datetime as Moment


def zone(text):
    return Moment.strptime(text, "%Y-%m-%dT%H:%M:%S%z")


def month(text):
    return Moment.strptime(text, "%d %b %Y")


def no_year(text):
    return Moment.strptime(text, "%H:%M")


def built(text, form):
    return Moment.strptime(text, form)


def named(text):
    return Moment.strptime(text, format="%Y-%m-%d")


def broken(text):
    return Moment.strptime(text, "%Y-%")


def tuples(text):
    return time.strptime(text, "%Y-%m-%d")


def dates(text):
    return datetime.date.strptime(text, "%Y-%m-%d")


def several_lines(text):
    return Moment.strptime(
        text,  # a comment
        "%Y-%m-%d",
    )


def has_tried(text):
    try:
        return Moment.fromisoformat(text)
    except ValueError:
        return Moment.strptime(text, "%Y-%m-%d")
