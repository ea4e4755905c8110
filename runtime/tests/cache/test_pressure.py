"""Memory pressure, forks, misuse, figures."""

import os
import threading

import pytest
from whet_runtime import Cache, MemoryTier, MisuseError, PressureGuard, cached
from whet_runtime.cache import Pressure, read_pressure
from whet_runtime.cache._pressure import CALM, CRITICAL, TIGHT, judge, next_share


@pytest.mark.parametrize(
    ("pressure", "level"),
    [
        (Pressure(None, None), CALM),
        (Pressure(0.5, 0.0), CALM),
        (Pressure(0.8, 0.0), None),
        (Pressure(0.5, 7.0), None),
        (Pressure(0.86, None), TIGHT),
        (Pressure(0.2, 12.0), TIGHT),
        (Pressure(0.96, 0.0), CRITICAL),
        (Pressure(0.2, 50.0), CRITICAL),
    ],
)
def test_pressure_is_judged_by_use_and_by_stalls(pressure, level):
    assert judge(pressure) == level


def test_shares_fall_quickly_and_rise_slowly():
    assert next_share(1.0, TIGHT) == 0.7
    assert next_share(0.11, TIGHT) == 0.1
    assert next_share(1.0, CRITICAL) == 0.0
    assert next_share(0.0, CALM) == 0.1
    assert next_share(0.4, CALM) == 0.5
    assert next_share(0.4, None) == 0.4


def test_a_cache_shrinks_is_bypassed_and_recovers():
    cache = Cache(100, None)
    now = [Pressure(0.5, 0.0)]
    guard = PressureGuard([cache.memory], lambda: now[0])

    def fill():
        for key in range(200):
            cache.set(key, key)
        return len(cache.memory)

    sizes = []
    for share in (0.5, 0.9, 0.9, 0.97, 0.8, 0.5, 0.5):
        now[0] = Pressure(share, 0.0)
        guard.check()
        sizes.append(fill())
    assert sizes == [100, 70, 48, 0, 0, 10, 12]
    assert cache.get_or_load("k", lambda: "works all the time") == "works all the time"
    guard.stop()
    assert fill() == 100


def test_a_tier_without_bounds_can_be_bypassed():
    tier = MemoryTier(None, None)
    guard = PressureGuard([tier], lambda: Pressure(0.99, None))
    guard.check()
    assert tier.set("k", 1) is False


def test_the_thread_of_the_guard_looks_until_it_is_stopped():
    looked = threading.Event()

    def read():
        looked.set()
        return Pressure(0.1, 0.0)

    guard = PressureGuard([MemoryTier()], read, every_s=0.001)
    guard.start()
    guard.start()
    assert looked.wait(10)
    guard.stop()
    with pytest.raises(MisuseError, match="every_s=0"):
        PressureGuard([], every_s=0)


def write(root, files):
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def test_a_control_group_of_version_2_is_read_with_all_above_it(tmp_path):
    group = "sys/fs/cgroup/app"
    write(
        tmp_path,
        {
            "proc/self/cgroup": "0::/app/worker\n",
            "proc/meminfo": "MemTotal: 1000 kB\nMemAvailable: 900 kB\nBroken: x\n",
            f"{group}/memory.current": "800",
            f"{group}/memory.high": "max",
            f"{group}/memory.max": "1000",
            f"{group}/memory.stat": "anon 1\ninactive_file 300\n",
            f"{group}/worker/memory.current": "800",
            f"{group}/worker/memory.high": "900",
            f"{group}/worker/memory.max": "max",
            f"{group}/worker/memory.pressure": "some avg10=12.50 avg60=0\nfull avg10=1.0\n",
            "proc/pressure/memory": "some avg10=oops\n",
        },
    )
    assert read_pressure(tmp_path) == Pressure(800 / 900, 12.5)


def test_a_control_group_of_version_1_is_read(tmp_path):
    group = "sys/fs/cgroup/memory/app"
    write(
        tmp_path,
        {
            "proc/self/cgroup": "3:cpu:/\n2:memory:/app\n",
            f"{group}/memory.usage_in_bytes": "600",
            f"{group}/memory.limit_in_bytes": "1000",
            f"{group}/memory.stat": "total_inactive_file 100\n",
        },
    )
    assert read_pressure(tmp_path) == Pressure(0.5, None)


def test_where_nothing_is_told_nothing_is_known(tmp_path):
    assert read_pressure(tmp_path) == Pressure(None, None)
    here = read_pressure()
    assert here.used_share is None or 0 <= here.used_share <= 1.5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_child_of_a_busy_process_can_use_the_cache():
    cache = Cache()
    go_on, entered, stop = threading.Event(), threading.Event(), threading.Event()

    def slow():
        entered.set()
        go_on.wait(20)
        return "parent"

    def busy():
        turn = 0
        while not stop.wait(0.0005):
            turn += 1
            cache.set(turn % 50, turn)
            cache.invalidate("t")

    threads = [
        threading.Thread(target=cache.get_or_load, args=("k", slow)),
        *[threading.Thread(target=busy) for _ in range(2)],
    ]
    for thread in threads:
        thread.start()
    entered.wait(10)
    statuses = []
    for _ in range(5):
        child = os.fork()
        if child == 0:  # pragma: no cover  (another process)
            value = cache.get_or_load("k", lambda: "child")
            cache.background.submit(lambda: None)
            os._exit(0 if value == "child" and len(cache._core.flights) == 0 else 1)
        statuses.append(os.waitpid(child, 0)[1])
    stop.set()
    go_on.set()
    for thread in threads:
        thread.join()
    assert statuses == [0] * 5
    assert cache.get("k") == "parent"


@pytest.mark.parametrize("setting", [{"near_s": 0}, {"near_s": -1}, {"lease_s": -1}])
def test_settings_of_the_cache_that_cannot_be_are_refused(setting):
    with pytest.raises(MisuseError, match=next(iter(setting))):
        Cache(**setting)


def test_unhashable_arguments_are_refused_by_name():
    with pytest.raises(MisuseError, match="cannot be hashed"):
        cached(lambda held: held)([1])


def test_invalidations_are_counted_by_name_and_bounded():
    cache = Cache()
    cache.invalidate("t", "t")
    cache.delete("k")
    cache.invalidate(*[f"tag {number}" for number in range(10_010)])
    told = cache.invalidations
    assert (told["t"], told["k"]) == (2, 1)
    assert told["(others)"] == 12


def test_the_statistics_have_their_named_keys():
    cache = Cache()
    assert cache.get_stats()["hit_rate"] is None
    cache.set("k", "v")
    cache.get("k")
    cache.get("absent")
    figures = cache.get_stats()
    assert figures["hit_rate"] == 0.5
    assert (figures["size"], figures["max_size"], figures["max_memory_mb"]) == (1, 1_000, 50.0)
    assert 0 < figures["memory_usage_mb"] < 0.001
