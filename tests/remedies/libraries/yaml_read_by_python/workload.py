"""A settings file, three ways."""

TEXT = """
name: example
items:
- {id: 1, tags: [a, b], at: 2024-01-01}
- {id: 2, tags: [], at: null}
text: |
  two
  lines
"""


def run(module, make=str):
    return [
        [module.Settings().read(TEXT) for _ in range(3)],
        module.from_file(TEXT),
        module.from_bytes(TEXT.encode()),
    ]


def measure(module):
    text = TEXT * 1 + "".join(f"key{n}: [{n}, value {n}]\n" for n in range(300))
    return [module.Settings().read(text) for _ in range(4)][-1]
