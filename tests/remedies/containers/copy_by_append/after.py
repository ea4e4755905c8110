"""Copies, element by element."""


def merged(groups):
    everything = []
    for group in groups:
        everything.extend(group)  # whet: expect
    return everything


def letters(word, found):
    found.extend(sorted(word))  # whet: expect
    return found


def pairs(table):
	found = [0]
	found.extend(table.items())  # whet: expect
	return found


def two(first, second):
    found = []
    for part in first, second:
        for each in part + second:
            # nothing else happens here
            pass
        for each in (part + second):
            found.append(each)
    found.extend(first + second)  # whet: expect
    return found
