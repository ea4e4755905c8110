"""Lists that nobody keeps."""


def total(numbers):
    return sum(number * number for number in numbers)  # whet: expect


def extremes(numbers):
    low = min(
        (  # the least of them
            number * 2  # whet: expect
            for number in numbers
        ),
        default=0,
    )
    sizes = (len(str(number)) for number in numbers)  # whet: expect
    high = max(sizes) + 1
    return low, high


class Rows:
    factor = 3

    def mean(self, numbers):
        scaled = (self.factor * number for number in numbers if number % 2)  # whet: expect

        # the mean
        return sum(scaled) / len(numbers)

    def kinds(self, numbers):
        kinds = sorted(set(number % 7 for number in numbers ))  # whet: expect
        return kinds, len(dict((n % 5, n) for n in numbers))  # whet: expect
