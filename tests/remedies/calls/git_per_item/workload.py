"""A repository with ten commits."""

import subprocess
import tempfile

COUNTED = "outside calls"


def fill(folder, paths):
    """Each tenth path in a commit of its own, at times that are the same in every run."""
    stream = []
    for number in range(10):
        stream.append("commit HEAD")
        stream.append(f"committer A <a@example.com> {1_600_000_000 + number} +0000")
        stream.append(f"data 8\ncommit {number}")
        stream += [f"M 644 inline {path}\ndata 5\ntext\n" for path in paths[number::10]]
    text = "\n".join(stream) + "\n"
    subprocess.run(["git", "init", "-q", folder], check=True)
    words = ["git", "-C", folder, "fast-import", "--quiet"]
    subprocess.run(words, input=text.encode(), check=True)


def run(module, make=str, size=6):
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(make(f"file {number}.txt")) for number in range(size)]
        fill(folder, paths)
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
