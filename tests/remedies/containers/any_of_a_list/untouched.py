"""Near misses, each for a reason of its own."""


def effects(items, log):
    return any([log(item) for item in items])


def appends(items, seen):
    return any([seen.append(item) for item in items])


def attributes(users):
    return any([user.active for user in users])


def binds(items):
    return any([(last := item) for item in items]), last


async def waits(items):
    return any([await item for item in items])


def generator(items):
    return any(item == 1 for item in items)


def shadowed(items, any):
    return any([item == 1 for item in items])


def several(items):
    return max([item == 1 for item in items])


def trailing(items):
    return any([item == 1 for item in items],)


def calls(items, test):
    return all([test(item) for item in items])


def sorts(items, key):
    return any([sorted(item, key=key) for item in items])


def of_a_method(box):
    return any([item == 1 for item in box.contents()])


def in_a_string(items):
    return f"""{any([item == 1 for item in items])}"""


class Asked:
    @property
    def ready(self):
        return print("asked")


def with_a_property(items):
    return any([item.ready for item in items])
