"""Runs `module:callable` in the target's interpreter: `python …/_main.py SPECIFICATION`.

The specification is JSON: {"target": "module:callable", "roots": [...], "argv": [...],
"repetitions": N}. Imports as a script in the working directory would; stands alone.
"""

import sys


def main(specification):
    """Import the callable and call it without arguments, as often as asked."""
    import importlib
    import os

    sys.path[0] = os.getcwd()
    for root in reversed(specification["roots"]):
        if root not in sys.path:
            sys.path.insert(1, root)
    name, _, attributes = specification["target"].partition(":")
    sys.argv[:] = [name, *specification["argv"]]
    found = importlib.import_module(name)
    for attribute in attributes.split("."):
        found = getattr(found, attribute)
    for _ in range(specification["repetitions"]):
        _call(found)


def _call(function):
    result = function()
    if hasattr(result, "__await__"):
        import asyncio

        asyncio.run(_wait_for(result))


async def _wait_for(awaitable):
    return await awaitable


if __name__ == "__main__":
    main(eval(sys.argv[1], {"__builtins__": {}}))  # noqa: S307 - written by whet's own launcher
