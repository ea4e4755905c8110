"""Times in a log."""

import datetime
from datetime import datetime as Moment
from functools import lru_cache as remembered


@remembered
def double(number):
    return 2 * number


def _time_of_time(text):
    if type(text) is str and len(text) == 19:
        try:
            moment = datetime.datetime.fromisoformat(text)
        except ValueError:
            pass
        else:
            if moment.isoformat(" ", "seconds") == text:
                return moment
    return datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S")


# Of a line.
def time_of(line):
    return _time_of_time(line[:19])  # whet: expect


def _day_time(text):
    if type(text) is str and len(text) == 10:
        try:
            moment = Moment.fromisoformat(text)
        except ValueError:
            pass
        else:
            if moment.date().isoformat() == text:
                return moment
    return Moment.strptime(text, '%Y-%m-%d')


def _exact_time(text):
    if type(text) is str and len(text) == 26:
        try:
            moment = Moment.fromisoformat(text)
        except ValueError:
            pass
        else:
            if moment.isoformat("T", "microseconds") == text:
                return moment
    return Moment.strptime(text, "%Y-%m-%dT%H:%M:%S.%f")


class Row:
    def day(self, text):
        return _day_time(text).date()  # whet: expect

    def exact(self, texts):
        return [_exact_time(text) for text in texts]  # whet: expect


def _minute_time(text):
    if type(text) is str and len(text) == 16:
        try:
            moment = Moment.fromisoformat(text)
        except ValueError:
            pass
        else:
            if moment.isoformat("T", "minutes") == text:
                return moment
    return Moment.strptime(text, "%Y-%m-%dT%H:%M")


def minute(text):
    return _minute_time(text)  # whet: expect


@remembered(maxsize=4096, typed=True)
def _european_time(text):
    return Moment.strptime(text, "%d.%m.%Y")


def european(text):
    return _european_time(text)  # whet: expect
