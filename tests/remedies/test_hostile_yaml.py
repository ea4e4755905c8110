"""YAML that libyaml reads is what the Python code would have read, or the Python code reads it."""

from __future__ import annotations

import io

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

SETTINGS = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def outcome(function, stream):
    try:
        return repr(function(stream))
    except Exception as error:  # noqa: BLE001 -- compared, whatever it is
        return type(error).__name__, str(error)


YAML = "import yaml\n\n\ndef f(stream):\n    return yaml.safe_load(stream)\n"
FRAGMENTS = [
    "a", "b: 1", "- ", "- x", "? k", ": v", "{a: 1}", "[1, 2]", "{a:b}", "[a: b]", "\t", "  ",
    "\n", "\n", "\n  ", "\n- ", "&x ", "*x", "!!str ", "!!int ", "!foo ", "!", "'it''s'",
    '"q\\n"', "| \n  t\n", "> \n  f\n\n", "#c", "key:\tv", "---\n", "...\n", "%YAML 1.1\n",
    "<<: *x", ":", "-", "?", ",", "]", "}", "{", "[", "\u00e9", "\U0001f600", "\x85", "\ufeff",
    "\x07", "1:30", "%", "'", "2001-01-01", "yes", "~", '"', "http://x:y", "!!set {a, b}",
    "!!binary aGk=", "@", "\ud800",
]  # fmt: skip
DOCUMENTS = st.lists(st.sampled_from(FRAGMENTS), max_size=7).map("".join)


@pytest.fixture
def both_yaml(bench):
    fixed = bench.fix(YAML, "yaml_read_by_python", lambda m: m.f("a: 1"))
    return bench.load(YAML), bench.load(fixed)


def of_file(folder, text):
    path = folder / "file.yml"
    path.write_text(text, "utf-8", "surrogatepass")

    def read(function):
        with path.open(encoding="utf-8") as file:
            return outcome(function, file), file.tell()

    return read


@given(text=DOCUMENTS)
@example(text="a: !foo 1")
@example(text="a\t")
@SETTINGS
def test_any_document_is_read_or_refused_alike(both_yaml, tmp_path, text):
    original, fixed = both_yaml
    assert outcome(fixed.f, text) == outcome(original.f, text)
    raw = text.encode("utf-8", "surrogatepass")
    assert outcome(fixed.f, raw) == outcome(original.f, raw)
    assert outcome(fixed.f, io.StringIO(text)) == outcome(original.f, io.StringIO(text))
    read = of_file(tmp_path, text)
    assert read(fixed.f)[0] == read(original.f)[0]


def test_constructors_that_somebody_adds_are_used(both_yaml):
    class Loader(yaml.SafeLoader):
        pass

    table = yaml.SafeLoader.yaml_constructors
    _, fixed = both_yaml
    yaml.SafeLoader.add_constructor(
        "tag:yaml.org,2002:int", lambda loader, node: f"number {loader.construct_scalar(node)}"
    )
    try:
        assert fixed.f("a: 1") == {"a": "number 1"}
    finally:
        yaml.SafeLoader.yaml_constructors = table
    assert fixed.f("a: 1") == {"a": 1}


def test_without_libyaml_the_plain_loader_reads(both_yaml, monkeypatch):
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert both_yaml[1].f("a: 1") == {"a": 1}


def test_a_file_that_imports_one_function_gets_the_library_too(bench):
    source = "from yaml import safe_load\n\n\ndef f(text):\n    return safe_load(text)\n"
    fixed = bench.fix(source, "yaml_read_by_python", lambda m: m.f("a: 1"))
    assert bench.load(fixed).f("a: [1]") == {"a": [1]}


DUMP = """import yaml


def f(data, **options):
    return yaml.safe_dump(data, **options)
"""
DATA = st.recursive(
    st.one_of(st.text(max_size=12), st.integers(), st.floats(allow_nan=False), st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=10,
)


@pytest.fixture
def both_dumps(bench):
    fixed = bench.fix(DUMP, "yaml_written_by_python", lambda m: m.f({"a": 1}))
    return bench.load(DUMP), bench.load(fixed)


def read_back(text):
    """What a text means, floats by their letters; also the error where it means nothing."""
    return outcome(yaml.safe_load, text)


NESTED = ["a\x00   b c"]
for _ in range(60):
    NESTED = [NESTED]
OPTIONS = st.fixed_dictionaries(
    {"sort_keys": st.just(value=False)},
    optional={
        "allow_unicode": st.booleans(), "default_flow_style": st.sampled_from([True, False, None]),
        "default_style": st.sampled_from(["'", '"', "|", ">"]), "width": st.integers(5, 300),
        "indent": st.integers(1, 12), "line_break": st.sampled_from(["\n", "\r", "\r\n"]),
        "explicit_start": st.booleans(), "canonical": st.booleans(),
        "encoding": st.sampled_from(["utf-8", "utf-16-le"]),
    },
)  # fmt: skip


@given(data=DATA, options=OPTIONS)
@example(data={"\x85": None}, options={"allow_unicode": True})
@example(data=["a\x85b"], options={"allow_unicode": True, "encoding": "utf-8"})
@example(data=["a\x00   b c"], options={"width": 10})
@example(data=NESTED, options={"default_flow_style": True})
@example(data=" " + "seven77 " * 12 + " wide", options={"default_style": ">"})
@SETTINGS
def test_what_libyaml_writes_is_read_as_the_same_data(both_dumps, data, options):
    original, fixed = (module.f(data, **options) for module in both_dumps)
    assert type(fixed) is type(original)
    assert read_back(fixed) == read_back(original)


def test_a_text_with_half_a_surrogate_pair_is_written_as_before(both_dumps):
    original, fixed = both_dumps
    for text in ("\ud800", "'\ud800#: "):
        assert fixed.f([text]) == original.f([text])


class Written(io.StringIO):
    """A file that remembers what was written to it when somebody asked for it to be flushed."""

    def flush(self):
        self.flushed = self.getvalue()


@pytest.mark.parametrize("options", [{}, {"encoding": "utf-8"}, {"allow_unicode": True}])
def test_a_file_gets_the_same_document_and_is_flushed(both_dumps, options):
    data = {"a": [1, "\u00e9"], "b": "\x85"}
    files = [Written(), Written()]
    assert [m.f(data, stream=f, **options) for m, f in zip(both_dumps, files, strict=True)] == [
        None,
        None,
    ]
    assert files[1].flushed == files[0].flushed == files[0].getvalue()


def test_a_binary_file_gets_bytes_where_an_encoding_is_named(both_dumps):
    files = [io.BytesIO(), io.BytesIO()]
    for module, file in zip(both_dumps, files, strict=True):
        module.f({"a": "\u00e9"}, stream=file, encoding="utf-8", allow_unicode=True)
    assert files[0].getvalue() == files[1].getvalue() == "a: \u00e9\n".encode()
    errors = [
        outcome(lambda file, m=m: m.f({"a": 1}, stream=file), io.BytesIO()) for m in both_dumps
    ]
    assert errors[0] == errors[1]
    assert errors[0][0] == "TypeError"


def test_options_that_nobody_knows_raise_the_same_error(both_dumps):
    errors = [outcome(lambda data, m=m: m.f(data, colour=1), {"a": 1}) for m in both_dumps]
    assert errors[0] == errors[1]
    assert errors[0][0] == "TypeError"


def test_without_libyaml_the_plain_dumper_writes(both_dumps, monkeypatch):
    monkeypatch.delattr(yaml, "CSafeDumper")
    assert both_dumps[1].f({"a": 1}) == "a: 1\n"


def test_what_cannot_be_written_raises_the_same_error(both_dumps):
    original, fixed = both_dumps
    for data in (object(), {"a": {1, object()}}):
        assert outcome(fixed.f, data)[0] == outcome(original.f, data)[0] == "RepresenterError"


def test_types_that_somebody_adds_are_written(both_dumps):
    table = yaml.SafeDumper.yaml_representers
    yaml.SafeDumper.add_representer(complex, lambda dumper, z: dumper.represent_str(str(z)))
    try:
        assert both_dumps[1].f([1j]) == both_dumps[0].f([1j]) == "- 1j\n"
    finally:
        yaml.SafeDumper.yaml_representers = table


@pytest.mark.parametrize(
    "text", ["[" * 600 + "]" * 600, "{a: " * 5_000, "- " * 5_000 + "a", " -" * 300 + " a"]
)
def test_texts_nested_too_deeply_for_libyaml_do_not_reach_it(both_yaml, monkeypatch, text):
    """It has no limit of its own: the process would end without an error."""
    original, fixed = both_yaml
    monkeypatch.delattr(yaml, "CSafeLoader")  # whoever asks for it gets the plain loader's answer
    expected = outcome(original.f, text)[0]
    monkeypatch.undo()
    reached = []
    monkeypatch.setattr(yaml.CSafeLoader, "__init__", lambda *_: reached.append(1))
    assert outcome(fixed.f, text)[0] == expected
    assert reached == []
