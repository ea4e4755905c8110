"""Asks one process."""

import subprocess


def texts(names, folder):
    asked = "".join(f"{name}\n" for name in names)
    done = subprocess.run(
        ["git", "-C", folder, "cat-file", "--batch-check=%(objecttype)"],
        input=asked.encode(), capture_output=True, check=True,
    )
    return [line + b"\n" for line in done.stdout.splitlines()]
