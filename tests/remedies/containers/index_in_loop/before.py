"""Places."""


def ranks(names, order):
    return [order.index(name) for name in names]  # whet: expect


def moved(numbers):
    ordered = sorted(numbers)
    steps = 0
    for place, number in enumerate(numbers):
        steps += abs(ordered.index(number) - place)  # whet: expect
    return steps


def known(names, order):
    found = []
    for name in names:
        try:
            at = order.index(name + 1)  # whet: expect
        except ValueError as error:
            found.append(str(error)[-14:])
            continue
        found.append(at)
    return found
