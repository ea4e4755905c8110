"""Starts a program for every path."""

import subprocess
from subprocess import DEVNULL, check_call


def make_folders(names, root):
    for name in names:
        subprocess.run(["mkdir", "-p", "--", name], check=True, cwd=root)  # whet: expect
    for name in names:
        # writable
        check_call(["chmod", "700", name], cwd=root, stdout=DEVNULL)  # whet: expect
