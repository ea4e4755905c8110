"""Near misses, each for a reason of its own."""


def beyond(sizes):
    return [sum(sizes[:i + 1]) for i in range(len(sizes) + 1)]


def backwards(sizes):
    return [sum(sizes[:i]) for i in range(-3, len(sizes))]


def of_another(sizes, others):
    return [sum(sizes[:i]) for i in range(len(others))]


def grows(sizes):
    for i in range(len(sizes)):
        sizes.append(sum(sizes[:i]))
    return sizes


def given_away(sizes, use):
    for i in range(len(sizes)):
        use(sizes, sum(sizes[:i]))


def moved(sizes):
    found = []
    for i in range(len(sizes)):
        i = i + 5
        found.append(sum(sizes[:i]))
    return found


def lazy(sizes):
    return (sum(sizes[:i]) for i in range(len(sizes)))


def later(sizes):
    return lambda: [sum(sizes[:i]) for i in range(len(sizes))]


def with_start(sizes):
    return [sum(sizes[:i], 5) for i in range(len(sizes))]


def windows(sizes):
    return [sum(sizes[i:]) for i in range(len(sizes))]


def shadowed(sizes, sum):
    return [sum(sizes[:i]) for i in range(len(sizes))]


def condition(sizes):
    while [sum(sizes[:i]) for i in range(len(sizes))] != [0]:
        sizes = sizes[1:]


class Parts:
    sizes = [1]
    found = [sum([1][:i]) for i in range(1)]

    def offsets(self):
        return [sum(self.sizes[:i]) for i in range(len(self.sizes))]
