"""Starts a program for every path."""

import subprocess
from subprocess import DEVNULL, check_call


def make_folders(names, root):
    for start in range(0, len(names), 500):
        subprocess.run(["mkdir", "-p", "--", *names[start : start + 500]], check=True, cwd=root)  # whet: expect
    for start in range(0, len(names), 500):
        # writable
        check_call(["chmod", "700", *names[start : start + 500]], cwd=root, stdout=DEVNULL)  # whet: expect
