"""Names, cleaned."""

STOP_WORDS = ["a", "an", "the", "of", "in", "on", "at", "to"]
_STOP_WORDS_SET = frozenset(STOP_WORDS)
_VOWELS = [chr(code) for code in range(97, 123) if chr(code) in "aeiouyåäöéèü"]


def unique(names):
    seen = []  # in order
    seen_set = set()
    for name in names:
        if name not in seen_set:  # whet: expect
            seen.append(name)
            seen_set.add(name)
    return seen


def count_new(names):
    known = set()
    fresh = 0
    for name in names:
        if name not in known:  # whet: expect
            known.add(name)
            fresh += 1
    return fresh


def common(left, right):
    right_set = set(right)
    return [item for item in left if item in right_set]  # whet: expect


def kept(words):
    return [word for word in words if word not in _STOP_WORDS_SET]  # whet: expect


def is_weekday_like(word):
    return word in {"mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"}  # whet: expect


def both(pairs, texts):
    found = 0
    for text in texts:
        parts = set(text.split(","))
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
        allowed_set = set(self._allowed)
        for word in words:
            if word in allowed_set:  # whet: expect
                found.append(word)
        return found, self.passed
