"""Near misses."""


def kept(path):
    with open(path) as file:
        lines = file.readlines()
    for line in lines:
        print(line)
    return len(lines)


def first(path):
    with open(path) as file:
        for line in file.readlines()[1:]:
            print(line)


def given(file):
    for line in file.readlines():
        print(line)


def used_inside(path):
    with open(path) as file:
        for line in file.readlines():
            print(line, file.tell())


def used_after(path):
    with open(path) as file:
        for line in file.readlines():
            if line:
                break
        file.seek(0)


def again(path):
    with open(path) as file:
        while True:
            for line in file.readlines():
                break


def hands_out(path):
    with open(path) as file:
        for line in file.readlines():
            yield line


def some(path):
    with open(path) as file:
        for line in file.readlines(1000):
            print(line)


def writes(path):
    with open(path, "r+") as file:
        for line in file.readlines():
            file.write(line)


def backwards(path):
    with open(path) as file:
        for line in reversed(file.readlines()):
            print(line)


def lazily(path):
    with open(path) as file:
        return (line for line in file.readlines())


async def later(path):
    with open(path) as file:
        for line in file.readlines():
            print(line)
