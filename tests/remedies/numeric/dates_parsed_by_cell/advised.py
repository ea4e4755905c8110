"""Dates, a column at a time."""

import pandas as pd


def days(texts):
    return list(pd.to_datetime(texts))


def last(texts):
    return pd.to_datetime(texts, utc=True)[-1]


def column(table):
    return pd.to_datetime(table["day"])
