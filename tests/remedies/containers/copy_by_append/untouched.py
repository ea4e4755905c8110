"""Near misses, each for a reason of its own."""


def used_later(items):
    found = []
    for item in items:
        found.append(item)
    return found, item


def changed(items):
    found = []
    for item in items:
        found.append(item + 1)
    return found


def picked(items):
    found = []
    for item in items:
        if item:
            found.append(item)
    return found


def itself(found):
    for item in found:
        found.append(item)
    return found


def read_on_the_way(found):
    for item in [found]:
        found.append(item)
    return found


def with_else(items):
    found = []
    for item in items:
        found.append(item)
    else:
        found.clear()
    return found


def pair(items):
    found = []
    for a, b in items:
        found.append((a, b))
    return found


async def awaited(items):
    found = []
    async for item in items:
        found.append(item)
    return found


def not_bound(items):
    if items:
        found = []
    for item in items:
        found.append(item)
    return found


kept = []


def of_the_module(items):
    for item in items:
        kept.append(item)


def commented(items):
    found = []
    for item in items:
        # one by one
        found.append(item)
    return found


def seen_inside(items):
    found = []

    def last():
        return item

    for item in items:
        found.append(item)
    return found, last


def attribute(self, items):
    for item in items:
        self.found.append(item)


def looks(items):
    found = []
    for item in items:
        found.append(item)
    return vars()
