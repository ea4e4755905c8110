"""Python: definitions and calls exactly where the syntax tree of `ast` has them."""

from __future__ import annotations

import builtins
import io
import re
from importlib import import_module

from whet.codebase.tags.languages._language import TagLanguage

# The grammar reads `*f(x)` in a list as a call of `*f`, `type(x).y = z` as an alias of a type, and
# `(x): T = y` as a tuple: the last patterns of each group say what Python means. Later targets of
# a chain are caught at any depth and sorted out afterwards: patterns that hold them to the top
# level would cost eight percent of all.
_LIBRARY = (
    "argparse ast collections contextlib copy csv datetime functools hashlib inspect itertools "
    "json logging math os pathlib pickle queue random re shutil socket sqlite3 subprocess sys "
    "tempfile threading time types unittest.mock urllib.parse zipfile"
)
QUERY = """
(module (expression_statement (assignment left: (identifier) @def.variable)))
(assignment right: (assignment left: (identifier) @chained))
(module (expression_statement (assignment
  left: (tuple_pattern . (identifier) @def.variable .) type: (_))))
(class_definition name: (identifier) @def.class)
(function_definition name: (identifier) @def.function)
(class_definition body: (block [
  (function_definition name: (identifier) @def.method)
  (decorated_definition definition: (function_definition name: (identifier) @def.method))
  (if_statement (block [
    (function_definition name: (identifier) @def.method)
    (decorated_definition definition: (function_definition name: (identifier) @def.method))
  ]))
]))
(call function: [
  (identifier) @ref.call
  (attribute attribute: (identifier) @ref.call)
  (parenthesized_expression [
    (identifier) @ref.call
    (attribute attribute: (identifier) @ref.call)
  ])
  (list_splat [
    (identifier) @ref.call
    (attribute attribute: (identifier) @ref.call)
  ])
])
(type_alias_statement "type" @ref.call left: (type [
  (attribute)
  (subscript value: [(parenthesized_expression) (attribute)])]))
"""


def grammar() -> object:
    """The grammar's language pointer."""
    import tree_sitter_python

    return tree_sitter_python.language()


def _ambient() -> frozenset[str]:
    types = (bytes, dict, float, frozenset, int, list, set, str, tuple, io.TextIOWrapper, re.Match)
    return frozenset(dir(builtins)).union(*map(dir, types)) - frozenset(dir(object))


def library() -> frozenset[str]:
    """Names of much used modules of the standard library, and of the methods of their classes."""
    names: set[str] = set()
    for module in map(import_module, _LIBRARY.split()):
        for name, value in vars(module).items():
            names.add(name)
            if isinstance(value, type) and not name.startswith("_"):
                names.update(dir(value))
    return frozenset(names)


LANGUAGES = (
    TagLanguage(
        "Python",
        (".py", ".pyi", ".pyw"),
        grammar,
        QUERY,
        "tree-sitter-python",
        ambient=_ambient(),
        library=library,
    ),
)
