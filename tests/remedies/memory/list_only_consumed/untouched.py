"""Near misses."""


def joined(words):
    return ", ".join([word.upper() for word in words])


def ordered(words):
    return sorted([len(word) for word in words])


def used_twice(numbers):
    squares = [number * number for number in numbers]
    return sum(squares) / len(squares)


def later(numbers):
    squares = [number * number for number in numbers]
    numbers.clear()
    return sum(squares)


def after_something(numbers, log):
    squares = [number * number for number in numbers]
    return log() + sum(squares)


def own_sum(numbers):
    def sum(items):
        return items

    return sum([number for number in numbers])


def by_key(words):
    return max([word for word in words], key=len)


def stops(numbers):
    rest = iter(numbers)
    return sum([next(rest) for _ in range(3)])


def walrus(numbers):
    return sum([last := number for number in numbers]), last


async def waiting(numbers):
    return sum([number async for number in numbers])


def in_a_loop(numbers):
    squares = [number * number for number in numbers]
    for square in squares:
        print(square)


def two(numbers):
    return max([n for n in numbers], [1])


def captured(numbers):
    squares = [number * number for number in numbers]
    return lambda: sum(squares)


def at_module(numbers):
    global kept
    kept = [number for number in numbers]
    return sum(kept)


def looks(numbers):
    return sum([len(locals()) for _ in numbers])
