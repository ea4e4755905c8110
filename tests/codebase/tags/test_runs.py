"""A second pass over a tree reads only what changed, and is never wrong about it."""

import os

import pytest

from whet.codebase.cache import FactCache
from whet.codebase.tags import TagOptions, TagRun
from whet.errors import TargetError


def tags_of(files):
    return {path: [(tag.line, tag.kind, tag.name) for tag in file.tags()]
            for path, file in files.items()}  # fmt: skip


def test_files_come_by_path_with_their_tags_and_nothing_ignored(tree):
    tree.write("b.py")
    tree.write("a/z.go", "package a\nfunc A() {}\n")
    tree.write("readme.md", "# no source\n")
    tree.write("out/c.py")
    tree.write("node_modules/d.js", "d()\n")
    tree.write("env/pyvenv.cfg")
    tree.write("env/lib/e.py")
    tree.write(".gitignore", "out/\n")
    (tree.root / "link.py").symlink_to("b.py")
    run, files = tree.run()
    assert tags_of(files) == {
        "a/z.go": [(2, "def", "A")], "b.py": [(1, "def", "a"), (1, "ref", "b")]
    }  # fmt: skip
    assert (run.total, run.parsed, run.reused, run.problems) == (2, 2, 0, [])
    assert list(files) == sorted(files)


def test_a_name_alone_can_tell_the_language_and_deleted_tracked_files_do_not_count(tree):
    tree.repository.commit(a_py="a()\n", b_py="b()\n")
    tree.write("deep/Gemfile", "gem 'x'\n")
    tree.write("Gemfile.lock", "x\n")
    (tree.root / "b.py").unlink()
    run, files = tree.run()
    assert tags_of(files) == {"a.py": [(1, "ref", "a")], "deep/Gemfile": [(1, "ref", "gem")]}
    assert run.problems == []


def test_what_did_not_change_is_not_read_again(tree):
    tree.write("a.py")
    tree.write("b.py", "class B: pass\n")
    _, first = tree.run()
    run, second = tree.run()
    assert (run.parsed, run.reused) == (0, 2)
    assert tags_of(first) == tags_of(second)


def test_only_the_changed_file_is_read(tree):
    for name in ("a.py", "b.py", "c.py"):
        tree.write(name)
    tree.run()
    tree.write("b.py", "x = 1\n")
    run, files = tree.run()
    assert (run.parsed, run.reused) == (1, 2)
    assert tags_of(files)["b.py"] == [(1, "def", "x")]


def test_an_edit_that_keeps_size_and_restores_the_time_is_seen(tree):
    tree.write("a.py", "aa(1)\n")
    tree.run()
    before = (tree.root / "a.py").stat()
    (tree.root / "a.py").write_text("bb(1)\n")
    os.utime(tree.root / "a.py", ns=(before.st_atime_ns, before.st_mtime_ns))
    _, files = tree.run()
    assert tags_of(files)["a.py"] == [(1, "ref", "bb")]


def test_a_file_written_in_the_same_tick_as_it_was_read_is_read_again(tree):
    tree.write("a.py")
    status = (tree.root / "a.py").stat()
    for module in ("whet.codebase.tags.reading", "whet.codebase.tags.run"):
        tree.patch.setattr(f"{module}.now_ns", lambda: status.st_ctime_ns + 1)
    cache = tree.cache()
    tree.run(cache, settle=False)
    again, _ = tree.run(cache, settle=False)
    assert (cache.hits, cache.content_hits) == (0, 1)
    assert (again.parsed, again.reused) == (0, 1)


def test_a_file_that_was_touched_or_moved_is_known_by_its_content(tree):
    tree.write("a.py")
    tree.write("b.py", "b = 1\n")
    tree.run()
    os.utime(tree.root / "a.py", ns=(1, 1))
    (tree.root / "b.py").rename(tree.root / "moved.py")
    cache = tree.cache()
    run, files = tree.run(cache)
    assert (run.parsed, cache.content_hits) == (0, 2)
    assert tags_of(files)["moved.py"] == [(1, "def", "b")]


def test_another_branch_and_back_reads_nothing_twice(tree):
    tree.repository.commit(a_py="def one(): pass\n")
    tree.run()
    tree.repository.git("checkout", "-q", "-b", "other")
    tree.repository.commit(a_py="def two(): pass\n")
    tree.run()
    tree.repository.git("checkout", "-q", "main")
    run, files = tree.run()
    assert run.parsed == 0
    assert tags_of(files)["a.py"] == [(1, "def", "one")]


def test_a_file_that_is_gone_is_forgotten_but_not_its_content(tree):
    tree.write("a.py")
    tree.write("b.py", "b = 1\n")
    tree.run()
    (tree.root / "b.py").unlink()
    run, files = tree.run()
    assert (run.total, list(files)) == (1, ["a.py"])
    found = tree.cache().statistics()
    assert (found.files, found.contents) == (1, 2)


def test_the_same_content_in_two_languages_is_read_for_both(tree):
    tree.write("a.js", "b(1)\n")
    tree.run()
    (tree.root / "a.js").rename(tree.root / "a.py")
    run, _ = tree.run()
    assert run.parsed == 1


def test_other_grammars_or_queries_read_everything_again(tree):
    tree.write("a.py")
    tree.run()
    tree.patch.setattr("whet.codebase.tags.run.recipe", lambda: b"another!")
    run, _ = tree.run()
    assert (run.parsed, run.reused) == (1, 0)


def test_updating_reads_what_changed_and_loads_nothing(tree):
    tree.write("a.py")
    tree.settle()
    run = TagRun(tree.root, TagOptions(processes=1), tree.cache())
    run.update()
    assert (run.parsed, run.elapsed_s is None) == (1, False)
    run, _ = tree.run()
    assert run.reused == 1


def test_a_reader_that_stops_early_keeps_what_was_read(tree):
    for number in range(5):
        tree.write(f"{number}.py", f"a{number} = 1\n")
    tree.settle()
    run = TagRun(tree.root, TagOptions(processes=1), tree.cache())
    files = run.files()
    next(files)
    next(files)
    files.close()
    run, _ = tree.run()
    assert run.reused == 2


def test_facts_that_were_evicted_meanwhile_are_read_from_the_file(tree):
    tree.write("a.py")
    tree.run()
    tree.settle()
    run = TagRun(tree.root, TagOptions(processes=1), tree.cache())
    import sqlite3

    with sqlite3.connect(tree.cache_path) as other:
        other.executescript("DELETE FROM facts; DELETE FROM tags; DELETE FROM files;")
    other.close()
    assert [[tag.name for tag in file.tags()] for file in run.files()] == [["a", "b"]]
    assert (run.parsed, run.reused) == (1, 0)


def test_one_language_and_patterns_can_be_asked_for(tree):
    tree.write("a.py")
    tree.write("deep/b.py", "b = 1\n")
    tree.write("c.go", "package c\n")
    run, files = tree.run(languages=frozenset({"Python"}), excludes=("deep",))
    assert list(files) == ["a.py"]
    run, _ = tree.run()
    assert run.parsed == 2


def test_a_tree_outside_of_repositories_is_read_too(tree, tmp_path):
    tree.write("a.py")
    (tree.root / ".git").rename(tmp_path / "away")
    _, files = tree.run()
    assert list(files) == ["a.py"]


def test_names_that_are_no_utf8_are_read_and_shown_escaped(tree):
    tree.write(b"caf\xe9.py")
    run, files = tree.run()
    assert [tag.file for tag in next(iter(files.values())).tags()] == ["caf\\udce9.py"] * 2
    run, _ = tree.run()
    assert run.reused == 1


def test_without_a_cache_everything_is_read(tree):
    tree.write("a.py")
    for _ in range(2):
        run, _ = tree.run(FactCache(None))
        assert run.parsed == 1


def test_a_folder_that_is_not_there_is_refused(tree):
    with pytest.raises(TargetError):
        TagRun(tree.root / "nowhere")
