"""Many words."""


def run(module, make=int):
    words = [f"w{i}" for i in range(int(make(120)))]
    text = " ".join(words[::3]) + " and more" * 20
    return [module.found(words, text), module.counted(words, text)]


def measure(module):
    words = [f"w{i}" for i in range(400)]
    text = " ".join(words[::3]) + " and more" * 400
    return [len(module.found(words, text)), sum(module.counted(words, text).values())]
