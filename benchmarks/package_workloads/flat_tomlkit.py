"""A document of 150 tables, read and written four times."""

import tomlkit

TEXT = "".join(
    f'[table{n}]\nname = "n{n}"  # a comment\nvalues = [{n}, {n + 1}]\n'
    f"when = 2024-01-{n % 28 + 1:02}\n"
    for n in range(150)
)
for _ in range(4):
    written = tomlkit.dumps(tomlkit.parse(TEXT))
print(written == TEXT)
