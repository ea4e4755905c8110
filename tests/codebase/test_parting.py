"""A proposed split carried out: nobody who uses the module notices."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest

from whet.codebase.structure.parting import take_apart
from whet.codebase.syntax import SourceModule
from whet.errors import TargetError

BODY = "\n".join(f"    total += {number}" for number in range(30))
HEAD = '''\
"""Reads orders and draws reports."""

from __future__ import annotations

import json
import logging
import re as regex
from collections import OrderedDict, namedtuple
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LOG = logging.getLogger(__name__)
'''
READING = f'''
# What an order looks like.
ORDER = regex.compile(r"(\\w+)=(\\d+)")
Item = namedtuple("Item", "name count")


class OrderError(ValueError):
    """No order."""


def read_order(text: str) -> Item:
    """An order, from its text."""
    total = 0
{BODY}
    found = ORDER.match(text)
    if found is None:
        raise OrderError(text)
    LOG.info("read")
    return Item(found[1], int(found[2]) + total * 0)


def read_orders(text: str) -> list[Item]:
    return [read_order(line) for line in text.splitlines()]


def read_file(path: Path) -> list[Item]:
    return read_orders(path.read_text())
'''
DRAWING = f'''
WIDTH = 20


def draw_bar(count):
    total = 0
{BODY}
    return "#" * min(count, WIDTH) + json.dumps(total * 0)


def draw_report(rows):
    """All bars."""
    return OrderedDict((name, draw_bar(count)) for name, count in rows)
'''


def modules(source, **others):
    texts = {"shop/__init__.py": "", "shop/orders.py": source, **others}
    return [SourceModule(text.encode(), file) for file, text in texts.items()]


def apart(source, **others):
    return take_apart("shop/orders.py", modules(source, **others))


def put(folder, files):
    for file, raw in files.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)


SHOWN = textwrap.dedent("""
    import json, pickle, sys, typing
    from shop import orders
    said = {
        "names": sorted(n for n in vars(orders) if not n.startswith("__")),
        "modules": {n: getattr(orders, n).__module__ for n in
                    ("OrderError", "read_order", "draw_report", "Item")},
        "logger": orders.LOG.name,
        "result": orders.draw_report(orders.read_orders("a=3\\nb=30")),
        "pickle": pickle.dumps(orders.read_order("x=1"), 0).decode("latin-1"),
    }
    try:
        orders.read_order("?")
    except ValueError as error:
        said["error"] = repr(type(error))
    print(json.dumps(said, sort_keys=True))
""")


def shown(folder):
    done = subprocess.run(
        [sys.executable, "-c", SHOWN], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_a_module_taken_apart_is_the_same_for_whoever_uses_it(tmp_path):
    source = HEAD + READING + DRAWING
    parting = apart(source)
    put(tmp_path / "old", {"shop/__init__.py": b"", "shop/orders.py": source.encode()})
    put(tmp_path / "new", {"shop/__init__.py": b"", **parting.files})
    assert shown(tmp_path / "old") == shown(tmp_path / "new")
    assert len(parting.moved) == 2
    assert parting.stays == {}
    assert parting.settable == ("Item", "LOG", "ORDER", "WIDTH")


def test_a_part_holds_its_own_imports_and_the_text_as_it_stood():
    parting = apart(HEAD + READING + DRAWING)
    part = next(
        raw.decode()
        for file, raw in parting.files.items()
        if "read_file" in raw.decode() and file != "shop/orders.py"
    )
    assert part.startswith(
        textwrap.dedent('''\
        """A part of `shop.orders`, which hands all of it on."""

        from __future__ import annotations

        import logging
        import re as regex
        from collections import namedtuple
        from typing import TYPE_CHECKING

        if TYPE_CHECKING:
            from pathlib import Path

        LOG = logging.getLogger("shop.orders")

        # What an order looks like.
        ORDER = ''')
    )
    face = parting.files["shop/orders.py"].decode()
    assert face.startswith(HEAD.rpartition("LOG")[0])
    assert "def " not in face


def test_all_parts_pass_a_second_time_without_a_proposal():
    parting = apart(HEAD + READING + DRAWING)
    again = [SourceModule(raw, file) for file, raw in parting.files.items()]
    with pytest.raises(TargetError, match="hangs together"):
        take_apart("shop/orders.py", again)


@pytest.mark.parametrize(
    ("more", "others", "name", "reason"),
    [
        ("def add():\n    global WIDTH\n    WIDTH = 3\n", {}, "WIDTH", "a function assigns it"),
        ("WIDTH += 1\n", {}, "WIDTH", "bound more than once"),
        ("print(WIDTH)\n", {}, "WIDTH", "works on it at once"),
        ("", {"test_it.py": "from shop import orders\norders.WIDTH = 2\n"}, "WIDTH",
         "test_it.py replaces it"),
        ("", {"test_it.py": "def t(mock):\n    mock.patch('shop.orders.WIDTH', 3)\n"}, "WIDTH",
         "test_it.py replaces it"),
        ("", {"test_it.py": "def t(monkeypatch, orders):\n"
              "    monkeypatch.setattr(orders, 'draw_bar', None)\n"}, "draw_bar", "replaces it"),
        ("X = make()\n", {}, "X", "neither imported nor defined"),
        ("X = open('x')\n", {}, "X", "it calls open"),
        ("X = [n for n in range(3)]; Y = 2\n", {}, "X", "does more than define"),
        ("@OrderedDict\ndef f(): pass\n", {}, "f", "decorator OrderedDict may do anything"),
        ("def f(): return __name__\n", {}, "f", "it uses __name__"),
        ("def f(x=print(1)): pass\n", {}, "f", "it calls print"),
        ("class A(metaclass=type): pass\n", {}, "A", "metaclass"),
        ("class A:\n    for x in ():\n        pass\n", {}, "A", "does more than define"),
        ("class A:\n    class B: pass\n", {}, "A", "a class within it"),
        ("def f():\n    import sys\n    return sys.modules\n", {}, "f", ""),
        ("import sys\ndef f(): return sys.modules\n", {}, "f", "sys.modules tells"),
        ("def f(): return f.x\n\nf.x = 1\n", {}, "f", "works on it at once"),
        ("try:\n    import fast\nexcept ImportError:\n    fast = None\ndef f(): return fast\n",
         {}, "f", "it uses fast"),
        ("class A(OrderError): pass\n",
         {"x.py": "from shop.orders import OrderError\nOrderError.__subclasses__()\n"},
         "OrderError", "asks for the subclasses"),
    ],
)  # fmt: skip
def test_what_somebody_would_notice_stays(more, others, name, reason):
    parting = apart(HEAD + READING + DRAWING + "\n\n" + more, **others)
    moved = {each for names in parting.moved.values() for each in names}
    assert reason in parting.stays.get(name, "")
    if reason:
        assert name not in moved
    for each in parting.moved.values():
        assert not set(each) & set(parting.stays)


def test_what_uses_something_that_stays_stays_too():
    parting = apart(HEAD + READING + DRAWING + "\n\nprint(WIDTH)\n")
    assert parting.stays["draw_bar"] == "it uses WIDTH, which stays"
    assert parting.stays["draw_report"] == "it uses draw_bar, which stays"


@pytest.mark.parametrize(
    ("source", "others", "message"),
    [
        ("def broken(:\n", {}, "not analyzed"),
        ("from os.path import *\n" + HEAD + READING + DRAWING, {}, "imports everything"),
        ("# coding: latin-1\n" + HEAD + READING + DRAWING, {}, "not in UTF-8"),
        (HEAD + READING, {}, "no split is proposed"),
        (HEAD + READING + DRAWING, {"x.py": "from importlib import reload\n"}, "loaded anew"),
        (HEAD + READING + DRAWING + "if __name__ == '__main__':\n    print(1)\n", {},
         "may be run as a program by its path"),
        (HEAD.replace("import json\n", "import json\nprint(LOG, WIDTH, ORDER)\n")
         + READING + DRAWING + "print(ORDER, WIDTH, LOG, json)\n", {}, "nothing of it can move"),
    ],
)  # fmt: skip
def test_a_module_that_cannot_be_taken_apart_is_refused_with_the_reason(source, others, message):
    with pytest.raises(TargetError, match=message):
        apart(source, **others)


def test_a_module_of_a_folder_that_is_no_package_is_refused():
    alone = SourceModule((HEAD + READING + DRAWING).encode(), "tools/orders.py")
    with pytest.raises(TargetError, match=r"folder without __init__\.py"):
        take_apart("tools/orders.py", [alone])
    top = SourceModule(alone.source, "orders.py")
    face = take_apart("orders.py", [top]).files["orders.py"].decode()
    assert "from _orders_" in face


def test_a_file_that_is_not_there_is_refused():
    with pytest.raises(TargetError, match="is no Python file of the project"):
        take_apart("shop/nothing.py", modules(""))


def test_windows_line_endings_stay():
    parting = apart((HEAD + READING + DRAWING).replace("\n", "\r\n"))
    assert all(raw.count(b"\n") == raw.count(b"\r\n") for raw in parting.files.values())


def test_the_command_prints_a_patch_that_applies(tmp_path, capfdbinary):
    from whet.cli import main

    source = HEAD + READING + DRAWING
    put(tmp_path, {"shop/__init__.py": b"", "shop/orders.py": source.encode()})
    words = ["check", str(tmp_path), "--structure", "--split", "shop/orders.py"]
    assert main(words) == 0
    out, told = capfdbinary.readouterr()
    assert b"whet prove" in told
    assert b"WIDTH" in told
    subprocess.run(["git", "apply", "-"], input=out, cwd=tmp_path, check=True)
    parting = apart(source)
    assert {f: (tmp_path / f).read_bytes() for f in parting.files} == parting.files
    assert main([*words, "--json"]) == 2  # it has been taken apart
    capfdbinary.readouterr()


def test_a_split_is_part_of_the_structure(tmp_path, capsys):
    from whet.cli import main

    assert main(["check", str(tmp_path), "--split", "a.py"]) == 2
    assert "Add --structure" in capsys.readouterr().err


def test_the_document_holds_the_patch(tmp_path, capfd):
    from whet.cli import main

    put(tmp_path, {"shop/__init__.py": b"", "shop/orders.py": (HEAD + READING + DRAWING).encode()})
    assert (
        main(["check", str(tmp_path), "--structure", "--split", "shop/orders.py", "--json"]) == 0
    )
    document = json.loads(capfd.readouterr().out)
    assert document["settable"] == ["Item", "LOG", "ORDER", "WIDTH"]
    assert "+++ b/shop/_orders_" in document["patch"]
