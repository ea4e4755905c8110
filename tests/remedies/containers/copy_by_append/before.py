"""Copies, element by element."""


def merged(groups):
    everything = []
    for group in groups:
        for item in group:
            everything.append(item)  # whet: expect
    return everything


def letters(word, found):
    for letter in sorted(word): found.append(letter)  # whet: expect
    return found


def pairs(table):
	found = [0]
	for pair in (
		table.items()
	):
		found.append(pair)  # whet: expect
	return found


def two(first, second):
    found = []
    for part in first, second:
        for each in part + second:
            # nothing else happens here
            pass
        for each in (part + second):
            found.append(each)
    for ö in (first + second):
        found.append(ö)  # whet: expect
    return found
