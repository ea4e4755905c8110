"""A thousand names."""


def run(module, make=str):
    names = [f"file{n}.py" for n in range(1_000)]
    return [module.joined("folder", names)[-1], module.kinds(names)]


def measure(module):
    names = [f"file{n}.py" for n in range(20_000)]
    return [module.joined("folder", names)[-1], module.kinds(names)]
