"""Lists for one loop."""


def scaled(number, factor):
    return number * factor % 1000


def largest(size, factor):
    best = 0
    numbers = [scaled(number, factor) + 1 for number in range(size)]  # whet: expect
    for number in numbers:
        if number > best:
            best = number
    return best


def words(text):
    seen = {}
    for word in [letter.upper() + letter for letter in text]:  # whet: expect
        seen[word] = seen.get(word, 0) + 1
    return seen


def lines(path):
    sizes = set()
    with open(path) as file:
        rows = [
            (line.strip().partition(" ")[2], len(line))
            for line in file
        ]  # whet: expect
        for name, size in rows:
            if name == "stop":
                break
            sizes.add(size)
    return sizes
