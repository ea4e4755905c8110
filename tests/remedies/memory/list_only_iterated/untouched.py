"""Near misses."""


def measured(size):
    rows = [n for n in range(size)]
    for row in rows:
        print(row, len(rows))


def something_between(size):
    rows = [n for n in range(size)]
    print("now")
    for row in rows:
        print(row)


def changed_source(items):
    rows = [n * 2 for n in items]
    for row in rows:
        items.append(row)


def changed_factor(size, factor):
    rows = [n * factor for n in range(size)]
    for row in rows:
        factor = row


def impure(size):
    for row in [print(n) for n in range(size)]:
        print(row)


def given(size, make):
    for row in [make(n) for n in range(size)]:
        print(row)


def attribute(items):
    for name in [item.name for item in tuple(items)]:
        print(name)


def two_sources(size):
    for row in [(a, b) for a in range(size) for b in range(size)]:
        print(row)


def hands_out(size):
    for row in [n for n in range(size)]:
        yield row


async def waits(size):
    for row in [n for n in range(size)]:
        print(row)


def sliced(size):
    for row in [n for n in range(size)][1:]:
        print(row)


def loops(size):
    rows = [n for n in range(size)]
    while size:
        for row in rows:
            print(row)
        size -= 1
