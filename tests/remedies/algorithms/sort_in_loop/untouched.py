"""Near misses, each for a reason of its own."""


def with_key(numbers):
    kept = []
    for number in numbers:
        kept.append(number)
        kept.sort(key=abs)
    return kept


def backwards(numbers):
    kept = []
    for number in numbers:
        kept.append(number)
        kept.sort(reverse=True)
    return kept


def out_of_order(numbers):
    kept = []
    for number in numbers:
        kept.append(number)
        kept.sort()
        kept.append(0)
    return kept


def begins_unsorted(numbers):
    kept = [3, 1]
    for number in numbers:
        kept.append(number)
        kept.sort()
    return kept


def of_the_caller(kept, numbers):
    for number in numbers:
        kept.append(number)
        kept.sort()
    return kept


def given_away(numbers, use):
    kept = []
    for number in numbers:
        kept.append(number)
        kept.sort()
        use(kept)
    return kept


def assigned(numbers):
    kept = []
    for number in numbers:
        kept.append(number)
        kept.sort()
        kept[0] = 9
    return kept


def once(number):
    kept = []
    kept.append(number)
    kept.sort()
    return kept


def apart(numbers):
    kept = []
    for number in numbers:
        kept.append(number)
        number += 1
        kept.sort()
    return kept


def commented(numbers):
    kept = []
    for number in numbers:
        kept.append(
            number  # one more
        )
        kept.sort()
    return kept


def shared(numbers):
    kept = []
    for number in numbers:
        kept.append(number)
        kept.sort()
    return lambda: kept


def one_line(numbers):
    kept = []
    for number in numbers:
        kept.append(number); kept.sort()
    return kept
