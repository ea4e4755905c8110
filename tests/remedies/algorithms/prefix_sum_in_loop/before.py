"""Where parts begin."""


def offsets(sizes):
    return [sum(sizes[:i]) for i in range(len(sizes))]  # whet: expect


def ends(sizes):
    found = {}
    for number, size in enumerate(sizes):
        start = found.setdefault(number, size)
        found[number] = (
            sum(sizes[:number + 1])  # whet: expect
            - start
        )
    return found


def all_of_them(sizes: tuple):
    whole = [  # one more than there are parts
        sum(sizes[:i]) for i in range(1, len(sizes) + 1) if i % 2  # whet: expect
    ]
    return whole
