"""A repository with one commit."""

import subprocess
import tempfile


def run(module, make=str, size=6):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "-q", folder], check=True)
        words = ["git", "-C", folder, "hash-object", "-w", "--stdin"]
        done = subprocess.run(words, input=b"text", capture_output=True, check=True)
        return module.texts([done.stdout.decode().strip()] * size, folder)


def measure(module):
    return run(module, size=40)
