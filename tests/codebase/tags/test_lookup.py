"""The tags of single files on demand."""

import random

import pytest

from whet.codebase.tags import TagLookup
from whet.errors import TargetError


@pytest.fixture
def filled(tree):
    for number in range(60):
        tree.write(f"{number:02}.py", f"def f{number}(): g{number}()\n")
    tree.run()
    return tree


def ask(lookup, name):
    return [tag.name for tag in lookup.tags_of(name).tags()]


def test_a_file_has_the_tags_of_the_cache_or_of_the_disk(filled):
    with TagLookup(filled.root, filled.cache()) as lookup:
        assert ask(lookup, "07.py") == ask(lookup, "07.py") == ["f7", "g7"]
        filled.write("07.py", "x = 1\n")
        filled.write("new.py", "y = 1\n")
        assert ask(lookup, "07.py") == ["x"]
        assert ask(lookup, "new.py") == ["y"]
        found = lookup.statistics()
    assert (found.hits, found.misses) == (2, 2)


def test_what_a_lookup_read_is_kept(filled):
    filled.write("new.py", "y = 1\n")
    filled.settle()
    with TagLookup(filled.root, filled.cache()) as lookup:
        ask(lookup, "new.py")
    cache = filled.cache()
    run, _ = filled.run(cache, settle=False)
    assert (run.parsed, cache.hits) == (0, 61)


def test_a_walk_in_order_takes_few_queries_and_its_hit_rate_is_kept(filled):
    cache = filled.cache()
    queries = []
    original = cache.tags
    cache.tags = lambda rows: queries.append(rows) or original(rows)
    with TagLookup(filled.root, cache) as lookup:
        for number in range(60):
            assert ask(lookup, f"{number:02}.py") == [f"f{number}", f"g{number}"]
    assert len(queries) <= 20
    found = filled.cache().statistics().prefetch
    assert found.hit_rate > 0.9
    assert found.active


def test_loading_ahead_that_does_not_pay_stays_off_the_next_time(filled):
    with TagLookup(filled.root, filled.cache(), kept=2) as lookup:
        order = list(range(60)) * 4
        random.Random(3).shuffle(order)
        for number in order:
            ask(lookup, f"{number:02}.py")
    found = filled.cache().statistics().prefetch
    assert (found.active, found.hit_rate < 0.2) == (False, True)
    cache = filled.cache()
    with TagLookup(filled.root, cache) as lookup:
        ask(lookup, "01.py")
        assert lookup.statistics().prefetch.loaded == found.loaded


def test_what_is_no_source_file_is_refused(filled):
    filled.write("notes.txt")
    with TagLookup(filled.root, filled.cache()) as lookup:
        with pytest.raises(TargetError, match="no language"):
            lookup.tags_of("notes.txt")
        with pytest.raises(TargetError, match="No such file"):
            lookup.tags_of("nowhere.py")
