"""A repository with a few commits."""

import os
import subprocess
import tempfile

COUNTED = "outside calls"


def commit(folder, number):
    """Commits at times of their own, so that names are the same in every run."""
    words = ["git", "-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-qm"]
    date = f"{1_600_000_000 + number} +0000"
    environment = {**os.environ, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    subprocess.run(["git", "-C", folder, "add", "."], check=True)
    subprocess.run([*words, f"commit {number}"], check=True, cwd=folder, env=environment)


def run(module, make=str, size=6):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "-q", folder], check=True)
        paths = [str(make(f"file {number}.txt")) for number in range(size)]
        for number in range(min(size, 10)):
            for path in paths[number::10]:
                with open(os.path.join(folder, path), "w") as file:
                    file.write(f"text of {path}\n")
            commit(folder, number)
        blobs = [f"HEAD:{path}" for path in paths]
        return [
            module.kinds(blobs, folder),
            module.contents(tuple(paths), folder),
            module.texts(paths, folder),
            module.names(blobs, folder),
            module.changed(folder, paths),
        ]


def measure(module):
    return run(module, size=40)
