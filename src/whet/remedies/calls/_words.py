"""Words of the language and its builtin types that change nothing, and those that do."""

PURE_BUILTINS = frozenset({
    "ArithmeticError", "AssertionError", "AttributeError", "Exception", "False", "IndexError",
    "KeyError", "LookupError", "None", "NotImplementedError", "OverflowError", "RuntimeError",
    "StopIteration", "True", "TypeError", "UnicodeDecodeError", "UnicodeEncodeError",
    "UnicodeError", "ValueError", "ZeroDivisionError", "abs", "all", "any", "ascii", "bin",
    "bool", "bytes", "chr", "complex", "dict", "divmod", "enumerate", "filter", "float",
    "format", "frozenset", "hex", "int", "isinstance", "issubclass", "len", "list", "map",
    "max", "min", "oct", "ord", "pow", "range", "repr", "reversed", "round", "set", "slice",
    "sorted", "str", "sum", "tuple", "zip",
})  # fmt: skip
PURE_METHODS = frozenset({
    "bit_length", "capitalize", "casefold", "center", "conjugate", "copy", "count", "decode",
    "difference", "encode", "endswith", "expandtabs", "find", "format", "fromhex", "get",
    "hex", "index", "intersection", "is_integer", "isalnum", "isalpha", "isascii", "isdecimal",
    "isdigit", "isdisjoint", "isidentifier", "islower", "isnumeric", "isprintable", "isspace",
    "issubset", "issuperset", "istitle", "isupper", "items", "join", "keys", "ljust", "lower",
    "lstrip", "maketrans", "partition", "removeprefix", "removesuffix", "replace", "rfind",
    "rindex", "rjust", "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith",
    "strip", "swapcase", "symmetric_difference", "title", "to_bytes", "translate", "union",
    "upper", "values", "zfill",
})  # fmt: skip
CHANGING_METHODS = frozenset({
    "add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove",
    "reverse", "setdefault", "sort", "update",
})  # fmt: skip
