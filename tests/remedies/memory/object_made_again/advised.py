"""Makes its formatter once for all numbers."""

from fractions import Fraction


class Formatter:
    def __init__(self, places, sign="+"):
        self.places = places
        self.sign = sign

    def shown(self, number):
        return f"{self.sign}{number:.{self.places}f}"


def shown(numbers, sign):
    found = []
    made = Formatter(2, sign=sign)
    for number in numbers:
        found.append(made.shown(number) + str(Fraction(number, 3)))
    return found
