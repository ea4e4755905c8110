"""Near misses, each for a reason of its own."""

SHARED = ["a", "b", "c", "d", "e", "f", "g", "h"]
SHARED.append("i")


def already_a_set(names, wanted):
    known = set(wanted)
    return [name for name in names if name in known]


def shrinks(names):
    left = list(names)
    for name in names:
        if name in left:
            left.remove(name)
    return left


def handed_out(names, keep):
    seen = []
    for name in names:
        if name not in seen:
            keep(seen)
            seen.append(name)
    return seen


def tested_once(names, name):
    known = [n.lower() for n in names]
    return name in known


def changed_in_module(words):
    return [word for word in words if word in SHARED]


def seen_from_inside(names):
    seen = []

    def add(name):
        if name not in seen:
            seen.append(name)

    for name in names:
        add(name)
    return seen


def side_effect(names):
    seen = []
    for name in names:
        if name not in seen:
            seen.append(names.pop())
    return seen


def short(word):
    return word in ["yes", "no"]


def maybe_none(items, wanted=None):
    return [item for item in items if item in wanted]


class Held:
    def __init__(self, given):
        self.items = []
        self.given = given
        self.sure = list(given)

    @property
    def sure(self):
        return self._sure

    def grows_in_a_method(self, names):
        for name in names:
            if name not in self.items:
                self.note(name)

    def grows_here(self, names):
        for name in names:
            if name not in self.items:
                self.items.append(name)

    def made_elsewhere(self, names):
        return [name for name in names if name in self.given]

    def a_property(self, names):
        return [name for name in names if name in self.sure]

    def handed_over(self, names, judge):
        return [name for name in names if name in self.items or judge(self)]

    def bound_anew(self, names):
        for self in names:
            1 in self.items

    def not_in_a_loop(self, name):
        return name in self.items

    def later(self, names):
        return (name in self.items for name in names)

    @staticmethod
    def of_another(other, names):
        return [name for name in names if name in other.items]


def no_method(self, names):
    return [name for name in names if name in self.items]
