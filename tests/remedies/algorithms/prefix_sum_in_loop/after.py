"""Where parts begin."""

from itertools import accumulate


def offsets(sizes):
    sizes_sums = [*accumulate(sizes, initial=0)]
    return [sizes_sums[i] for i in range(len(sizes))]  # whet: expect


def ends(sizes):
    found = {}
    sizes_sums = [*accumulate(sizes, initial=0)]
    for number, size in enumerate(sizes):
        start = found.setdefault(number, size)
        found[number] = (
            sizes_sums[number + 1]  # whet: expect
            - start
        )
    return found


def all_of_them(sizes: tuple):
    sizes_sums = [*accumulate(sizes, initial=0)]
    whole = [  # one more than there are parts
        sizes_sums[i] for i in range(1, len(sizes) + 1) if i % 2  # whet: expect
    ]
    return whole
