"""Makes its formatter for every number."""

from fractions import Fraction


class Formatter:
    def __init__(self, places, sign="+"):
        self.places = places
        self.sign = sign

    def shown(self, number):
        return f"{self.sign}{number:.{self.places}f}"


def shown(numbers, sign):
    found = []
    for number in numbers:
        made = Formatter(2, sign=sign)  # whet: expect
        found.append(made.shown(number) + str(Fraction(number, 3)))
    return found
