"""A parsed module of 250 functions, checked four times."""

import ast

from pyflakes import checker

FUNCTION = '''
def function_{n}(first, second=None, *rest, **named):
    """Say what {n} does."""
    total = 0
    for index, value in enumerate(rest):
        if value is None or index > len(rest) - {n}:
            total += named.get(str(index), first)
        else:
            total -= [item * 2 for item in range(index) if item % 3][:1] and second
    try:
        result = dict(total=total, first=first, named={{key: str(v) for key, v in named.items()}})
    except (KeyError, ValueError) as error:
        raise RuntimeError("{n}: %s" % error)
    return result, lambda x: x + total, undefined_{n}
'''


source = "".join(FUNCTION.format(n=n) for n in range(250))
tree = ast.parse(source)
options = {}
if hasattr(checker, "make_tokens"):  # what `pyflakes.api.check` of that release hands over
    options["file_tokens"] = checker.make_tokens(source)
for _ in range(4):
    messages = checker.Checker(tree, filename="module.py", **options).messages
print(len(messages))
