"""Times in a log."""

import datetime
from datetime import datetime as Moment
from functools import lru_cache as remembered


@remembered
def double(number):
    return 2 * number


# Of a line.
def time_of(line):
    return datetime.datetime.strptime(line[:19], "%Y-%m-%d %H:%M:%S")  # whet: expect


class Row:
    def day(self, text):
        return Moment.strptime(text, '%Y-%m-%d').date()  # whet: expect

    def exact(self, texts):
        return [Moment.strptime(text, "%Y-%m-%dT%H:%M:%S.%f") for text in texts]  # whet: expect


def minute(text):
    return Moment.strptime(text, "%Y-%m-%dT%H:%M")  # whet: expect


def european(text):
    return Moment.strptime(text, "%d.%m.%Y")  # whet: expect
