"""Throws things away."""

import os


class Enemy:
    def __init__(self, life):
        self.life = life


def without_short(words):
    for word in list(words):
        if len(word) < 3:
            words.remove(word)  # whet: expect
    return words, os.sep


def alive(enemies):
    for enemy in enemies[:]:
        if not enemy.life:
            enemies.remove(enemy)  # whet: expect
    return [enemy.life for enemy in enemies]


def without(numbers, gone):
    left = list(numbers)
    for number in gone:
        if number in left:
            left.remove(number)  # whet: expect
    return left
