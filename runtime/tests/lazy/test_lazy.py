"""What is lazy is made once, at its first use, whatever the threads do."""

import sys
import threading

import pytest
from whet_runtime.errors import LoadCycleError, MisuseError
from whet_runtime.lazy import LazyImport, lazy_attribute, lazy_exports


class Report:
    computed = 0

    @lazy_attribute
    def table(self):
        """The table."""
        type(self).computed += 1
        return [None]


def in_threads(count, function):
    barrier, answers = threading.Barrier(count), []

    def run(number):
        barrier.wait(30)
        answers.append(function(number))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(answers) == count
    return answers


def test_an_attribute_is_computed_at_its_first_reading_and_then_a_plain_one():
    Report.computed = 0
    report = Report()
    assert Report.computed == 0
    assert report.table is report.table is report.__dict__["table"]
    assert Report.computed == 1
    assert Report.table.__doc__ == "The table."


def test_a_deleted_attribute_is_computed_again():
    report = Report()
    first = report.table
    del report.table
    assert report.table is not first


def test_many_threads_compute_an_attribute_once():
    entered = threading.Event()

    class Slow:
        computed = 0

        @lazy_attribute
        def value(self):
            Slow.computed += 1
            entered.wait(0.05)
            return object()

    slow = Slow()
    assert len(set(in_threads(8, lambda _: slow.value))) == 1
    assert Slow.computed == 1


def test_instances_do_not_wait_for_each_other():
    class Part:
        def __init__(self, other=None):
            self.other = other

        @lazy_attribute
        def size(self):
            return 1 + (self.other.size if self.other else 0)

    assert Part(Part(Part())).size == 3


def test_a_failure_reaches_the_reader_and_the_next_reader_tries_again():
    class Flaky:
        fails = True

        @lazy_attribute
        def value(self):
            if self.fails:
                raise OSError
            return 1

    flaky = Flaky()
    with pytest.raises(OSError):  # noqa: PT011  (any would do)
        _ = flaky.value
    flaky.fails = False
    assert flaky.value == 1


class Circle:
    @lazy_attribute
    def chicken(self):
        self.meet()
        return self.egg

    @lazy_attribute
    def egg(self):
        self.meet()
        return self.chicken

    def meet(self):
        pass


def test_an_attribute_that_needs_itself_is_a_clear_error():
    with pytest.raises(LoadCycleError, match=r"Circle\.chicken: its value is needed"):
        _ = Circle().chicken


def test_a_circle_in_which_two_threads_meet_is_an_error_and_no_deadlock():
    circle, barrier = Circle(), threading.Barrier(2)
    circle.meet = lambda: barrier.wait(10)

    def read_one(number):
        try:
            return getattr(circle, ("chicken", "egg")[number])
        except (LoadCycleError, threading.BrokenBarrierError) as error:
            barrier.abort()
            return type(error)

    assert LoadCycleError in in_threads(2, read_one)


def test_threads_waiting_without_a_circle_are_no_error():
    class Pair:
        @lazy_attribute
        def base(self):
            threading.Event().wait(0.02)
            return 1

        @lazy_attribute
        def left(self):
            return self.base + 1

        @lazy_attribute
        def right(self):
            return self.base + 2

    pair = Pair()
    answers = in_threads(6, lambda number: pair.left if number % 2 else pair.right)
    assert sorted(answers) == [2, 2, 2, 3, 3, 3]


def test_a_class_with_slots_is_told_where_the_value_would_go():
    class Slim:
        __slots__ = ()

        @lazy_attribute
        def value(self):
            return 1

    with pytest.raises(MisuseError, match=r"Slim\.value: instances have no __dict__"):
        _ = Slim().value


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module that counts how often it is run."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "lazily_found.py").write_text(
        "import builtins, time\n"
        "builtins.lazily_run = getattr(builtins, 'lazily_run', 0) + 1\n"
        "time.sleep(0.02)\n"
        "class Thing:\n    size = 3\n    def __init__(self, n): self.n = n\n"
    )
    import builtins

    yield "lazily_found"
    sys.modules.pop("lazily_found", None)
    if hasattr(builtins, "lazily_run"):
        del builtins.lazily_run


def test_a_module_is_imported_at_its_first_use_and_once(module):
    lazy = LazyImport(module)
    assert repr(lazy) == "<LazyImport lazily_found, not used yet>"
    assert (lazy.is_resolved, module in sys.modules) == (False, False)
    assert len(set(in_threads(6, lambda _: lazy.Thing))) == 1
    assert __import__("builtins").lazily_run == 1
    assert lazy.resolve() is sys.modules[module]
    assert repr(lazy) == "<LazyImport lazily_found>"


def test_a_name_in_a_module_is_called_read_set_and_listed_through_it(module):
    thing = LazyImport(module, "Thing")
    assert thing(7).n == 7
    assert thing.size == 3
    thing.size = 4
    assert sys.modules[module].Thing.size == 4
    assert "size" in dir(thing)
    del thing.size
    assert not hasattr(thing, "size")
    assert repr(thing) == "<LazyImport lazily_found:Thing>"
    assert LazyImport(module, "Thing.__init__").resolve() is thing.resolve().__init__


def test_an_import_that_fails_is_tried_again_at_the_next_use(module, tmp_path):
    lazy = LazyImport("lazily_missing")
    with pytest.raises(ModuleNotFoundError, match="lazily_missing"):
        lazy.resolve()
    (tmp_path / "lazily_missing.py").write_text("x = 1\n")
    __import__("importlib").invalidate_caches()
    assert lazy.x == 1
    with pytest.raises(AttributeError, match="nothing"):
        LazyImport(module, "nothing").resolve()


@pytest.mark.parametrize("name", ["", ".sibling"])
def test_a_name_that_means_something_else_elsewhere_is_refused(name):
    with pytest.raises(MisuseError, match="only absolute names"):
        LazyImport(name)


def test_a_package_offers_names_from_modules_that_are_imported_when_used(module, monkeypatch):
    package = type(sys)("lazy_package")
    monkeypatch.setitem(sys.modules, "lazy_package", package)
    package.__getattr__, package.__dir__ = lazy_exports("lazy_package", {"Thing": module})
    assert dir(package) == ["Thing"]
    assert module not in sys.modules
    assert package.Thing is sys.modules[module].Thing is package.__dict__["Thing"]
    with pytest.raises(AttributeError, match="module 'lazy_package' has no attribute 'Other'"):
        _ = package.Other
