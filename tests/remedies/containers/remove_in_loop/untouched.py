"""Near misses, each for a reason of its own."""


def without_test(words, gone):
    for word in gone:
        words.remove(word)


def reads_the_list(words):
    for word in list(words):
        if words.count(word) > 1:
            words.remove(word)


def more_work(words, seen):
    for word in list(words):
        if word:
            words.remove(word)
            seen.append(word)


def while_it_shrinks(words):
    for word in words:
        if word:
            words.remove(word)


def used_behind(words):
    for word in list(words):
        if word:
            words.remove(word)
    return word


def asks_somebody(words, test):
    for word in list(words):
        if test(word):
            words.remove(word)


def explained(words):
    for word in list(words):
        if not word:  # empty ones
            words.remove(word)


def maybe_the_same(words, gone):
    for word in gone:
        if word in words:
            words.remove(word)


def another_list(words, others):
    for word in list(words):
        if not word:
            others.remove(word)
