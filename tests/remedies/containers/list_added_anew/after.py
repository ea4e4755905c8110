"""Lists that grow."""


def joined(rows):
    found = []
    for row in rows:
        found += row  # whet: expect
    return found


def pairs(numbers):
    made: list = [0]
    for number in numbers:
        if number % 2:
            made += [number, len(made)]  # whet: expect
        else:
            made += [number]  # whet: expect
    return made[1:]


async def nested(rows):
    everything = list(rows[:1])
    while len(everything) < 100:
        everything   =   everything   +   rows
    return tuple(everything)


def both(rows):
    out = []
    for row in rows:
        for cell in row:
            out += [cell * 2]  # whet: expect
        out.append(len(out))
    return sorted(out)
