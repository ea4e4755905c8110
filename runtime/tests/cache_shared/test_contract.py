"""What every shared tier does, from a thread and from an event loop."""

import threading

import pytest
from whet_runtime._steps import drive
from whet_runtime.cache._tier import ANY_TAG, GRACE_S, Notice, Seen, Sight
from whet_runtime.errors import MisuseError, TierUnavailable


@pytest.fixture
def tier(make_tier):
    return make_tier()


def body_at(run, tier, key):
    record = run(tier.read([key])).sights[key].record
    return None if record is None else record.body


def test_nothing_is_at_a_key_never_written(run, tier):
    assert run(tier.read(["k"])) == Seen({"k": Sight(None, 0)}, {})


def test_a_record_comes_back_as_it_was_written(run, tier, record):
    generations = run(tier.generations(["a", "b"]))
    written = record(b"\x00\xff" * 50, generations=dict(generations))
    assert run(tier.write("k", written, seen=None))
    found = run(tier.read(["k"], ["a"]))
    assert found.sights["k"].record._replace(weight=0) == written
    assert found.sights["k"].mark > 0
    assert found.generations == {"a": generations["a"]}


@pytest.mark.parametrize("key", ["", "ключ \N{SNOWMAN}", "a:b*[c]?", "\ud800", "x" * 2_000])
def test_any_text_is_a_key(run, tier, record, key):
    run(tier.write(key, record(b"1"), seen=None))
    assert body_at(run, tier, key) == b"1"
    assert run(tier.remove([key])) == 1


def test_an_empty_and_a_large_body_come_back(run, tier, record):
    run(tier.write_many({"empty": record(b""), "large": record(b"x" * 300_000)}))
    seen = run(tier.read(["empty", "large"]))
    assert seen.sights["empty"].record.body == b""
    assert seen.sights["large"].record.body == b"x" * 300_000


def test_a_record_is_not_served_from_its_hard_expiry_on(run, tier, record, clock):
    run(tier.write("k", record(life_s=50), seen=None))
    clock.ahead_s = 49
    assert body_at(run, tier, "k") is not None
    clock.ahead_s = 50.5
    assert body_at(run, tier, "k") is None


def test_a_record_past_its_soft_expiry_is_served(run, tier, record):
    old = record()
    run(tier.write("k", old._replace(soft_s=old.created_s - 1), seen=None))
    assert body_at(run, tier, "k") is not None


def test_a_removed_key_is_gone_and_counted_once(run, tier, record):
    run(tier.write("k", record(), seen=None))
    assert run(tier.remove(["k", "never"])) == 1
    assert run(tier.remove(["k"])) == 0
    assert body_at(run, tier, "k") is None


def test_a_value_loaded_before_a_removal_is_not_stored_after_it(run, tier, record):
    mark = run(tier.read(["k"])).sights["k"].mark
    run(tier.remove(["k"]))
    assert not run(tier.write("k", record(b"stale"), seen=mark))
    fresh = run(tier.read(["k"])).sights["k"].mark
    assert run(tier.write("k", record(b"fresh"), seen=fresh))
    assert body_at(run, tier, "k") == b"fresh"


def test_a_refresh_that_began_before_a_removal_is_not_stored(run, tier, record):
    run(tier.write("k", record(b"old"), seen=None))
    mark = run(tier.read(["k"])).sights["k"].mark
    run(tier.remove(["k"]))
    assert not run(tier.write("k", record(b"stale"), seen=mark))
    assert body_at(run, tier, "k") is None


def test_of_two_writers_that_saw_the_same_the_first_wins(run, tier, record):
    assert run(tier.write("k", record(b"first"), seen=0))
    assert not run(tier.write("k", record(b"second"), seen=0))
    mark = run(tier.read(["k"])).sights["k"].mark
    assert run(tier.write("k", record(b"third"), seen=mark))
    assert not run(tier.write("k", record(b"fourth"), seen=mark))
    assert body_at(run, tier, "k") == b"third"


def test_the_marks_of_removals_live_for_the_grace(run, tier, clock, record):
    run(tier.remove(["k"]))
    clock.ahead_s = GRACE_S - 2
    assert run(tier.read(["k"])).sights["k"].mark != 0
    assert not run(tier.write("k", record(), seen=0))


def test_a_renewed_tag_makes_all_its_records_stale(run, tier, record):
    generations = dict(run(tier.generations(["a", "b"])))
    only_b = {"b": generations["b"]}
    run(tier.write_many({f"k{i}": record(generations=generations) for i in range(20)}))
    run(tier.write("other", record(generations=only_b), seen=None))
    run(tier.renew(["a"]))
    seen = run(tier.read([*(f"k{i}" for i in range(20)), "other"]))
    assert [key for key, sight in seen.sights.items() if sight.record] == ["other"]


def test_a_value_loaded_before_its_tag_was_renewed_is_never_served(run, tier, record):
    before = dict(run(tier.read(["k"], ["a"])).generations)
    run(tier.renew(["a"]))
    run(tier.write("k", record(b"stale", generations=before), seen=0))
    assert body_at(run, tier, "k") is None


def test_generations_stay_until_they_are_renewed(run, tier):
    first = run(tier.generations(["a", ANY_TAG]))
    assert run(tier.generations([ANY_TAG, "a"])) == first
    assert run(tier.read([], ["a"])).generations == {"a": first["a"]}
    run(tier.renew(["a"]))
    second = run(tier.generations(["a", ANY_TAG]))
    assert second["a"] != first["a"]
    assert second[ANY_TAG] == first[ANY_TAG]


def test_a_tag_that_was_lost_makes_its_records_stale_never_fresh(run, make_tier, record):
    tier = make_tier()
    generations = dict(run(tier.generations(["a"])))
    run(tier.write("k", record(generations=generations), seen=None))
    forget_tag(tier, "a")
    assert body_at(run, tier, "k") is None
    assert run(tier.generations(["a"])) != generations


def forget_tag(tier, tag):
    if tier.name == "redis":
        tier._link.client().delete(tier._tag(tag))
    else:
        tier._store.changing(lambda connection: connection.execute("DELETE FROM tags"))


def test_a_torn_record_is_a_counted_miss_that_is_removed(run, tier, record):
    run(tier.write("k", record(b"x" * 100), seen=None))
    tear(tier, "k")
    assert body_at(run, tier, "k") is None
    assert tier.statistics().corrupt == 1
    mark = run(tier.read(["k"])).sights["k"].mark
    assert tier.statistics().corrupt == 1
    assert run(tier.write("k", record(b"new"), seen=mark))
    assert body_at(run, tier, "k") == b"new"


def tear(tier, key):
    if tier.name == "redis":
        tier._link.client().setrange(tier._key(key), 100, b"!")
    else:
        statement = "UPDATE entries SET record = CAST(substr(record, 1, 90) || x'00' AS BLOB)"
        tier._entries.flush()
        tier._store.changing(lambda connection: connection.execute(statement))


def test_what_a_tag_covers_is_listed_up_to_a_limit(run, tier, record):
    generations = dict(run(tier.generations(["a"])))
    run(tier.write_many({f"k{i}": record(generations=generations) for i in range(5)}))
    run(tier.write("other", record(), seen=None))
    assert sorted(run(tier.covered("a", 10))) == [f"k{i}" for i in range(5)]
    assert len(run(tier.covered("a", 2))) == 2
    run(tier.renew(["a"]))
    assert run(tier.covered("a", 10)) == []


def test_clearing_removes_everything_and_nothing_of_another_namespace(run, tier, record):
    generations = dict(run(tier.generations(["a"])))
    run(tier.write("k", record(generations=generations), seen=None))
    run(tier.clear())
    assert run(tier.read(["k"])).sights["k"] == Sight(None, 0)
    assert run(tier.generations(["a"])) != generations


def test_one_of_two_gets_the_lease_until_it_is_given_back(run, tier):
    token = run(tier.lease("k", 30))
    assert token
    assert run(tier.lease("k", 30)) is None
    assert run(tier.lease("other", 30)) is not None
    run(tier.release("k", token + 1))
    assert run(tier.lease("k", 30)) is None
    run(tier.release("k", token))
    assert run(tier.lease("k", 30)) is not None


def test_a_lease_ends_by_itself(run, tier, until):
    assert run(tier.lease("k", 0.05))
    until(lambda: run(tier.lease("k", 1)) is not None)


def test_statistics_count_what_happened(run, tier, record):
    run(tier.write("k", record(), seen=None))
    run(tier.write("k", record(), seen=0))
    run(tier.read(["k", "other"]))
    run(tier.remove(["k", "other"]))
    counted = tier.statistics()
    assert (counted.hits, counted.misses, counted.writes) == (1, 1, 1)
    assert (counted.removals, counted.faults, counted.corrupt) == (2, 0, 0)
    assert (counted.name, counted.state) == (tier.name, "open")


def test_a_closed_tier_is_unavailable(run, tier):
    run(tier.close())
    assert tier.statistics().state == "closed"
    with pytest.raises(TierUnavailable, match="closed"):
        run(tier.read(["k"]))


def test_another_process_is_told_what_was_invalidated(make_tier, until):
    here, there = make_tier(), make_tier()
    heard, own = [], []
    there.listen(heard.append)
    here.listen(own.append)
    if here.name == "redis":  # whoever subscribes drops what it holds
        until(lambda: heard == [Notice(everything=True)] == own)
        heard.clear()
        own.clear()
    drive(here.remove(["k1", "k2"]))
    drive(here.renew(["a", ANY_TAG]))
    drive(here.clear())
    expected = [
        Notice(keys=("k1", "k2")),
        Notice(tags=("a", ANY_TAG)),
        Notice(everything=True),
    ]
    until(lambda: heard == expected)
    assert own == []


def test_threads_lose_no_update_and_see_no_stale_value(make_tier, record):
    """Readers load what the writer last said, under invalidation of the key by the writer."""
    tier, source = make_tier(), {"version": 0}
    seen_after, failures = [], []

    def load_often():
        for _ in range(40):
            seen = drive(tier.read(["k"])).sights["k"]
            if seen.record is None:
                loaded = str(source["version"]).encode()
                drive(tier.write("k", record(loaded), seen=seen.mark))

    def change_often():
        for version in range(1, 25):
            source["version"] = version
            drive(tier.remove(["k"]))
            found = drive(tier.read(["k"])).sights["k"].record
            if found is not None and int(found.body) < version:
                failures.append((version, found.body))
            seen_after.append(version)

    threads = [threading.Thread(target=load_often) for _ in range(3)]
    threads.append(threading.Thread(target=change_often))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen_after == list(range(1, 25))
    assert failures == []


def test_misuse_is_refused_with_the_way_out(make_tier):
    with pytest.raises(MisuseError, match="Give seconds"):
        make_tier(timeout_s=0)
