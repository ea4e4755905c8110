"""Near misses, each for a reason of its own."""

WORDS = []


def once(words, word):
    return words.count(word)


def grows(words):
    found = []
    for word in words:
        if found.count(word) < 2:
            found.append(word)
    return found


def shrinks(words):
    for word in list(words):
        if words.count(word) > 1:
            words.remove(word)


def handed_on(words, change):
    for word in list(words):
        change(words)
        if words.count(word):
            return word


def later(words):
    counts = (words.count(word) for word in words)
    words.clear()
    return list(counts)


def bound_in_the_loop(rows):
    for row in rows:
        cells = row.split()
        if cells.count("a"):
            return row


def with_more(words, text):
    return [text.count(word, 1) for word in words]


def of_the_module(names):
    return [WORDS.count(name) for name in names]


def maybe_bound(words, flag):
    if flag:
        known = list(words)
    for word in words:
        if flag and known.count(word):
            return word


def binds(words):
    return [words.count(last := word) for word in words]


def in_a_string(words):
    return "".join([f"{words.count(word)}" for word in words])


def looks_at_itself(words):
    return [words.count(word) + len(locals()) for word in words]


def asked_in_a_loop_that_changes_it(names, columns):
    for name in names:
        while columns.count(name) > 0:
            name = "_" + name
        columns.append(name)
