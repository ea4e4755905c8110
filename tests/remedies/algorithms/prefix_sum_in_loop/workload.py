"""Many sizes."""


def run(module, make=int):
    sizes = [make(i * 7919 % 101) for i in range(120)]
    return [
        module.offsets(sizes),
        module.ends(sizes),
        module.all_of_them(tuple(sizes)),
        module.all_of_them(()),
    ]


def measure(module):
    module.offsets(list(range(2_500)))
