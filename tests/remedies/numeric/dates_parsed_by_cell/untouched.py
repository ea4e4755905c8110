"""Near misses, each for a reason of its own."""

import pandas as pd


def at_once(table):
    return pd.to_datetime(table["day"])


def once(text):
    return pd.to_datetime(text)


def other(texts):
    return [pd.Timestamp(text) for text in texts]


def evaluated_once(texts):
    return [day for day in pd.to_datetime(texts)]
