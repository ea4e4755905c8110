"""Six hundred words, three times."""


def run(module, make=str):
    words = [f"word{n}" for n in range(600)] * 3
    index = module.Index()
    text = " Nothing but WORD7 and word8s "
    return [
        [word for word in words if module.mentions(word, text)],
        [word for word in words if module.Index.pattern(word).search(text)],
        index.mentions(words, text),
    ]


def measure(module):
    words = [f"word{n}" for n in range(600)] * 5
    return [word for word in words if module.mentions(word, "Nothing but WORD7")]
