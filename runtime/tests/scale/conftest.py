"""Loads of whole days, minute by minute, for the tests of forecasts."""

import math
import random

import pytest

DAY = 24 * 60
MONDAY_S = 1_704_067_200  # 2024-01-01 00:00 UTC


def daily(days, *, noise=0.02, weekend=1.0, seed=1, bursts=()):
    """Loads of days with one noon peak; bursts are pairs of hour and height."""
    chance, loads = random.Random(seed), []
    for minute in range(days * DAY):
        day, hour = minute // DAY, minute % DAY / 60
        load = 5 + 10 * math.exp(-(((hour - 12) / 3) ** 2))
        for begin, height in bursts:
            since = (hour - begin) * 60
            if 0 <= since < 40:
                load *= 1 + height * min(since / 3, 1)
        load *= weekend if day % 7 >= 5 else 1.0
        loads.append(load * math.exp(chance.gauss(0, noise)))
    return loads


@pytest.fixture
def days():
    return daily
