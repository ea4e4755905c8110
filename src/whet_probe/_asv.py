"""Runs the benchmarks of an asv suite once each: `python …/_asv.py SPECIFICATION`.

The specification is a literal: {"folder": the suite's folder, relative, "roots": [...], "argv":
[names, or the beginnings of names, of the benchmarks that run]}. Follows asv's conventions (its
documentation, "Writing benchmarks"): functions and methods called `time_*`, `mem_*`, `peakmem_*`
and `track_*`, `params`, `setup`, `teardown`, `setup_cache`, and a `NotImplementedError` of `setup`
that skips a case. asv itself is not needed. What a benchmark returns is not printed: it may hold
times.
"""

import itertools
import os
import sys

PREFIXES = ("time_", "mem_", "peakmem_", "track_")


def main(specification):
    """Import every module of the suite and run its benchmarks, in the order of their names."""
    here = os.getcwd()
    folder = os.path.join(here, specification["folder"])
    sys.path[0] = os.path.dirname(folder)
    for root in reversed([here, *specification["roots"]]):
        if root not in sys.path:
            sys.path.insert(1, root)
    ran = 0
    for name in _modules(folder):
        __import__(name)
        for label, find in _benchmarks(sys.modules[name], name):
            wanted = specification["argv"]
            if not wanted or any(label.startswith(each) for each in wanted):
                ran += _run(find)
    sys.stdout.write("%d benchmark cases\n" % ran)
    return 0 if ran else 4


def _modules(folder):
    """Names of the suite's modules, with the folder as their package."""
    package = os.path.basename(folder)
    for at, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if each != "__pycache__")
        parts = [package, *os.path.relpath(at, folder).split(os.sep)]
        for file in sorted(files):
            if file.endswith(".py") and file != "__init__.py":
                yield ".".join([part for part in parts if part != "."] + [file[:-3]])


def _benchmarks(module, name):
    """Pairs of a label, such as "suite.Class.time_it", and what makes the bound function."""
    short = name.partition(".")[2]
    for attribute, value in sorted(vars(module).items()):
        if getattr(value, "__module__", None) != name:
            continue
        if isinstance(value, type):
            for method in sorted(dir(value)):
                if method.startswith(PREFIXES):
                    yield "%s.%s.%s" % (short, attribute, method), _Method(module, value, method)
        elif attribute.startswith(PREFIXES) and callable(value):
            yield "%s.%s" % (short, attribute), _Function(module, value)


class _Function:
    """A benchmark that is a function; its attributes say how it is run."""

    def __init__(self, module, function):
        self.holder = function
        self.module = module

    def made(self):
        """The function, with what is called before and after it."""
        return self.holder, _both("setup", self), _both("teardown", self)[::-1]


class _Method:
    """A benchmark that is a method; each case gets an instance of its own."""

    def __init__(self, module, kind, name):
        self.module = module
        self.holder = kind
        self.name = name

    def made(self):
        """The bound method of a new instance, with what is called before and after it."""
        made = _Function(self.module, self.holder())
        before, after = _both("setup", made), _both("teardown", made)[::-1]
        return getattr(made.holder, self.name), before, after


def _both(name, benchmark):
    """The module's function of a name and the benchmark's own, as far as there are any."""
    found = [getattr(holder, name, None) for holder in (benchmark.module, benchmark.holder)]
    return [each for each in found if each is not None]


def _run(benchmark):
    """Run all cases of one benchmark; how many there were."""
    params = getattr(benchmark.holder, "params", [])
    if params and not isinstance(params[0], (list, tuple)):
        params = [params]
    cache = getattr(benchmark.holder, "setup_cache", None)
    cached = ()
    if cache is not None:
        cached = (cache(benchmark.holder()) if isinstance(benchmark.holder, type) else cache(),)
    ran = 0
    for case in itertools.product(*params):
        function, before, after = benchmark.made()
        try:
            for each in before:
                each(*cached, *case)
        except NotImplementedError:
            continue
        function(*cached, *case)
        for each in after:
            each(*cached, *case)
        ran += 1
    return ran


if __name__ == "__main__":
    sys.exit(main(eval(sys.argv[1], {"__builtins__": {}})))  # noqa: S307 - written by whet's own launcher
