"""Hostile names, contents and histories: asking one git gives what asking git for each gave."""

from __future__ import annotations

import ast
import contextlib
import os
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from whet.remedies import find_remedy

SETTINGS = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FORM = """
import subprocess

def f(names, folder, found):
    for name in names:
        try:
            found.append({call})
        except Exception as error:
            found.append(error)
"""
RUN = "subprocess.run([{words}], cwd=folder, {more}).stdout"
CHECK = 'subprocess.check_output(["git", "-C", folder, {words}], stderr=subprocess.DEVNULL{more})'


def call(words, more=""):
    return CHECK.format(words=words, more=more)


BLOB = '"cat-file", "blob", name'
OBJECTS = {
    "blob": call(BLOB),
    "printed": call('"cat-file", "-p", name'),
    "type": call('"cat-file", "-t", name'),
    "size": call('"cat-file", "-s", name'),
    "show": call('"show", name'),
    "name": call('"rev-parse", name'),
    "verified": call('"rev-parse", "--verify", "-q", name'),
    "text": call(BLOB, ", text=True"),
    "latin": call(BLOB, ', encoding="latin-1"'),
    "replaced": call(BLOB, ', encoding="ascii", errors="replace"'),
    "unknown": call(BLOB, ', encoding="no such"'),
    "unchecked": 'subprocess.run(["git", "--no-pager", "show", name], cwd=folder, '
    "capture_output=True).stdout",
    "made": call('"show", f"HEAD:{name}"'),
    "joined": call('"cat-file", "blob", "HEAD:" + name'),
}
LOGS = {
    "commit": call('"log", "-1", "--format=%H", "--", name'),
    "subject": call('"log", "-n", "1", "--pretty=format:%h / %s", "--", name'),
    "as text": call('"log", "--pretty=tformat:%s%%", "-n1", "--", name', ", text=True"),
}
PAIRS = st.sampled_from(
    [b"text\n", b"", b"\r\na\rb\r\n", b"\x00\xff\xfe", "ü\n".encode("latin-1")]
)


def git(folder, *words, given=None):
    done = subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@example.com", *words],
        cwd=folder, input=given, capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout


_FIXED = {}


def fixed(bench, source):
    """The source with its loop rewritten, as a module; made once."""
    if source not in _FIXED:
        text = textwrap.dedent(source).lstrip("\n")
        nowhere = str(Path(__file__).resolve().parent)
        after = bench.fix(text, "git_per_item", lambda m: m.f(["no"] * 9, nowhere, []))
        assert after is not None
        assert "_with_answers(" in after
        _FIXED[source] = bench.load(after)
    return _FIXED[source]


def said(value):
    """A value, or an exception with all that it says."""
    if not isinstance(value, BaseException):
        return value
    parts = ("returncode", "cmd", "output", "stderr")
    return type(value).__name__, str(value), *(getattr(value, part, None) for part in parts)


def compare(bench, form, names, folder):
    """What the loop gives before and after, for all names; and how many answers one git gave."""
    source = FORM.format(call=form)
    before, after = [], []
    bench.load(source).f(names, folder, before)
    module = fixed(bench, source)
    answered = []
    pairs = module._with_answers

    def watched(*args, **options):
        for item, answer in pairs(*args, **options):
            answered.extend([item] if answer is not None else [])
            yield item, answer

    module._with_answers = watched
    try:
        module.f(names, folder, after)
    finally:
        module._with_answers = pairs
    for name, old, new in zip(names, before, after, strict=True):
        assert (name, said(new)) == (name, said(old))
    return len(answered)


PATHS = [
    "plain.txt", "a b.txt", "ü.txt", 'quo"te', "back\\slash", "new\nline", "return\r", "tab\t",
    "-dash", ":colon", "x..y", "star*", "[b]", "dir/sub/file", "link", "run.sh", "HEAD", "main",
    "crlf", "binary", "latin", "empty", "turned", "moved", "^caret", "end^!", "dir/ü/q", " lead",
    "trail ", "a,b", "run.sh..main", "!run.sh", "^run.sh", "dir/module^!", "dir/module^@",
    "dir/module^-", "Plain.txt", "@", "x@{1}y", "~", "2 blob 3", "x missing",
]  # fmt: skip
CONTENTS = {"crlf": b"a\r\nb\rc\n", "binary": b"\0\xff\n1", "latin": b"\xe4\n", "empty": b""}


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("repository")
    git(folder, "init", "-q", "-b", "main")
    (folder / "turned").mkdir()
    for number, path in enumerate(PATHS):
        target = folder / path if path != "turned" else folder / "turned" / "inner"
        target.parent.mkdir(parents=True, exist_ok=True)
        if path == "link":
            target.symlink_to("plain.txt")
        else:
            target.write_bytes(CONTENTS.get(path, f"{number}\n".encode()))
        if number % 9 == 0:
            git(folder, "add", ".")
            git(folder, "commit", "-qm", f"until {number} // {path!a}")
    (folder / "run.sh").chmod(0o755)
    module = git(folder, "rev-parse", "HEAD").decode().strip()
    git(folder, "update-index", "--add", "--cacheinfo", f"160000,{module},dir/module")
    git(folder, "add", "-A", "--", ":!dir/module")
    git(folder, "commit", "-qm", "a module")
    git(folder, "mv", "moved", "moved on")
    (folder / "turned" / "inner").unlink()
    (folder / "turned").rmdir()
    (folder / "turned").write_text("a file now")
    git(folder, "add", "-A", "--", ":!dir/module")
    git(folder, "commit", "-qm", "moved and turned")
    git(folder, "commit", "-q", "--allow-empty", "--allow-empty-message", "-m", "")
    (folder / "HEAD:dir").write_text("a file with the name of a revision")
    (folder / "HEAD:run.sh").symlink_to("nowhere")
    git(folder, "tag", "-am", "of a commit", "annotated")
    git(folder, "tag", "-am", "of a blob", "blobtag", "HEAD:crlf")
    git(folder, "tag", "-am", "of a tag", "nested", "blobtag")
    git(folder, "tag", "light", "HEAD:plain.txt")
    git(folder, "tag", "twice")
    git(folder, "branch", "twice", "HEAD~2")
    git(folder, "update-ref", "refs/tags/-t", "HEAD:crlf")
    git(folder, "replace", "HEAD:plain.txt", "HEAD:crlf")
    (folder / ".git/refs/heads/broken").write_text("1234567890" * 4 + "\n")
    return folder


REVISIONS = [
    "HEAD", "HEAD~1", "HEAD^", "main", "annotated", "annotated^{}", "blobtag", "blobtag^{blob}",
    "nested", "light", "broken", "HEAD:", "HEAD:dir", "HEAD:dir/", "HEAD:dir/module", ":run.sh",
    ":0:run.sh", ":/until", "HEAD^{/until}", "HEAD~1..HEAD", "HEAD...HEAD~1", "^HEAD", "HEAD^@",
    "HEAD^!", "HEAD^-", "HEAD:./link", "", " ", "-", "--", "-h", "--all", "@",
    "@{0}", "nothing", "HEAD:nothing", "0" * 40, "1234567890" * 4, "e", "\0", "a\0b", "\n",
    "HEAD\n", "HEAD\r", "HEAD\nHEAD", " HEAD", "HEAD ", "\udcff", "\u2028", "HEAD:link\t",
    "main main", "x missing", "HEAD:2 blob 3", "refs/heads/main", "heads/main", "README", "run.sh",
    "HEAD:plain.txt^{blob}", "HEAD~99", "main@{1}:run.sh", "main:run.sh", "HEAD~2:moved",
    "-t", ":!run.sh", ":^run.sh", ":", ":/", ":!", "@{-1}", "FETCH_HEAD", "HEAD^0", "HEAD^2",
    "annotated^0", "annotated~1", "annotated^{object}", "HEAD^{tree}", "HEAD^{}",
    "blobtag:", "light:x", "HEAD:dir:x", "tags/light", ":1:run.sh", ":9:run.sh", "HEAD:/run.sh",
    "^{/until}", "HEAD:.", "HEAD:./", ":./run.sh", "HEAD~", "HEAD~0", "HEAD^^", "HEAD^{commit",
    "annotated:run.sh", "broken:run.sh", "main:dir/sub", "(HEAD)", "HEAD#", "$HEAD",
]  # fmt: skip


def revisions(folder):
    """Names of objects: hostile ones, every file's, and hashes in full and short."""
    hashes = git(folder, "rev-parse", "HEAD", "HEAD:", "HEAD:crlf", "annotated").decode().split()
    short = [name[:length] for name in hashes for length in (3, 4, 7, 12, 39)]
    paths = [f"HEAD:{path}" for path in [*PATHS, "moved on"]]
    return [*REVISIONS, *hashes, *short, *paths, hashes[0].upper()]


@pytest.mark.parametrize("form", OBJECTS)
def test_objects_of_hostile_names_are_those_that_git_gives_for_each(bench, repository, form):
    names = revisions(repository) if form not in {"made", "joined"} else [*PATHS, "", "dir", "^!"]
    answered = compare(bench, OBJECTS[form], names, str(repository))
    assert answered > {"made": 20, "joined": 20, "unknown": -1}.get(form, 40)


@pytest.mark.parametrize("name", ["@{u}", "twice", "twice:run.sh", "HEAD^{tag}"])
def test_a_name_that_ends_git_or_makes_it_warn_leaves_every_name_to_be_asked_alone(
    bench, repository, name
):
    names = ["HEAD:crlf", name, "HEAD:latin"]
    assert compare(bench, OBJECTS["blob"], names, str(repository)) == 0
    assert compare(bench, OBJECTS["name"], names, str(repository)) == 0
    assert compare(bench, OBJECTS["blob"], names[::2], str(repository)) == 2


NOT_TEXT = [
    None,
    1,
    b"HEAD",
    Path("HEAD"),
    ["HEAD"],
    {"HEAD": 1},
    type("Name", (str,), {})("HEAD"),
]


@pytest.mark.parametrize("form", ["blob", "name", "made"])
@pytest.mark.parametrize("kind", [list, tuple, iter, lambda names: dict.fromkeys(names[:3])])
def test_items_that_are_no_text_and_items_out_of_no_list_are_asked_alone(
    bench, repository, form, kind
):
    plain = ["HEAD:crlf", "crlf", "nothing"]
    source = FORM.format(call=OBJECTS[form])
    names = [*plain, *NOT_TEXT, *plain]
    before, after = [], []
    bench.load(source).f(kind(names), str(repository), before)
    fixed(bench, source).f(kind(names), str(repository), after)
    assert [said(value) for value in after] == [said(value) for value in before]


@pytest.mark.parametrize("form", LOGS)
@pytest.mark.parametrize("place", [".", "dir", "dir/sub"])
def test_newest_commits_of_hostile_paths_are_those_that_git_gives_for_each(
    bench, repository, form, place
):
    names = [
        *PATHS, "dir", "dir/", "dir/sub", "./run.sh", "../run.sh", "moved on", "turned/inner", "",
        ".", "..", "sub", "sub/file", "file", "module", "nothing", "*", ":/", ":(top)run.sh",
        str(repository / "run.sh"), "RUN.SH", "dir/module", "ü", "ü/q", "/", "//", "dir//sub",
        "\0", "run.sh\n", "\udcff", "HEAD:dir", "dir/sub/file/x", "/etc",
    ]  # fmt: skip
    assert compare(bench, LOGS[form], names, str(repository / place)) >= 1


SETTINGS_OF_GIT = [
    {"log.showSignature": "true"}, {"log.follow": "true"}, {"log.showRoot": "false"},
    {"diff.renames": "copies"}, {"diff.relative": "true"}, {"diff.noprefix": "true"},
    {"core.quotePath": "false"}, {"color.ui": "always", "color.diff": "always"},
    {"i18n.logOutputEncoding": "UTF-16"}, {"i18n.logOutputEncoding": "latin-1"},
    {"diff.ignoreSubmodules": "all"}, {"core.abbrev": "9"}, {"log.diffMerges": "on"},
    {"format.pretty": "fuller"}, {"log.decorate": "full"}, {"core.warnAmbiguousRefs": "false"},
    {"diff.orderFile": "/dev/null"}, {"log.mailmap": "false"}, {"core.bigFileThreshold": "1"},
]  # fmt: skip
SAMPLE = ["run.sh", "dir", "dir/sub/file", "turned", "moved", "ü.txt", "dir/module", "plain.txt"]


def configured(monkeypatch, values):
    for number, (key, value) in enumerate(values.items()):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{number}", key)
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{number}", value)
    monkeypatch.setenv("GIT_CONFIG_COUNT", str(len(values)))


@pytest.mark.parametrize("values", SETTINGS_OF_GIT, ids=lambda values: next(iter(values)))
def test_settings_of_git_change_both_alike(bench, repository, monkeypatch, values):
    configured(monkeypatch, values)
    for form in LOGS.values():
        compare(bench, form, SAMPLE, str(repository))
    names = ["twice", "HEAD", "HEAD:crlf", "twice:crlf"]
    for form in ("blob", "show", "name"):
        compare(bench, OBJECTS[form], names, str(repository))


@pytest.mark.parametrize(
    ("name", "value"),
    [("GIT_ICASE_PATHSPECS", "1"), ("GIT_LITERAL_PATHSPECS", "1"), ("GIT_TRACE", "1"),
     ("GIT_DIR", "nowhere"), ("GIT_NO_REPLACE_OBJECTS", "1"), ("PATH", "/nowhere")],
)  # fmt: skip
def test_the_environment_changes_both_alike(bench, repository, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    compare(bench, LOGS["commit"], [*SAMPLE, "RUN.SH", "DIR", "star*"], str(repository))
    compare(bench, OBJECTS["show"], ["HEAD:run.sh", "light", "HEAD"], str(repository))


GPG = """#!/bin/sh
case "$*" in
  *--verify*) echo "[GNUPG:] GOODSIG 1 A"; echo "gpg: a signature" >&2;;
  *) cat >/dev/null; echo "[GNUPG:] SIG_CREATED D" >&2
     printf -- '-----BEGIN PGP SIGNATURE-----\\n\\nx\\n-----END PGP SIGNATURE-----\\n';;
esac
"""


def test_signatures_that_git_shows_are_part_of_both(bench, tmp_path, monkeypatch):
    program = tmp_path / "gpg"
    program.write_text(GPG)
    program.chmod(0o755)
    folder = tmp_path / "signed"
    folder.mkdir()
    git(folder, "init", "-q")
    for name, signed in (("a", "--no-gpg-sign"), ("b", "-S"), ("c", "--no-gpg-sign")):
        (folder / name).write_text(name)
        (folder / f"{name} too").write_text(name)
        git(folder, "add", ".")
        git(folder, "-c", f"gpg.program={program}", "commit", "-qm", name, signed)
    configured(monkeypatch, {"log.showSignature": "true", "gpg.program": str(program)})
    shown = git(folder, "log", "-1", "--format=%s", "--", "b").decode()
    assert shown.startswith("gpg: a signature")
    for form in LOGS.values():
        compare(bench, form, ["a", "a too", "b", "b too", "c", "c too"], str(folder))


@pytest.fixture(scope="module")
def elsewhere(repository, tmp_path_factory):
    """Folders that are another kind of repository, or none."""
    top = tmp_path_factory.mktemp("elsewhere")
    whole = shutil.copytree(repository, top / "whole", symlinks=True)
    (whole / ".git/refs/heads/broken").unlink()
    source = f"file://{whole}"
    git(top, "clone", "-q", "--bare", source, "bare")
    git(top, "clone", "-q", "--depth", "2", source, "shallow")
    git(top, "clone", "-q", "-n", source, "no files")
    git(top, "init", "-q", "unborn")
    (top / "no repository").mkdir()
    (top / "no repository" / ".git").write_text("gitdir: nowhere")
    git(top, "init", "-q", "broken")
    (top / "broken" / ".git" / "HEAD").write_text("nonsense")
    return top


@pytest.mark.parametrize(
    "place", ["bare", "shallow", "no files", "unborn", "no repository", "broken", "missing", ""]
)
def test_other_places_answer_both_alike(bench, elsewhere, place):
    folder = str(elsewhere / place) if place else ""
    paths = ["run.sh", "dir/sub", "dir", "moved", "moved on", "ü.txt", "nothing", "plain.txt"]
    logged = compare(bench, LOGS["subject"], paths, folder)
    seen = compare(bench, OBJECTS["blob"], ["HEAD:run.sh", "HEAD:crlf", "HEAD"], folder)
    assert (logged, seen) == {
        "bare": (7, 2), "shallow": (6, 2), "no files": (7, 2),
    }.get(place, (0, 0))  # fmt: skip


@pytest.mark.parametrize("answer", ["", "garbage", "exit 3", "cut", "more", "joined"])
def test_a_git_that_answers_nonsense_is_asked_again_for_each(
    bench, repository, tmp_path, monkeypatch, answer
):
    real = subprocess.check_output(["sh", "-c", "command -v git"], text=True).strip()
    many = {
        "": "exit 0",
        "garbage": "echo garbage; exit 0",
        "exit 3": f'"{real}" "$@"; exit 3',
        "cut": f'"{real}" "$@" | head -c 102',
        "more": f'echo 1 2 3; "{real}" "$@"',
        "joined": f"""'{real}' "$@" | tr -d '\\n'""",
    }[answer]
    program = tmp_path / "git"
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *--batch*|*--name-only*) {many};; *) exec "{real}" "$@";; esac\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    names = ["HEAD:latin", "HEAD:crlf"]
    assert compare(bench, OBJECTS["blob"], names, str(repository)) == 0
    for form in ("type", "name"):
        compare(bench, OBJECTS[form], names, str(repository))
    for form in LOGS.values():
        compare(bench, form, SAMPLE, str(repository))


NAMES = ["a", "b", "a/b", "a/c", "b/a/c", "ü", "a b", "\n", "\nx", 'q"', "x\n/y", "c"]
CHANGES = st.dictionaries(st.sampled_from(NAMES), st.one_of(st.none(), PAIRS), max_size=3)
HISTORY = st.lists(st.tuples(CHANGES, st.integers(0, 9)), max_size=7)


def imported(folder, history):
    """A repository with a history: each commit's changes, and the commit that it also merges."""
    stream = []
    for number, (changes, merged) in enumerate(history):
        stream.append(b"commit refs/heads/main\nmark :%d\n" % (number + 1))
        stream.append(b"committer A <a@b> %d +0000\ndata 3\nm%d\n\n" % (1000 + merged, number))
        if number:
            stream.append(b"from :%d\n" % number)
        if number > 1 and merged == 0:
            stream.append(b"merge :%d\n" % (number - 1))
        for path, content in changes.items():
            quoted = path.replace('"', '\\"').replace("\n", "\\n").encode()
            if content is None:
                stream.append(b'D "%s"\n' % quoted)
            else:
                stream.append(
                    b'M 644 inline "%s"\ndata %d\n%s\n' % (quoted, len(content), content)
                )
    git(folder, "init", "-q", "-b", "main")
    git(folder, "fast-import", "--quiet", given=b"".join(stream))


@given(history=HISTORY)
@example(history=[({"a": b"1"}, 5), ({"a": None, "a/b": b"2"}, 5), ({"a/b": None, "a": b"3"}, 5)])
@example(
    history=[({"a": b"1", "b": b"1"}, 9), ({"a": b"2"}, 1), ({"b": b"2"}, 0), ({"c": b""}, 5)]
)
@SETTINGS
def test_any_history_gives_the_same_commits_and_contents(bench, tmp_path_factory, history):
    folder = tmp_path_factory.mktemp("history")
    imported(folder, history)
    compare(bench, LOGS["commit"], [*NAMES, "b/a"], str(folder))
    names = [f"HEAD:{name}" for name in NAMES]
    compare(bench, OBJECTS["text"], names, str(folder))


GROWING = """
import subprocess

def f(names, folder, found):
    for name in names:
        if len(names) < 4:
            names.append("HEAD")
        names[-1] = "HEAD:crlf" if name == "HEAD~1" else names[-1]
        found.append({call})
"""


def test_lists_that_change_and_lists_longer_than_a_batch_are_gone_through_as_before(
    bench, repository
):
    source = GROWING.format(call=OBJECTS["type"])
    text = textwrap.dedent(source).lstrip("\n")
    real = lambda m: m.f(["HEAD"] * 9, str(repository), [])  # noqa: E731 -- a run in a word
    after = bench.fix(text, "git_per_item", real)
    for names in (
        ["HEAD"],
        ["HEAD:run.sh", "HEAD~1"],
        ["HEAD~1"] * 5,
        ["HEAD", "HEAD:link"] * 120,
    ):
        old, new = [], []
        bench.load(text).f(list(names), str(repository), old)
        bench.load(after).f(list(names), str(repository), new)
        assert new == old


HEAD = "import subprocess\nfrom subprocess import DEVNULL, PIPE, STDOUT\n\n\n"
ASKED = 'subprocess.check_output(["git", "cat-file", "blob", n], cwd=d)'
LOOP = "def f(ns, d):\n    for n in ns:\n        {}\n"


def looped(text):
    return LOOP.format(text)


SHAPES = {
    "consent": [
        looped(f"print({ASKED})"),
        looped(f"if n:\n            print({ASKED})"),
        looped(f"with open(n) as g:\n            print(g.read(), {ASKED})"),
        looped(f"t = {ASKED}\n        if t:\n            return t"),
        looped(ASKED.replace("cwd=d", "cwd=None, stderr=DEVNULL, text=True")),
        looped(ASKED.replace("cwd=d", "cwd=d, encoding='latin-1', errors='replace'")),
        looped(ASKED.replace("check_output", "run").replace("cwd=d", "stdout=PIPE") + ".stdout"),
        looped('subprocess.run(("git", "show", n), capture_output=True, check=True).stdout'),
        looped('subprocess.check_output(["git", "show", d + ":" + n])'),
        looped('subprocess.check_output(["git", "log", "-1", "--format=%ct", "--", n])'),
        f"def f(ns, d):\n    return [{ASKED} for n in ns if n]\n",
        f"def f(ns, d):\n    return {{n: {ASKED} for n in sorted(ns)}}\n",
        f"def f(ds, ns):\n    for d in ds:\n        for n in ns:\n            print({ASKED})\n",
        (f"class A:\n    def __init__(self, d):\n        self.d = d\n\n    def f(self, ns):\n"
         f"        return [{ASKED.replace('cwd=d', 'cwd=self.d')} for n in ns]\n"),
        f"import json\n{looped(f'print(look({ASKED}))')}def look(t):\n    return json.loads(t)\n",
        'D = "."\n' + looped(f"print({ASKED.replace('cwd=d', 'cwd=D')})"),
        (f"def f(ns, d):\n    with d as e:\n"
         f"        return [{ASKED.replace('cwd=d', 'cwd=e')} for n in ns]\n"),
    ],
    "advice": [
        f"def g(d):\n    def f(ns):\n        return [{ASKED} for n in ns]\n",
        looped(ASKED.replace('"cat-file"', '"--bare", "cat-file"')),
        looped(f"print({ASKED})\n        subprocess.run(['git', 'gc'])"),
        looped(f"open(n, 'w').write({ASKED})"),
        looped(f"keep(d, {ASKED})"),
        looped(f"d.pull({ASKED})"),
        looped(f"print({ASKED})\n        n.event.wait()"),
        looped(f"n = n.strip()\n        print({ASKED})"),
        looped(f"d = n\n        print({ASKED})"),
        looped(f"yield {ASKED}"),
        looped(f"import x\n        print({ASKED})"),
        looped(f"print(locals(), {ASKED})"),
        looped(f"while d:\n            print({ASKED})"),
        looped(f"print([{ASKED} for m in ns])"),
        looped(f"write()\n        print({ASKED})") + "def write():\n    open('x', 'w')\n",
        looped(ASKED.replace("cwd=d", "env=d")),
        looped(ASKED.replace("cwd=d", "stderr=STDOUT")),
        looped(ASKED.replace("cwd=d", "input=d")),
        looped(ASKED.replace("cwd=d", "timeout=3")),
        looped(ASKED.replace("cwd=d", "shell=True")),
        looped(ASKED.replace("cwd=d", "**d")),
        looped(ASKED.replace("cwd=d", "text=d")),
        looped(ASKED.replace("cwd=d", "text=True, universal_newlines=False")),
        looped(ASKED.replace("cwd=d", "cwd=n + d()")),
        looped(ASKED.replace("cwd=d", "cwd=d.folder")),
        looped(ASKED.replace("cwd=d", "cwd=later")) + "    later = d\n",
        looped(ASKED.replace("check_output", "run")),
        looped(ASKED.replace("check_output", "run") + ".stdout"),
        looped(ASKED.replace('"git"', '"git", "-C", d')),
        looped(ASKED.replace('"git"', '"git", "-c", "a.b=c"')),
        looped(ASKED.replace(", n]", ", n.name]")),
        looped(ASKED.replace(", n]", ", d]")),
        looped(ASKED.replace('"blob"', '"tree"')),
        looped(ASKED.replace('"blob"', '"-e"')),
        looped(ASKED.replace("n]", "n, # one\n            ]").replace('"blob"', '"--textconv"')),
        looped('subprocess.check_output(["git", "hash-object", n])'),
        looped('subprocess.check_output(["git", "rev-parse", "--short", n])'),
        looped('subprocess.check_output(["git", "show", "--stat", n])'),
        looped('subprocess.check_output(["git", "log", "-1", "--format=%ct", n])'),
        looped('subprocess.check_output(["git", "log", "-2", "--format=%ct", "--", n])'),
        looped('subprocess.check_output(["git", "log", "-1", "--format=%ar", "--", n])'),
        looped('subprocess.check_output(["git", "log", "-1", "--format=%B", "--", n])'),
        looped('subprocess.check_output(["git", "log", "-1", "--format=oneline", "--", n])'),
        looped('subprocess.check_output(["git", "log", "-1", "--", n])'),
        f"def f(ns, d):\n    return list({ASKED} for n in ns)\n",
        f"def f(ns, d):\n    return [{ASKED} for n, m in ns]\n",
        f"def f(ns, d):\n    return [{ASKED} for m in ns for n in m]\n",
        f"async def f(ns, d):\n    for n in ns:\n        print({ASKED})\n",
        f"def f(n, d):\n    return {ASKED}\n",
        f"def f(ns, d):\n    for n in ns, d:\n        print({ASKED})\n",
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("safety", "source"), [(kind, text) for kind, texts in SHAPES.items() for text in texts]
)
def test_loops_that_only_ask_are_rewritten_and_everything_else_is_advised(bench, safety, source):
    module = bench.module(HEAD + source)
    assert module.tree is not None, module.reason
    matches = bench.matches(module, find_remedy("git_per_item"))
    assert safety in {match.safety for match in matches}
    assert (safety == "consent") == ("consent" in {match.safety for match in matches})
    for match in matches:
        if match.safety == "consent":
            ast.parse(module.apply(find_remedy("git_per_item").rewrite(module, match)))


TEXTS = ["HEAD:run.sh", "HEAD:crlf"] * 4
NEVER_TOLD = {None, "the run never came here", "it is called seldom"}


@pytest.mark.parametrize(
    ("source", "given", "reason"),
    [
        (looped(f"print({ASKED})"), [], "the run never came here"),
        (looped(f"print({ASKED})"), [TEXTS[:4]], "it is called seldom"),
        (looped(f"print({ASKED})"), [TEXTS[:1]] * 9, "git is started seldom in a loop"),
        (looped(f"print({ASKED})"), [{*TEXTS}] * 4, "the items came from set"),
        (looped(f"print({ASKED})"), [[*TEXTS, b"HEAD:crlf"]], "items are of type bytes"),
        (looped(f"print({ASKED})"), [TEXTS], None),
        (looped(f"if n > 'HEAD:b':\n            print({ASKED})"),
         [[*TEXTS, *["HEAD:a"] * 9]], "many items are not asked about"),
    ],
)  # fmt: skip
def test_what_the_run_shows_admits_the_rewrite_or_not(bench, repository, source, given, reason):
    remedy = find_remedy("git_per_item")
    module = bench.module(HEAD + source)
    (match,) = bench.matches(module, remedy)

    def run(loaded):
        for names in given:
            with contextlib.suppress(Exception):
                loaded.f(names, str(repository))

    admission = remedy.admit(match, bench.observe(module, [match], run))
    assert (admission.evidence.get("not rewritten") or admission.reason) == reason
    assert (admission.safety == "advice") == (reason not in NEVER_TOLD)


class Index(list):
    """An index of the user's own, whose methods may change the repository."""


@pytest.mark.parametrize("kind", [list, Index])
def test_methods_of_the_users_own_types_keep_a_loop_as_it_is(bench, repository, kind):
    remedy = find_remedy("git_per_item")
    asked = ASKED.replace("cwd=d", "cwd=D")
    module = bench.module(f"{HEAD}{looped(f'd[1].append({asked})')}\n\nD = None\n")
    (match,) = bench.matches(module, remedy)
    run = lambda m: setattr(m, "D", str(repository)) or m.f(TEXTS, [0, kind()])  # noqa: E731 -- a run in a word
    admission = remedy.admit(match, bench.observe(module, [match], run))
    reason = admission.evidence.get("not rewritten")
    assert (reason is None) == (kind is list)
    assert kind is list or reason.endswith(".Index")


KEPT = """
class Base:
    def __init__(self, d):
        self.d = d

    def f(self, ns):
        return [ASKED for n in ns]


class Derived(Base):
    pass
"""


@pytest.mark.parametrize(("kind", "admitted"), [("Base", True), ("Derived", False)])
def test_a_folder_that_an_object_keeps_is_taken_from_objects_of_its_class_alone(
    bench, repository, kind, admitted
):
    source = HEAD + KEPT.replace("ASKED", ASKED.replace("cwd=d", "cwd=self.d"))
    run = lambda m: getattr(m, kind)(str(repository)).f(TEXTS)  # noqa: E731 -- a run in a word
    after = bench.fix(source, "git_per_item", run)
    assert (after is not None) == admitted
    if after:
        assert run(bench.load(after)) == run(bench.load(source))


TAKEN = """
from io import BytesIO as io
from subprocess import check_output

os = subprocess = _git_objects = "taken"


def f(ns):
    answer = []
    return answer + [check_output(["git", "cat-file", "-t", n]) for n in ns]


def g(ns):
    return [check_output(["git", "cat-file", "-s", n]) for n in ns]
"""


@pytest.mark.parametrize("layout", ["\n", "\r\n"])
def test_names_that_are_taken_stay_as_they_are(bench, repository, monkeypatch, layout):
    monkeypatch.chdir(repository)
    source = TAKEN.lstrip("\n").replace("\n", layout)
    run = lambda m: (m.f(TEXTS), m.g(TEXTS), m.os, m._git_objects, m.io.__name__)  # noqa: E731 -- a run in a word
    after = bench.fix(source, "git_per_item", run)
    assert after.count("def _git_objects_2(") == 1, "two loops share what asks git"
    assert run(bench.load(after)) == run(bench.load(source))
    assert ("\r\n" in after) == ("\r\n" in source)
