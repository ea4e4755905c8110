"""Trees and caches that tags are read from."""

import pytest

from whet.codebase.cache import FactCache
from whet.codebase.tags import TagOptions, TagRun


class Tree:
    """A folder of sources with a cache of its own."""

    def __init__(self, repository, cache_folder):
        self.repository = repository
        self.root = repository.path
        self.cache_path = cache_folder / "tags.sqlite"
        self.notes = []

    def write(self, name, content="def a(): b()\n"):
        self.repository.write(name, content)

    def cache(self, **options):
        return FactCache(self.cache_path, on_event=self.hear, **options)

    def hear(self, event):
        if event.kind != "progress":
            self.notes.append(event.message)

    def run(self, cache=None, *, settle=True, **options):
        """One pass: the run, and all files with their tags."""
        if settle:
            self.settle()
        options = TagOptions(on_event=self.hear, processes=1)._replace(**options)
        run = TagRun(self.root, options, cache or self.cache())
        return run, {file.path: file for file in run.files()}

    def settle(self):
        """Let the clock go on, so that no file counts as just written."""
        from whet.codebase.cache import identity
        from whet.codebase.tags import reading, run

        later = (
            max((path.lstat().st_ctime_ns for path in self.root.rglob("*")), default=0)
            + 3_000_000_000
        )
        for module in (identity, reading, run):
            self.patch.setattr(module, "now_ns", lambda: later)


@pytest.fixture
def tree(repository, tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    folder.mkdir()
    found = Tree(repository, folder)
    found.patch = monkeypatch
    return found


def names(file):
    return [(tag.kind, tag.name) for tag in file.tags()]
