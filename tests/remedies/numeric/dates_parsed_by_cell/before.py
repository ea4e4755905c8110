"""Dates, one at a time."""

import pandas as pd


def days(texts):
    return [pd.to_datetime(text) for text in texts]  # whet: expect


def last(texts):
    found = None
    for text in texts:
        found = pd.to_datetime(text, utc=True)  # whet: expect
    return found


def column(table):
    return table["day"].apply(pd.to_datetime)  # whet: expect
