"""Near misses, each for a reason of its own."""

import logging
import sys


def named(table, key):
    try:
        return table[key]
    except KeyError as error:
        return error.args


def raises(table, key):
    try:
        return table[key]
    except KeyError:
        raise ValueError(key)


def asks(table, key):
    try:
        return table[key]
    except KeyError:
        return sys.exc_info()


def logs(table, key):
    try:
        return table[key]
    except KeyError:
        logging.exception("no key")


def everything(table, key):
    try:
        return table[key]
    except Exception:
        return None


def bare(table, key):
    try:
        return table[key]
    except:
        return None


def two_handlers(table, key):
    try:
        return table[key]
    except KeyError:
        return 1
    except TypeError:
        return 2


def with_else(table, key):
    try:
        value = table[key]
    except KeyError:
        value = 0
    else:
        value += 1
    return value


def computed_key(table, key):
    try:
        return table[key()]
    except KeyError:
        return None


def computed_table(make, key):
    try:
        return make()[key]
    except KeyError:
        return None


def more(table, key):
    try:
        value = table[key]
        value += 1
    except KeyError:
        value = 0
    return value


def deeper(table, key):
    try:
        return table[key][key]
    except KeyError:
        return None


def position(items, i):
    try:
        return items[i]
    except IndexError:
        return None


def own(table, key, KeyError):
    try:
        return table[key]
    except KeyError:
        return None


def other_use(table, key):
    try:
        return table[key].value
    except KeyError:
        return None


def calls_added(table, key, more):
    try:
        table[key] += more()
    except KeyError:
        table[key] = 1


class Lazy:
    @property
    def table(self):
        return {}

    def get(self, key):
        try:
            return self.table[key]
        except KeyError:
            return None
