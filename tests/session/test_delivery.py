"""Fixes are delivered byte for byte, and taken back byte for byte."""

import subprocess

import pytest

from whet.clock import SYSTEM_CLOCK
from whet.errors import DeployError, TargetError, UsageError
from whet.records import Edit, Fix, FixVerdict, SessionRecord, Span, Verdict
from whet.session.changes import digest, patch_of, put_files
from whet.session.deploy import deploy_branch, deploy_in_place, deploy_patches, kept_fixes
from whet.session.revert import revert
from whet.store import Store

SOURCES = {
    "plain.py": b"a = 1\nb = 2\n",
    "crlf.py": b"a = 1\r\nb = 2\r\n",
    "open.py": b"b = 2\na = 1",
    "latin.py": b"# -*- coding: latin-1 -*-\na = '\xe9'\n",
}


def git(folder, *words):
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@t", *words]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return done.stdout.decode()


def fix_of(project, file, line, fix_id):
    raw = (project / file).read_bytes()
    row = raw.splitlines()[line - 1]
    span = Span(line=line, column=0, end_line=line, end_column=1)
    assert row[:1] in b"ab"
    return Fix(
        fix_id=fix_id, title=f"Change {file}", remedy="renaming", file=file, line=line,
        function="", functions=(), claims="cpu_time", keeps_state=False, safety="safe",
        attainable_gain=0.5, edits=(Edit(file=file, span=span, text="changed"),),
        sources={file: digest(raw)},
    )  # fmt: skip


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    for name, raw in SOURCES.items():
        (folder / name).write_bytes(raw)
    (folder / "plain.py").chmod(0o755)
    return folder


@pytest.fixture
def repository(project):
    git(project, "init", "-q")
    git(project, "config", "core.autocrlf", "false")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "one")
    return project


@pytest.fixture
def fixes(project):
    places = [("plain.py", 1), ("crlf.py", 2), ("open.py", 2), ("latin.py", 2), ("plain.py", 2)]
    return [fix_of(project, file, line, f"fix{n}") for n, (file, line) in enumerate(places)]


@pytest.fixture
def folder(tmp_path, project, fixes):
    folder = Store(tmp_path / ".whet", SYSTEM_CLOCK).new_session()
    verdict = Verdict(
        metric="cpu_time", outcome="faster", effect=0.5, low=0.49, high=0.51, confidence=0.99,
        margin=0.01, processes=8, pairs=16, clock="cpu", design="interpreter pairs", elapsed_s=3.0,
    )  # fmt: skip
    verdicts = tuple(
        FixVerdict(
            fix_id=fix.fix_id, remedy=fix.remedy, file=fix.file, line=fix.line, kept=True,
            reason="kept", verdicts=(verdict,),
        )
        for fix in fixes
    )  # fmt: skip
    folder.save(
        SessionRecord(
            session_id=folder.session_id, project=str(project), start_time="t",
            fixes=tuple(fixes), fix_verdicts=verdicts,
        )
    )  # fmt: skip
    return folder


EXPECTED = {
    "plain.py": b"changed = 1\nchanged = 2\n",
    "crlf.py": b"a = 1\r\nchanged = 2\r\n",
    "open.py": b"b = 2\nchanged = 1",
    "latin.py": b"# -*- coding: latin-1 -*-\nchanged = '\xe9'\n",
}


def contents(project):
    return {name: (project / name).read_bytes() for name in SOURCES}


def delivered(folder, deployment):
    import msgspec

    folder.save(msgspec.structs.replace(folder.load(), deployments=(deployment,)))


@pytest.mark.parametrize("tool", ["git apply", "patch -p1"])
def test_patches_apply_byte_for_byte(project, folder, fixes, tmp_path, tool):
    deploy_patches(project, folder.load(), fixes, tmp_path / "out")
    assert contents(project) == SOURCES
    for path in sorted((tmp_path / "out").glob("*.patch")):
        command = [*tool.split(), "--binary"] if tool.startswith("patch") else tool.split()
        with path.open("rb") as stdin:
            subprocess.run(command, cwd=project, check=True, stdin=stdin, capture_output=True)
    assert contents(project) == EXPECTED


def test_in_place_and_back_again(repository, folder, fixes, tmp_path):
    done = deploy_in_place(repository, folder.load(), fixes, tmp_path / "backups")
    assert contents(repository) == EXPECTED
    assert (repository / "plain.py").stat().st_mode & 0o777 == 0o755
    delivered(folder, done)
    revert(repository, folder)
    assert contents(repository) == SOURCES
    assert git(repository, "status", "--porcelain") == ""
    with pytest.raises(UsageError, match="nothing of it is delivered"):
        revert(repository, folder)


def test_one_fix_taken_back_leaves_the_others(repository, folder, fixes, tmp_path):
    delivered(folder, deploy_in_place(repository, folder.load(), fixes, tmp_path / "backups"))
    revert(repository, folder, "fix0")
    assert contents(repository) == {**EXPECTED, "plain.py": b"a = 1\nchanged = 2\n"}
    revert(repository, folder)
    assert contents(repository) == SOURCES


def test_a_file_changed_since_is_named_and_nothing_is_touched(repository, folder, fixes, tmp_path):
    delivered(folder, deploy_in_place(repository, folder.load(), fixes, tmp_path / "backups"))
    (repository / "crlf.py").write_bytes(b"mine\n")
    with pytest.raises(DeployError, match=r"crlf\.py: changed since whet wrote it"):
        revert(repository, folder)
    assert contents(repository) == {**EXPECTED, "crlf.py": b"mine\n"}


def test_what_a_killed_whet_had_half_written_is_taken_back(repository, folder, fixes, tmp_path):
    seen = []

    def announce(deployment):
        seen.append(contents(repository))
        delivered(folder, deployment)

    deploy_in_place(repository, folder.load(), fixes, tmp_path / "backups", announce=announce)
    assert seen == [SOURCES]  # it was on disk before the first file was written
    (repository / "plain.py").write_bytes(SOURCES["plain.py"])
    (repository / "plain.py").chmod(0o755)
    revert(repository, folder)
    assert contents(repository) == SOURCES
    assert git(repository, "status", "--porcelain") == ""


def test_an_interruption_while_writing_takes_back_what_was_written(
    repository, folder, fixes, tmp_path, monkeypatch
):
    from whet.session import deploy

    written = []

    def interrupted(path, raw, **rest):
        written.append(path)
        if len(written) == len(contents(repository)) + 2:
            raise KeyboardInterrupt
        whole(path, raw, **rest)

    whole = deploy.replace_file
    monkeypatch.setattr(deploy, "replace_file", interrupted)
    with pytest.raises(KeyboardInterrupt):
        deploy_in_place(repository, folder.load(), fixes, tmp_path / "backups")
    assert contents(repository) == SOURCES


def test_nothing_is_written_through_links_that_lead_out(project, folder, fixes, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine.py").write_text("mine\n")
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "link.py").symlink_to(outside / "mine.py")
    (copy / "data").symlink_to(outside)
    (copy / "inner.py").write_text("old\n")
    (copy / "alias.py").symlink_to("inner.py")
    put_files(copy, {"link.py": b"new\n", "alias.py": b"new\n"})
    assert (copy / "link.py").read_text() == (copy / "inner.py").read_text() == "new\n"
    assert (copy / "alias.py").is_symlink()
    with pytest.raises(TargetError, match="behind a link that leads out"):
        put_files(copy, {"data/mine.py": b"new\n"})
    (project / "plain.py").rename(outside / "plain.py")
    (project / "plain.py").symlink_to(outside / "plain.py")
    with pytest.raises(DeployError, match=r"plain\.py: is a link to .*, out of the project"):
        deploy_in_place(project, folder.load(), fixes, tmp_path / "backups")
    assert (outside / "mine.py").read_text() == "mine\n"
    assert (outside / "plain.py").read_bytes() == SOURCES["plain.py"]


def test_an_original_that_is_gone_is_named_before_anything_is_touched(
    repository, folder, fixes, tmp_path
):
    delivered(folder, deploy_in_place(repository, folder.load(), fixes, tmp_path / "backups"))
    (tmp_path / "backups" / "plain.py").unlink()
    with pytest.raises(DeployError, match=r"plain\.py: cannot be restored"):
        revert(repository, folder)
    assert contents(repository) == EXPECTED


def test_uncommitted_files_are_refused_unless_allowed(repository, folder, fixes, tmp_path):
    (repository / "open.py").write_bytes(SOURCES["open.py"] + b"\n")
    fixes = [f for f in fixes if f.file != "open.py"] + [fix_of(repository, "open.py", 2, "x")]
    with pytest.raises(DeployError, match=r"open\.py: has changes that are not committed"):
        deploy_in_place(repository, folder.load(), fixes, tmp_path / "b")
    assert (repository / "plain.py").read_bytes() == SOURCES["plain.py"]
    deploy_in_place(repository, folder.load(), fixes, tmp_path / "b", allow_dirty=True)
    assert (repository / "open.py").read_bytes() == b"b = 2\nchanged = 1\n"


def test_a_source_changed_since_the_session_is_refused(project, folder, fixes, tmp_path):
    (project / "plain.py").write_bytes(b"a = 3\nb = 2\n")
    with pytest.raises(DeployError, match="changed since the session measured it"):
        deploy_in_place(project, folder.load(), fixes, tmp_path / "b")


def test_a_branch_has_one_commit_a_fix_and_touches_nothing_else(repository, folder, fixes):
    marker = repository / ".git" / "hooks" / "reference-transaction"
    marker.write_text("#!/bin/sh\ntouch hook-ran\n")
    marker.chmod(0o755)
    index = (repository / ".git" / "index").read_bytes()
    head = git(repository, "rev-parse", "HEAD")
    done = deploy_branch(repository, folder.load(), fixes, "whet/fixes")
    assert len(done.commits) == 5
    assert git(repository, "rev-list", "--count", "main..whet/fixes" if "main" in git(
        repository, "branch") else "master..whet/fixes").strip() == "5"  # fmt: skip
    message = git(repository, "log", "-1", "--format=%B", "whet/fixes")
    assert "faster, 0.500 of what it was (99% interval 0.490 to 0.510" in message
    for name, raw in EXPECTED.items():
        shown = subprocess.run(
            ["git", "cat-file", "blob", f"whet/fixes:{name}"],
            cwd=repository, capture_output=True, check=True,
        )  # fmt: skip
        assert shown.stdout == raw
    assert git(repository, "ls-tree", "whet/fixes", "plain.py").startswith("100755")
    assert contents(repository) == SOURCES
    assert (repository / ".git" / "index").read_bytes() == index
    assert git(repository, "rev-parse", "HEAD") == head
    assert not (repository / "hook-ran").exists()
    marker.unlink()
    with pytest.raises(DeployError, match="exists already"):
        deploy_branch(repository, folder.load(), fixes, "whet/fixes")
    delivered(folder, done)
    assert revert(repository, folder) == ["removed branch whet/fixes"]
    assert "whet" not in git(repository, "branch", "--all")


def test_a_branch_with_other_commits_stays(repository, folder, fixes):
    done = deploy_branch(repository, folder.load(), fixes[:1], "mine")
    delivered(folder, done)
    git(repository, "branch", "-f", "mine", "HEAD")
    with pytest.raises(DeployError, match="has other commits by now"):
        revert(repository, folder)


def test_no_branch_without_a_repository(project, folder, fixes):
    with pytest.raises(DeployError, match="can have no branch"):
        deploy_branch(project, folder.load(), fixes, "x")


def test_a_bad_branch_name_is_refused(repository, folder, fixes):
    with pytest.raises(UsageError, match="no name git takes"):
        deploy_branch(repository, folder.load(), fixes, "a..b")


def test_kept_fixes_are_chosen_by_id_or_remedy(folder):
    session = folder.load()
    assert len(kept_fixes(session)) == 5
    assert [f.fix_id for f in kept_fixes(session, ["fix3"])] == ["fix3"]
    assert len(kept_fixes(session, ["renaming"])) == 5
    with pytest.raises(UsageError, match="kept none of this name"):
        kept_fixes(session, ["other"])


def test_a_new_file_is_a_patch_from_nothing():
    assert patch_of({}, {"n.py": b"x\n"}) == b"--- /dev/null\n+++ b/n.py\n@@ -0,0 +1 @@\n+x\n"
