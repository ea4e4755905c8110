"""Near misses."""


def buffered(path):
    with open(path, "rb") as file:
        return file.read(1)


def writes(path):
    with open(path, "r+b", buffering=0) as file:
        return file.read(1)


def all_of_it(path):
    with open(path, "rb", buffering=0) as file:
        return file.read()


def shared(path, other):
    with open(path, "rb", buffering=0) as file:
        other(file.fileno())
        return file.read(1)


def lines(path):
    with open(path, "rb", buffering=0) as file:
        return list(file)


def by_name(path, size):
    with open(path, "rb", buffering=size) as file:
        return file.read(1)


def commented(path):
    with open(
        path,
        "rb",  # bytes
        buffering=0,
    ) as file:
        return file.read(1)
