"""Places."""


def ranks(names, order):
    order_places = dict(zip(reversed(order), range(len(order) - 1, -1, -1)))
    return [order_places[name] if name in order_places else order.index(name) for name in names]  # whet: expect


def moved(numbers):
    ordered = sorted(numbers)
    steps = 0
    ordered_places = dict(zip(reversed(ordered), range(len(ordered) - 1, -1, -1)))
    for place, number in enumerate(numbers):
        steps += abs((ordered_places[number] if number in ordered_places else ordered.index(number)) - place)  # whet: expect
    return steps


def known(names, order):
    found = []
    order_places = dict(zip(reversed(order), range(len(order) - 1, -1, -1)))
    for name in names:
        try:
            at = order_places[wanted] if (wanted := name + 1) in order_places else order.index(wanted)  # whet: expect
        except ValueError as error:
            found.append(str(error)[-14:])
            continue
        found.append(at)
    return found
