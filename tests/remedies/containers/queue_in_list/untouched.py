"""Near misses, each for a reason of its own."""


def may_be_empty(queue_of):
    queue = list(queue_of)
    try:
        while True:
            queue.pop(0)
    except IndexError as error:
        return str(error)


def sliced(items):
    queue = list(items)
    while queue:
        queue.pop(0)
    return queue[1:]


def handed_out(items, keep):
    queue = [items]
    keep(queue)
    while queue:
        queue.pop(0)


def given(queue):
    while queue:
        queue.pop(0)


def twice(items):
    queue = list(items)
    while queue:
        pair = queue.pop(0), queue.pop(0)
    return pair


def changes_while_iterated(items):
    queue = list(items)
    for item in queue:
        queue.insert(0, item)
        if len(queue) > 10:
            break


def compared(items):
    queue = list(items)
    while queue:
        queue.pop(0)
    return queue == []


def at_the_end(items):
    stack = list(items)
    while stack:
        stack.pop()
    return stack


def in_the_middle(items):
    queue = [0]
    for item in items:
        queue.insert(1, item)
    while queue:
        queue.pop(0)


def nested(items):
    queue = list(items)
    while queue:
        for item in items:
            queue.pop(0)


def asked_for_afterwards(items, log):
    queue = list(items)
    while True:
        try:
            queue.pop(0)
        except IndexError:
            log.exception("empty")
            break


def raised_anew(items):
    queue = list(items)
    while True:
        try:
            queue.pop(0)
        except IndexError:
            raise ValueError(items)


def caught_as_something_else(items):
    queue = list(items)
    while True:
        try:
            queue.pop(0)
        except KeyError:
            break


def caught_by_a_name_of_its_own(items, IndexError):
    queue = list(items)
    while True:
        try:
            queue.pop(0)
        except IndexError:
            break


def taken_where_nothing_catches(items):
    queue = list(items)
    try:
        del items
    except IndexError:
        queue.pop(0)
    else:
        queue.pop(0)


def guarded_in_between(items, guard):
    queue = list(items)
    try:
        with guard:
            queue.pop(0)
    except IndexError:
        pass


def promised_as_a_sequence(items):
    queue: MutableSequence = list(items)
    while queue:
        queue.pop(0)
