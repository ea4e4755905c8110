"""Words in source that tell remedies to leave something alone."""

DICTIONARY_WORDS = frozenset({
    "__class__", "__dict__", "__getattribute__", "__getstate__", "__reduce__", "__reduce_ex__",
    "__setattr__", "__setstate__", "__weakref__", "cPickle", "cached_property", "cloudpickle",
    "copyreg", "delattr", "dill", "exec", "joblib", "marshal", "pickle", "setattr", "shelve",
    "vars", "weakref",
})  # fmt: skip
"""Of code that lives on the dictionaries of instances, or on weak references to them."""
