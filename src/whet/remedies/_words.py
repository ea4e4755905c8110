"""Words in source that tell remedies to leave something alone."""

DICTIONARY_WORDS = frozenset({
    "__class__", "__dict__", "__getattribute__", "__getstate__", "__reduce__", "__reduce_ex__",
    "__setattr__", "__setstate__", "__weakref__", "cPickle", "cached_property", "cloudpickle",
    "copyreg", "delattr", "dill", "exec", "joblib", "marshal", "pickle", "setattr", "shelve",
    "vars", "weakref",
})  # fmt: skip
"""Of code that lives on the dictionaries of instances, or on weak references to them."""

ANNOTATION_WORDS = frozenset({
    "Depends", "__annotations__", "beartype", "cattrs", "dishka", "eval_str", "fastapi",
    "get_annotations", "get_type_hints", "injector", "lagom", "litestar", "punq", "singledispatch",
    "singledispatchmethod", "strawberry", "typeguard", "typer", "validate_arguments",
    "validate_call",
})  # fmt: skip
"""Of code that evaluates the annotations of functions which it is given."""
