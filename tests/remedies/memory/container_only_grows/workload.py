"""Many numbers."""


def run(module, make=int):
    return [module.remember([make(5000 * turn + n) for n in range(4_000)]) for turn in range(4)]


def measure(module):
    for turn in range(50):
        module.remember([4_000 * turn + n for n in range(4_000)])
    return max(module.LOG)
