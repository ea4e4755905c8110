"""Many words."""


def run(module, make=int):
    words = [f"w{i}" for i in range(int(make(120)))]
    text = " ".join(words[::3]) + " and more" * 20
    return [module.found(words, text), module.counted(words, text)]
