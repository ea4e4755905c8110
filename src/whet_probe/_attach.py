"""Instrument `attach`: holds the program at its start until py-spy has found it.

py-spy looks for Python processes every 100 ms or so; a program that is over by then would not be
seen, or only its end. The launcher names the file of py-spy's output in a variable, which the
program does not meet. Processes that start once sampling has begun do not wait. Line: `attach`
{held_s, found}.
"""

import os
import time

VARIABLE = "WHET_SAMPLER_SAYS"
_SAMPLING = b"Sampling process"
_LOOKS_S = 0.004
_MOST_S = 3.0
_FIRST_BYTES = 1 << 16


def start(configuration, _plan, write):
    """Wait until py-spy says that it samples, but `configuration["most_s"]` (3) at the most."""
    path = os.environ.pop(VARIABLE, None)
    if path is None:
        return
    began = time.monotonic()
    end = began + configuration.get("most_s", _MOST_S)
    parent = os.getppid()
    found = _says(path)
    # Without its parent the program runs alone: py-spy has failed and ended the shell between.
    while not found and time.monotonic() < end and os.getppid() == parent:
        time.sleep(_LOOKS_S)
        found = _says(path)
    write("attach", {"held_s": time.monotonic() - began, "found": found})


def _says(path):
    try:
        with open(path, "rb", buffering=0) as file:
            return _SAMPLING in file.read(_FIRST_BYTES)
    except OSError:
        return False
