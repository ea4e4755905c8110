"""A walk through a zip file of 900 entries in 60 directories."""

import io
import zipfile

import zipp


def walk(path: zipp.Path) -> int:
    """How many files lie below a path."""
    files = 0
    for child in path.iterdir():
        files += walk(child) if child.is_dir() else 1
    return files


def main() -> None:
    """Run it and print what shows that the work was done."""
    archive = zipfile.ZipFile(io.BytesIO(), "w")
    for n in range(900):
        archive.writestr(f"part{n % 6}/folder{n % 60}/file{n}.txt", "")
    archive.filename = "archive.zip"
    print(walk(zipp.Path(archive)))


main()
