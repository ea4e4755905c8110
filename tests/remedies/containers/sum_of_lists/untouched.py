"""Near misses, each for a reason of its own."""


def numbers(xs):
    return sum(xs, 0)


def onto_something(rows):
    return sum(rows, [0])


def onto_a_name(rows, start):
    return sum(rows, start)


def shadowed(rows, sum):
    return sum(rows, [])


def of_its_own(rows, list):
    return sum(rows, [])


def starred(rows):
    return sum(*rows, [])


def annotated(rows):
    return sum(
        rows,  # every row is a list
        [],
    )


def in_a_string(rows):
    return f"""
    {sum(rows, [])}"""
