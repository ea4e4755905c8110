"""An observer of its own for remedies: evidence gathered in this process, operations counted."""

from __future__ import annotations

import ast
import dis
import functools
import gc
import io
import statistics
import sys
import tracemalloc
import types
from collections import Counter, defaultdict, deque
from pathlib import Path
from typing import ClassVar

import pytest

from whet.codebase.syntax import SourceModule
from whet.records import CallEvidence, Evidence, HotPlace, ImportEvidence, ValueEvidence
from whet.remedies import load_remedies
from whet_probe._asked import Asked, read_and_changed
from whet_probe._character import Character
from whet_probe._kinds import type_name
from whet_probe._traits import order_of, shape_of

SCALARS = (int, str, bytes, bool, type(None), float)
ALIKE = {int, str, bytes, bool, type(None)}  # their traits follow from their type alone


class Workbench:
    """Source to matches, matches to evidence, evidence to edits."""

    def module(self, source, file="module.py", outside=frozenset()):
        raw = source if isinstance(source, bytes) else source.encode()
        return SourceModule(raw, file, outside=outside)

    def places(self, module, imports=None):
        places = [
            HotPlace(
                file=module.file,
                name=module.scopes.qualified_name(function),
                line=function.lineno,
                self_share=1.0,
                total_share=1.0,
            )
            for function in module.functions()
        ]
        top = HotPlace(
            file=module.file, name="<module>", line=1, self_share=0.0, total_share=0.0,
            imports=imports or {}, python=(3, 15, 0),
        )  # fmt: skip
        return [*places, top]

    def matches(self, module, remedy, imports=None):
        found = {}
        for place in self.places(module, imports):
            for match in remedy.detect(module, place):
                found[match.match_id] = match
        return list(found.values())

    def load(self, source, name="module"):
        loaded = types.ModuleType(name)
        raw = source.encode() if isinstance(source, str) else source
        exec(compile(raw, f"<{name}>", "exec", dont_inherit=True), loaded.__dict__)
        return loaded

    def observe(self, module, matches, run):
        """The evidence of `run(loaded)`; what it raises is the run's own affair."""
        watch = Watch(matches)
        tree = watch.visit(ast.parse(module.source))
        loaded = types.ModuleType(module.file.removesuffix(".py"))
        loaded.__dict__["__seen__"] = watch.seen
        code = compile(ast.fix_missing_locations(tree), "<observed>", "exec", dont_inherit=True)
        exec(code, loaded.__dict__)
        for match in matches:
            for site in match.calls:
                watch.watch_calls(loaded, site)
        try:
            run(loaded)
        except Exception as error:  # noqa: BLE001 -- the run's own affair
            watch.raised = error
        return watch.evidence()

    def fix(self, source, remedy_name, run, **kinds):
        """The source with every admitted match rewritten, or None where nothing was."""
        remedy = next(r for r in load_remedies() if r.name == remedy_name)
        module = self.module(source, **kinds)
        matches = self.matches(module, remedy)
        evidence = self.observe(module, matches, run)
        admissions = [(match, remedy.admit(match, evidence)) for match in matches]
        edits = [
            edit
            for match, admission in admissions
            if admission.admitted and (admission.safety or match.safety) != "advice"
            for edit in remedy.rewrite(module, match)
        ]
        return module.apply(edits).decode() if edits else None


class Watch(ast.NodeTransformer):
    """Wraps the expressions that matches name."""

    def __init__(self, matches):
        self.spans = defaultdict(list)
        self.values = {}
        self.characters = defaultdict(Character)
        self.calls = {}
        self.imports = [name for match in matches for name in match.imports]
        self.asked = {}
        self.raised = None
        for match in matches:
            for site in match.values:
                span = site.span
                key = (span.line, span.column, span.end_line, span.end_column)
                self.spans[key].append(site.site)
                self.values[site.site] = []
            for site in match.calls:
                self.calls[site.site] = []

    def generic_visit(self, node):
        key = (
            getattr(node, "lineno", 0), getattr(node, "col_offset", 0),
            getattr(node, "end_lineno", 0), getattr(node, "end_col_offset", 0),
        )  # fmt: skip
        loaded = isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
        found = self.spans.pop(key, None) if isinstance(node, ast.expr) and loaded else None
        super().generic_visit(node)  # parts of an f-string have the span of the whole
        if found:
            name = ast.Name("__seen__", ast.Load())
            sites = ast.Constant(tuple(dict.fromkeys(found)))
            return ast.copy_location(ast.Call(name, [sites, node], []), node)
        return node

    def seen(self, sites, value):
        for site in sites:
            self.values[site].append(describe(value))
            self.characters[site].see(value, deep=True)
        return value

    def watch_calls(self, loaded, site):
        *owners, name = site.name.split(".")
        holder = loaded
        for owner in owners:
            holder = getattr(holder, owner)
        original = vars(holder)[name]
        function = original.__func__ if isinstance(original, staticmethod) else original
        function = original.fget if isinstance(original, property) else function
        notes = self.calls[site.site]
        asked = self.asked[site.site] = Asked(site.asks)

        @functools.wraps(function)
        def recorded(*args, **kwargs):
            note = [(args, tuple(sorted(kwargs.items()))), None]
            notes.append(note)
            with UnderWay(asked):
                result = function(*args, **kwargs)
            note[1] = result
            if asked.results is not None:
                asked.results.see(result)
            if asked.repeats is not None:
                asked.repeats.see(args[0], result)
            return result

        kinds = [kind for kind in (staticmethod, property) if isinstance(original, kind)]
        setattr(holder, name, kinds[0](recorded) if kinds else recorded)

    def evidence(self):
        return Evidence(
            values={
                site: value_evidence(site, notes, self.characters[site].fields())
                for site, notes in self.values.items()
            },
            calls={
                site: call_evidence(
                    site, notes, self.asked[site].fields() if site in self.asked else {}
                )
                for site, notes in self.calls.items()
            },
            imports={  # what modules from elsewhere do, the probe's own tests look at
                name: ImportEvidence(module=name, imports=1, effects=())
                for name in self.imports
                if name.partition(".")[0] in sys.stdlib_module_names
            },
        )


def describe(value):
    elements = list(value) if isinstance(value, (list, tuple, set, dict, deque)) else [value]
    container = isinstance(value, (list, tuple, set, dict, deque, str, bytes)) or (
        type(value).__name__ in {"ndarray", "Series", "DataFrame"}
    )
    counts = Counter(map(type, elements))
    if counts.keys() <= ALIKE:  # one of each type tells what all of them are
        elements = list(dict(zip(map(type, elements), elements, strict=True)).values())
    return {
        "type": type_name(type(value)),
        "size": len(value) if container else None,
        "elements": counts,
        **traits_of(elements),
        "number": value if type(value) is int else None,
        "identity": id(value),
    }


def traits_of(elements):
    if len(elements) == 1 and type(elements[0]) in ALIKE:
        return traits_of_type(type(elements[0]))
    return {
        "orders": {order_of(e) for e in elements},
        "shapes": {shape_of(e) for e in elements},
        "hashable": all(is_hashable(e) for e in elements),
        "plain": all(is_plain(e) for e in elements),
    }


@functools.cache
def traits_of_type(kind):
    return traits_of([kind()] * 2)


def is_hashable(value):
    try:
        hash(value)
    except Exception:  # noqa: BLE001 -- hostile objects raise anything
        return False
    return True


def is_plain(value):
    if type(value) in (tuple, frozenset):
        return all(is_plain(e) for e in value)
    return type(value) in SCALARS and value == value  # noqa: PLR0124 -- NaN


def value_evidence(site, notes, character):
    if not notes:
        return ValueEvidence(site=site, observations=0, described=0, types={})
    sizes = [note["size"] for note in notes if note["size"] is not None]
    elements = Counter()
    shapes = set().union(*(note["shapes"] for note in notes))
    for note in notes:
        elements.update(note["elements"])
    names = Counter()
    for kind, count in elements.items():
        names[type_name(kind)] += count
    numbers = [note["number"] for note in notes]
    return ValueEvidence(
        site=site,
        observations=len(notes),
        described=len(notes),
        types=Counter(note["type"] for note in notes),
        size_min=min(sizes, default=None),
        size_median=statistics.median(sizes) if sizes else None,
        size_max=max(sizes, default=None),
        element_types=names,
        total_order=all(None not in n["orders"] and len(n["orders"]) <= 1 for n in notes),
        element_shapes=None if None in shapes else tuple(sorted(shapes)),
        elements_complete=True,
        hashable=all(note["hashable"] for note in notes),
        plain_equality=all(note["plain"] for note in notes),
        distinct_objects=len({note["identity"] for note in notes}),
        smallest=min(numbers) if all(n is not None for n in numbers) else None,
        **character,
    )


class UnderWay:
    """A call that is asked about the files it reads, as the probe asks."""

    here: ClassVar = []
    listening = False

    def __init__(self, asked):
        self.asked = asked
        self.paths = Counter()
        if not UnderWay.listening:
            UnderWay.listening = True
            sys.addaudithook(UnderWay.hear)

    def __enter__(self):
        self.began = self.asked.now()
        UnderWay.here.append(self)

    def __exit__(self, *_):
        self.asked.see_end(self.began)
        UnderWay.here.remove(self)

    @staticmethod
    def hear(event, arguments):
        if not UnderWay.here or not event.startswith(("open", "os.")):
            return
        read, changed = read_and_changed(event, arguments)
        for call in [call for call in UnderWay.here if call.asked.files]:
            files = call.asked.files
            for path in changed:
                files.see_change(path)
            if read is not None:
                files.see_read(read)
                call.paths[read] += 1
                files.most_in_one_call = max(files.most_in_one_call, call.paths[read])


def call_evidence(site, notes, answers):
    plain = all(is_plain(arg) for (args, kwargs), _ in notes for arg in (args, kwargs))
    keys = {repr(arguments) for arguments, _ in notes}
    kinds = Counter(
        type_name(type(a)) for (args, kwargs), _ in notes for a in [*args, *(v for _, v in kwargs)]
    )
    return CallEvidence(
        site=site,
        calls=len(notes),
        described=len(notes),
        raised=0,
        distinct_arguments=len(keys),
        hit_rate=1 - len(keys) / len(notes) if notes else None,
        arguments_immutable=plain,
        argument_types=kinds,
        result_types=Counter(type_name(type(result)) for _, result in notes),
        results_immutable=all(is_plain(result) for _, result in notes),
        **answers,
    )


class Compared(int):
    """A number that counts how often it is compared or added."""

    compared = 0

    def __eq__(self, other):
        Compared.compared += 1
        return int.__eq__(self, other)

    def __lt__(self, other):
        Compared.compared += 1
        return int.__lt__(self, other)

    def __add__(self, other):
        Compared.compared += 1
        return Compared(int.__add__(self, other))

    __radd__ = __add__
    __hash__ = int.__hash__


class ComparedText(str):
    """A word that counts how often it is compared, and what is copied to lengthen it."""

    __slots__ = ()

    def __eq__(self, other):
        Compared.compared += 1
        return str.__eq__(self, other)

    def __lt__(self, other):
        Compared.compared += 1
        return str.__lt__(self, other)

    def __add__(self, other):
        Compared.compared += (len(self) + len(other)) // 1_000  # characters that are copied
        return ComparedText(str.__add__(self, other))

    __hash__ = str.__hash__


def _is_in_place(frame):
    """Whether a frame is at `+=`, told by its instruction."""
    at = frame.f_lasti
    code = frame.f_code.co_code
    return dis.opname[code[at]] == "BINARY_OP" and code[at + 1] == 13


class CountedList(list):
    """A list that counts the elements that are copied to put it behind another."""

    __slots__ = ()

    def __radd__(self, left):
        in_place = _is_in_place(sys._getframe(1))
        Compared.compared += len(self) + (0 if in_place else len(left))
        return [*left, *self] if not in_place else left.extend(list.copy(self)) or left


class CountedBytes(bytes):
    """Bytes that count what is copied to put them behind others."""

    __slots__ = ()

    def __radd__(self, left):
        grows = type(left) is bytearray
        Compared.compared += len(self) + (0 if grows else len(left))
        whole = left if grows else bytearray(left)
        whole.extend(memoryview(self))
        return whole if grows else bytes(whole)


def operations(work):
    """Bytecode instructions, comparisons of elements and elements moved by front operations.

    Deterministic: what a list compares or moves inside of C is seen through its elements and
    its length, everything else through the instructions that were executed.
    """
    count = 0
    moved = 0

    def trace(frame, event, _):
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    def profile(_, event, function):
        nonlocal moved
        name = getattr(function, "__name__", "")
        if event == "c_call" and name in {"pop", "insert"}:
            held = getattr(function, "__self__", None)
            moved += len(held) if type(held) is list else 0

    before = sys.gettrace(), sys.getprofile()
    Compared.compared = 0
    sys.setprofile(profile)
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
    return count + moved + 10 * Compared.compared


def outside_calls(work):
    """Files opened, programs started, and calls of C functions that reach a disk or a database."""
    count = 0

    def profile(_, event, function):
        nonlocal count
        name = getattr(function, "__name__", "")
        raw = name == "read" and type(getattr(function, "__self__", None)) is io.FileIO
        count += event == "c_call" and (name in REACHING or raw)

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


REACHING = {
    "open", "flush", "commit", "execute", "executemany", "fork_exec", "_fork_exec", "sleep",
}  # fmt: skip


def peak_bytes(work):
    """The most that the work held at any moment, by tracemalloc."""
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


COUNTERS = {"operations": operations, "outside calls": outside_calls, "memory": peak_bytes}


@pytest.fixture
def bench():
    return Workbench()


@pytest.fixture
def count_operations(workload):
    """What the remedy lessens: `COUNTED` in its workload.py, else operations."""
    return COUNTERS[getattr(workload, "COUNTED", "operations")]


@pytest.fixture
def counting_kinds():
    return {int: Compared, str: ComparedText, list: CountedList, bytes: CountedBytes}


@pytest.fixture
def after(folder):
    """What the remedy makes of `before.py`; whoever asks for it is spared the advice."""
    return (folder / "after.py").read_bytes()


def folders():
    return sorted(path.parent for path in Path(__file__).parent.glob("*/*/before.py"))


def pytest_itemcollected(item):
    """Searches run without coverage: it takes thrice the time, and cases reach the lines."""
    if hasattr(item.obj, "hypothesis"):
        item.add_marker("no_cover")


def pytest_generate_tests(metafunc):
    if "folder" in metafunc.fixturenames:
        rewriting = "after" in metafunc.fixturenames  # advice has no `after.py`
        chosen = [path for path in folders() if not rewriting or (path / "after.py").is_file()]
        metafunc.parametrize("folder", chosen, ids=lambda path: path.name)
