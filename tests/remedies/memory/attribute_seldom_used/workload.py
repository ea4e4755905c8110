"""One text of many is searched."""


def run(module, make=str, size=50):
    texts = [module.Text(make(f"text {n}")) for n in range(size)]
    return texts[3].where("x"), len(texts)


def measure(module):
    return run(module, size=30_000)
