"""Names, cleaned."""

STOP_WORDS = ["a", "an", "the", "of", "in", "on", "at", "to"]
_VOWELS = [chr(code) for code in range(97, 123) if chr(code) in "aeiouyåäöéèü"]


def unique(names):
    seen = []  # in order
    for name in names:
        if name not in seen:  # whet: expect
            seen.append(name)
    return seen


def count_new(names):
    known = []
    fresh = 0
    for name in names:
        if name not in known:  # whet: expect
            known.append(name)
            fresh += 1
    return fresh


def common(left, right):
    return [item for item in left if item in right]  # whet: expect


def kept(words):
    return [word for word in words if word not in STOP_WORDS]  # whet: expect


def is_weekday_like(word):
    return word in ["mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"]  # whet: expect


def both(pairs, texts):
    found = 0
    for text in texts:
        parts = text.split(",")
        for pair in pairs:
            if pair in parts and True:  # whet: expect
                found += 1
    return found


class Filter:
    def __init__(self, allowed):
        self._allowed = [word for word in allowed]
        self.passed = 0

    def keep(self, words):
        found = []
        for word in words:
            if word in self._allowed:  # whet: expect
                found.append(word)
        return found, self.passed
