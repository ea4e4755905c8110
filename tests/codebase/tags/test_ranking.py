"""Which definitions matter most."""

import pytest

from whet.codebase.tags.ranking import rank
from whet.codebase.tags.symbols import CODES

DEF, REF = CODES["def.function"], CODES["ref.call"]


def ranked(files, *, ambient=(), library=()):
    """Files as {path: "defined names / referred names"}; gives the definitions, best first."""
    tags = [
        (path, "Python", [(n, name, DEF) for n, name in enumerate(text.split("/")[0].split(), 1)]
         + [(9, name, REF) for name in text.split("/")[1].split()])
        for path, text in files.items()
    ]  # fmt: skip
    return rank(tags, {"Python": ambient}, {"Python": library})


def names(ranking):
    return [definition.name for definition in ranking.definitions]


def test_what_many_files_refer_to_comes_first():
    found = ranked({"a": "x y z/", "b": "/y", "c": "/y", "d": "/x"})
    assert names(found) == ["y", "x", "z"]
    assert sum(d.rank for d in found.definitions) == pytest.approx(1)
    assert sum(found.files.values()) == pytest.approx(1)
    assert found.references == 3


def test_a_reference_from_an_important_file_counts_more():
    files = {"core": "x/deep", "deep": "deep/", "odd": "odd/", "lone": "/odd"}
    assert names(ranked(files | {f"u{n}": "/x" for n in range(9)}))[:2] == ["x", "deep"]


def test_references_within_a_file_and_to_nothing_count_for_nothing():
    found = ranked({"a": "x/x x x", "b": "y/nowhere"})
    assert [d.rank for d in found.definitions] == [0, 0]
    assert found.references == 0


@pytest.mark.parametrize("option", ["ambient", "library"])
def test_names_of_the_language_and_its_library_count_for_little(option):
    files = {"a": "join own/"} | {f"u{n}": "/join" for n in range(5)} | {"v": "/own"}
    assert names(ranked(files)) == ["join", "own"]
    assert names(ranked(files, **{option: {"join"}}))[0] == "own"


def test_what_tests_define_and_private_names_count_for_little():
    files = {"a": "own _own/", "tests/test_a.py": "raises/", "v": "/own"}
    files |= {f"tests/test_{n}.py": "/raises _own" for n in range(3)}
    assert names(ranked(files)) == ["own", "_own", "raises"]


def test_a_name_that_everybody_defines_tells_nothing():
    files = {f"m{n}": "main/" for n in range(20)} | {"u": "/main"}
    assert ranked(files).references == 0


def test_files_of_different_languages_do_not_refer_to_each_other():
    tags = [("a", "Python", [(1, "x", DEF)]), ("b", "Go", [(1, "x", REF)])]
    assert rank(tags, {}, {}).references == 0


def test_nothing_is_ranked_as_nothing():
    found = rank([], {}, {})
    assert (found.files, found.definitions) == ({}, [])
