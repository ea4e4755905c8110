"""Numbers and words out of order."""


def run(module, make=int):
    numbers = [make(i * 7919 % 211) for i in range(160)]
    return [module.medians(numbers), module.top([f"w{i * 31 % 97}" for i in range(200)], 60)]


def measure(module):
    module.medians([i * 7919 % 10007 for i in range(3_000)])
