"""One bad file never stops the rest, and what is wrong with it is said."""

import os

import pytest

from whet.codebase.tags import listing
from whet.codebase.tags.extraction import Unfit, as_utf8, extract
from whet.codebase.tags.reading import load, read_file
from whet.codebase.tags.symbols import unpack


def problems(run):
    return {problem.file: (problem.reason, problem.read) for problem in run.problems}


def test_every_kind_of_bad_file_is_reported_and_the_rest_is_read(tree):
    tree.write("good.py")
    tree.write("broken.py", "def a(:\n  b(1)\nclass C: pass\n")
    tree.write("binary.py", b"a = 1\n\0\0")
    tree.write("huge.py", "a = 1\n" * 1000)
    tree.write("latin.go", b"package a\n// caf\xe9\nfunc A() {}\n")
    tree.write("closed.py")
    (tree.root / "closed.py").chmod(0)
    run, files = tree.run(largest_bytes=5000)
    expected = {
        "binary.py": ("binary", False),
        "broken.py": ("syntax errors: some tags may be missing", True),
        "huge.py": ("larger than 5,000 bytes", False),
        "latin.go": ("not UTF-8, read as latin-1", True),
    }
    if os.geteuid():
        expected["closed.py"] = ("Permission denied", False)
    assert problems(run) == expected
    assert [tag.name for tag in files["good.py"].tags()] == ["a", "b"]
    assert "C" in [tag.name for tag in files["broken.py"].tags()]
    assert [tag.name for tag in files["latin.go"].tags()] == ["A"]
    assert list(files["binary.py"].tags()) == []


def test_bad_files_are_reported_again_from_the_cache_without_reading(tree):
    tree.write("broken.py", "def a(:\n")
    tree.run()
    run, _ = tree.run()
    assert run.reused == 1
    assert list(problems(run)) == ["broken.py"]


def test_a_file_that_vanishes_after_it_was_listed_is_reported(tree):
    tree.write("a.py")
    tree.write("b.py")
    original = read_file

    def vanishing(root, path, language, largest):
        if path == b"b.py":
            (tree.root / "b.py").unlink()
        return original(root, path, language, largest)

    tree.patch.setattr("whet.codebase.tags.reading.read_file", vanishing)
    run, files = tree.run()
    assert problems(run) == {"b.py": ("gone since it was listed", False)}
    assert list(files) == ["a.py", "b.py"]


def test_memory_that_runs_out_twice_on_a_file_is_its_problem(tree):
    tree.write("a.py")
    tree.write("b.py")
    tries = []

    def short(data, language, file):
        tries.append(file)
        if file == "a.py":
            raise MemoryError
        return extract(data, language, file)

    tree.patch.setattr("whet.codebase.tags.reading.extract", short)
    run, _ = tree.run()
    assert problems(run) == {"a.py": ("not enough memory to parse it", False)}
    assert tries == ["a.py", "a.py", "b.py"]


def test_links_pipes_and_folders_are_not_opened(tmp_path):
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("link", "pipe", "folder"):
        with pytest.raises(Unfit, match=r"link|regular"):
            load(os.fsencode(tmp_path / name), 1000)


def test_a_file_that_grows_beyond_the_bound_while_it_is_read_is_left_out(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"x" * 10)
    grown = [b"x" * 11, b"x" * 2000, b""]
    monkeypatch.setattr("whet.codebase.tags.reading.os.read", lambda *_: grown.pop(0))
    with pytest.raises(Unfit, match="larger"):
        load(os.fsencode(tmp_path / "a"), 1000)


@pytest.mark.parametrize(
    ("data", "language", "text", "encoding"),
    [
        (b"# coding: latin-1\nx = '\xe9'\n", "Python", "# coding: latin-1\nx = 'é'\n", "latin-1"),
        (b"\n# -*- coding: cp1252 -*-\n\x80", "Python", "\n# -*- coding: cp1252 -*-\n€", "cp1252"),
        (b"# coding: utf-8\n\xc3\xa9", "Python", "# coding: utf-8\né", ""),
        (b"# coding: no-such\n\xc3\xa9", "Python", "# coding: no-such\né", ""),
        (b"x = 1\n# coding: cp1252\n\xc3\xa9", "Python", "x = 1\n# coding: cp1252\né", ""),
        (b"// \xe9\r\n", "Go", "// é\r\n", "latin-1"),
        (b"a\rb\r\nc", "Go", "a\nb\nc", ""),
        (b"\xef\xbb\xbfa", "Go", "a", ""),
        (b"", "Go", "", ""),
    ],
)
def test_sources_are_read_in_their_encoding(data, language, text, encoding):
    assert as_utf8(data, language) == (text.encode(), encoding)


def test_lines_are_those_of_the_decoded_file():
    facts = extract(b"# coding: latin-1\nx = '\xe9'\n\ndef a(): pass", "Python")
    assert facts.lines == 4
    assert unpack(facts.tags)[1][:2] == (4, "a")


def test_definitions_are_counted_by_kind():
    source = b"LIMIT = 1\nsize = 2\nclass A:\n  def b(self): c(d(1))\ndef e(): pass\n"
    assert extract(source, "Python").counts == (1, 1, 2, 1, 0, 0, 2)


def test_a_definition_without_a_name_counts_as_unknown():
    facts = extract(b"export default function () {}\nfunction a() {}\n", "JavaScript")
    assert facts.counts == (0, 0, 1, 0, 0, 1, 0)
    assert extract(b"typedef struct { int x; } a;\n", "C").counts == (0, 0, 0, 0, 1, 1, 0)


def test_where_names_cannot_be_looked_up_from_a_folder_their_whole_paths_are(tree, monkeypatch):
    tree.write("in/a.py", "def f(): pass\n")
    tree.write("b.py", "")
    (tree.root / "link.py").symlink_to("b.py")
    expected = listing.sources(tree.root, None, (), tree.hear)
    monkeypatch.setattr("os.supports_dir_fd", set())
    assert listing.sources(tree.root, None, (), tree.hear) == expected
    assert [source.path for source in expected] == ["b.py", "in/a.py"]


def test_a_folder_that_vanishes_while_it_is_listed_holds_no_files(tree, monkeypatch):
    def vanishing(*_):
        yield ["a.py"]
        tree.root.rename(tree.root.with_name("elsewhere"))

    monkeypatch.setattr(listing, "scan_names", vanishing)
    assert listing.sources(tree.root, None, (), tree.hear) == []
