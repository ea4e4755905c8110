"""Near misses, each for a reason of its own."""


def read_in_order(numbers):
    left = list(numbers)
    while left:
        first = min(left)
        left.remove(first)
        print(left)


def lives_on(numbers):
    left = list(numbers)
    while left:
        first = min(left)
        left.remove(first)
        if first > 9:
            break
    return left


def of_the_caller(left):
    while left:
        first = min(left)
        left.remove(first)


def with_key(numbers):
    left = list(numbers)
    while left:
        first = min(left, key=abs)
        left.remove(first)


def may_be_empty(numbers):
    left = list(numbers)
    while True:
        first = min(left)
        left.remove(first)


def another(numbers, others):
    left = list(numbers)
    while left:
        first = min(left)
        others.remove(first)


def indexed(numbers):
    left = list(numbers)
    while left:
        first = min(left)
        left.remove(first)
        if left and left[-1] > first:
            break


def extended(numbers):
    left = list(numbers)
    while left:
        first = min(left)
        left.remove(first)
        left.extend([first - 1] * (first > 1))


def made_before(groups):
    left = list(groups)
    for group in groups:
        while left:
            first = min(left)
            left.remove(first)
            if first > group:
                break


def shared(numbers):
    left = list(numbers)

    def count():
        return len(left)

    while left:
        first = min(left)
        left.remove(first)
    return count


def largest(numbers):
    left = list(numbers)
    while left:
        first = max(left)
        left.remove(first)
