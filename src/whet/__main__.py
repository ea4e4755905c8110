"""`python -m whet` and the `whet` command."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Run the command line; answers `--version` without loading anything else."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from whet import __version__

        print(f"whet {__version__}")  # noqa: T201 - the command line prints
        return 0
    from whet.cli import main as run

    return run(sys.argv[1:])


if __name__ == "__main__":
    # `python -m` puts the current folder first on the path: a project's `yaml.py` or `json.py`
    # would run inside whet.
    if not sys.flags.safe_path and not __file__.startswith(sys.path[0] + os.sep):
        del sys.path[0]
    sys.exit(main())
