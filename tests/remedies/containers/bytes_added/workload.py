"""Much data."""


def run(module, make=bytes):
    chunks = [make(b"abcdefgh") for _ in range(1_500)]
    return [module.received(chunks), module.framed(chunks, 10_000), module.received([]),
            module.behind_a_head(lambda size: b"<" * size, chunks),
            module.until_empty([*chunks, b"", b"x"])]


def measure(module):
    chunks = [b"0123456789"] * 20_000
    return len(module.received(chunks))
