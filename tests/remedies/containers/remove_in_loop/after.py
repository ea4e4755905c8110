"""Throws things away."""

from collections import Counter
import os


class Enemy:
    def __init__(self, life):
        self.life = life


def without_short(words):
    words[:] = [word for word in words if not (len(word) < 3)]  # whet: expect
    return words, os.sep


def alive(enemies):
    enemies[:] = [enemy for enemy in enemies if enemy.life]  # whet: expect
    return [enemy.life for enemy in enemies]


def without(numbers, gone):
    left = list(numbers)
    gone_left = Counter(gone)
    left_kept = []
    for number in left:
        if gone_left[number] > 0:
            gone_left[number] -= 1
        else:
            left_kept.append(number)
    left[:] = left_kept  # whet: expect
    return left
