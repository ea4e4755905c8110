"""How branches lie to each other, what merging them leaves, and plans that come true."""

import json
import os
import random
import subprocess

import pytest

from whet.codebase.alignment import AlignQuery, align, compare_pairs, every_pair
from whet.codebase.alignment._differences import changes
from whet.codebase.alignment._plan import _largest_free_set
from whet.errors import GitError, TargetError
from whet.records import to_json
from whet.records.alignment import AlignedPair, Alignment, PlanStep

LINES = "".join(f"line {number}\n" for number in range(40))


def changed(text, *numbers, mark="changed"):
    lines = text.splitlines()
    for number in numbers:
        lines[number] = f"{mark} {number}"
    return "\n".join(lines) + "\n"


def branch(repository, name, start="main", **files):
    """A branch with one commit."""
    repository.git("checkout", "-q", "-b", name, start)
    commit = repository.commit(name, **files)
    repository.git("checkout", "-q", "main")
    return commit


@pytest.fixture
def team(repository):
    """Branches that exclude each other in ways that the order decides on."""
    repository.commit("base", a_py=LINES, b_py=LINES, c_py=LINES)
    branch(repository, "far-left", a_py=changed(LINES, 3))
    branch(repository, "far-right", a_py=changed(LINES, 30))
    # Both exclude the wide one, which therefore waits.
    branch(repository, "wide", a_py=changed(LINES, 3, 30, mark="wide"), d_py="new\n")
    branch(repository, "own-file", e_py="e\n")
    branch(repository, "stacked", "own-file", f_py="f\n")
    branch(repository, "odd", **{"naïve name.py": "1\n", "b_py": changed(LINES, 1)})
    repository.git("branch", "same")
    repository.commit("main goes on", b_py=changed(LINES, 20))
    branch(repository, "against-main", "same", b_py=changed(LINES, 20, mark="against"))
    branch(repository, "ready", c_py=changed(LINES, 7))
    repository.git("mv", "c.py", "moved.py")
    repository.commit("moved")
    return repository


def git_s_own(repository, left, right):
    """What git answers, a process a question."""
    counts = repository.git("rev-list", "--count", "--left-right", f"{left}...{right}").split()
    found = subprocess.run(
        ["git", "merge-base", "--all", left, right],
        cwd=repository.path, capture_output=True, check=False, text=True,
    )  # fmt: skip
    return set(found.stdout.split()), int(counts[1]), int(counts[0])


def grown(repository, chance, commits):
    """A history of any shape, with dates that go back and forth; ten branches of it."""
    stream = []
    for number in range(1, commits + 1):
        known = min(number - 1, chance.choice([1, 2, 3, 5]))
        recent = range(max(1, number - 6), number)
        before = chance.sample(recent, min(known, chance.choice([1, 1, 1, 2, 3])))
        when = 1_700_000_000 + 1000 * number + chance.choice([0, 0, 0, -9000, 40000])
        stream.append(f"commit refs/hidden/{number}\nmark :{number}\n")
        stream.append(f"committer A <a@b> {when} +0000\ndata 1\nx\n")
        if chance.random() < 0.03:
            before = []
        stream += [
            f"{'from' if n == 0 else 'merge'} :{parent}\n" for n, parent in enumerate(before)
        ]
        stream.append("\n")
    names = [f"b{n}" for n in range(10)]
    for name in names:
        stream.append(f"reset refs/heads/{name}\nfrom :{chance.randint(1, commits)}\n\n")
    repository.git("fast-import", "--quiet", "--force", stdin="".join(stream).encode())
    return names


@pytest.mark.parametrize("seed", range(12))
def test_relations_are_git_s_own_in_histories_of_any_shape(repository, seed):
    chance = random.Random(seed)
    pairs = every_pair(grown(repository, chance, chance.choice([15, 40, 120])))
    found = compare_pairs(repository.path, pairs).comparisons
    for pair, comparison in zip(pairs, found, strict=True):
        assert (
            set(comparison.merge_bases), comparison.ahead, comparison.behind,
        ) == git_s_own(repository, *pair)  # fmt: skip
        if len(comparison.merge_bases) > 1:
            (first, *_) = repository.git("merge-base", *pair).decode().split()
            assert first in comparison.merge_bases


def test_crossed_histories_have_all_their_bases_and_one_conflict_answer(repository):
    repository.commit("base", a_py=LINES)
    repository.git("checkout", "-qb", "other")
    right = repository.commit("right", a_py=changed(LINES, 2))
    repository.git("checkout", "-q", "main")
    left = repository.commit("left", a_py=changed(LINES, 30))
    repository.git("merge", "-q", "--no-edit", right)
    repository.git("checkout", "-q", "other")
    repository.git("merge", "-q", "--no-edit", left)
    repository.commit("again", a_py=changed(LINES, 2, 10, 30))
    repository.git("checkout", "-q", "main")
    repository.commit("too", a_py=changed(LINES, 2, 10, 30, mark="other"))
    (pair,) = align(repository.path).pairs
    assert set(pair.merge_bases) == {left, right}
    assert (pair.ahead, pair.behind, pair.conflicts) == (2, 2, ("a.py",))


def test_a_pair_holds_exactly_what_is_promised(team):
    pair = align(team.path, AlignQuery(pairs=(("main", "odd"),))).pairs[0]
    base = team.git("merge-base", "main", "odd").decode().strip()
    assert pair == AlignedPair(
        left="main",
        right="odd",
        merge_bases=(base,),
        ahead=1,
        behind=2,
        files_changed=2,
        added=2,
        deleted=1,
        conflicts=(),
    )
    document = json.loads(to_json(align(team.path)))
    assert list(document) == ["pairs", "plan", "complete", "notes", "version"]
    assert list(document["pairs"][0]) == [
        "left", "right", "merge_bases", "ahead", "behind", "files_changed", "added", "deleted",
        "conflicts",
    ]  # fmt: skip


def really_merged(repository, left, right):
    """The files that `git merge` leaves unmerged."""
    repository.git("checkout", "-q", "--detach", left)
    subprocess.run(
        ["git", "-c", "user.name=x", "-c", "user.email=x@x", "merge", "-q", "--no-edit", right],
        cwd=repository.path, capture_output=True, check=False,
    )  # fmt: skip
    unmerged = repository.git("diff", "--name-only", "--diff-filter=U", "-z").split(b"\0")
    repository.git("reset", "-q", "--hard")
    return tuple(sorted(os.fsdecode(name) for name in unmerged if name))


@pytest.fixture(params=["merge-tree", "older git"])
def any_git(request, old_git):
    """Git as it is, and as it was before it could merge without a work tree."""
    if request.param == "older git":
        old_git("2.37")
    return request.param


def test_conflicts_are_those_of_a_real_merge(team, any_git, tmp_path):
    names = ["main", "far-left", "wide", "odd", "against-main", "ready", "stacked"]
    pairs = tuple(every_pair(names))
    found = align(team.path, AlignQuery(pairs=pairs))
    assert bool(found.notes) == (any_git == "older git")
    clone = tmp_path / "clone"
    team.git("clone", "-q", ".", str(clone))
    team.path = clone
    for name in names:
        team.git("branch", "-f", name, f"origin/{name}") if name != "main" else None
    expected = [really_merged(team, *pair) for pair in pairs]
    assert [pair.conflicts for pair in found.pairs] == expected
    assert sum(map(bool, expected)) >= 3


def test_a_plan_comes_true_when_it_is_carried_out(team, any_git, tmp_path):
    tried = any_git == "merge-tree"
    plan = align(team.path, AlignQuery(plan=True, rebase=tried)).plan
    assert plan.into == "main"
    assert [step.rebases is not None for step in plan.steps].count(True) == (8 if tried else 0)
    assert [(step.branch, step.action) for step in plan.steps] == [
        ("same", "nothing"),
        ("far-left", "merge"),
        ("far-right", "merge"),
        ("own-file", "merge"),
        ("ready", "merge"),
        ("odd", "merge"),
        ("stacked", "merge"),
        ("against-main", "resolve"),
        ("wide", "resolve"),
    ]
    clone = tmp_path / "clone"
    team.git("clone", "-q", ".", str(clone))
    team.path = clone
    for step in plan.steps:
        if step.action == "nothing":
            assert b"Already up to date" in team.git("merge", f"origin/{step.branch}")
        elif step.action == "resolve":
            before = team.head()
            assert really_merged(team, before, f"origin/{step.branch}") == step.conflicts
            team.git("checkout", "-q", "main")
        else:
            if step.rebases is not None:
                assert step.rebases == really_rebased(team, step.branch)
            team.git("merge", "-q", "--no-edit", f"origin/{step.branch}")
            assert team.git("rev-parse", "HEAD^{tree}").decode().strip() == step.tree
    assert team.git("rev-parse", "HEAD^{tree}").decode().strip() == plan.tree


def really_rebased(repository, name):
    """Whether `git rebase` of a branch onto main ends without a conflict."""
    repository.git("checkout", "-q", "--detach", f"origin/{name}")
    done = subprocess.run(
        ["git", "-c", "user.name=x", "-c", "user.email=x@x", "rebase", "-q", "main"],
        cwd=repository.path, capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        repository.git("rebase", "--abort")
    repository.git("checkout", "-q", "main")
    return done.returncode == 0


def test_the_plan_has_no_more_conflicts_than_any_order(team):
    plan = align(team.path, AlignQuery(plan=True)).plan
    resolved = [step.branch for step in plan.steps if step.action == "resolve"]
    assert resolved == ["against-main", "wide"]
    assert [step.conflicts for step in plan.steps if step.conflicts] == [("b.py",), ("a.py",)]


def test_branches_that_go_straight_on_are_fast_forwarded(repository):
    repository.commit("base", a_py="1\n")
    first = branch(repository, "first", a_py="2\n")
    second = branch(repository, "second", "first", a_py="3\n")
    steps = align(repository.path, AlignQuery(plan=True)).plan.steps
    assert [(step.branch, step.action) for step in steps] == [
        ("first", "fast-forward"), ("second", "fast-forward"),
    ]  # fmt: skip
    trees = repository.git("rev-parse", f"{first}^{{tree}}", f"{second}^{{tree}}")
    assert [step.tree for step in steps] == trees.decode().split()


def test_a_branch_that_conflicts_until_another_brings_the_same_is_merged_later(repository):
    repository.commit("base", a_py=LINES, b_py=LINES)
    both = {"a_py": changed(LINES, 5), "b_py": changed(LINES, 5)}
    branch(repository, "bringer", **both)
    branch(repository, "follower", "bringer", c_py="1\n")
    repository.git("branch", "-f", "bringer-copy", "bringer")
    plan = align(repository.path, AlignQuery(plan=True)).plan
    actions = {step.branch: step.action for step in plan.steps}
    assert actions["follower"] == "fast-forward"
    assert sorted(actions.values()) == ["fast-forward", "fast-forward", "nothing"]


def test_unrelated_histories_are_said_and_not_merged(repository):
    repository.commit("base", a_py="1\n")
    repository.git("checkout", "-q", "--orphan", "pages")
    repository.commit("pages", b_py="1\n")
    repository.git("checkout", "-q", "main")
    found = align(repository.path, AlignQuery(plan=True))
    assert found.pairs == (
        AlignedPair(left="main", right="pages", merge_bases=(), ahead=1, behind=1,
                    files_changed=None, added=None, deleted=None, conflicts=None),
    )  # fmt: skip
    assert found.plan.steps == (
        PlanStep(branch="pages", action="unrelated", ahead=1, behind=1, conflicts=(),
                 rebases=None, tree=None),
    )  # fmt: skip


def test_merges_and_long_branches_are_not_tried_as_rebases(repository):
    repository.commit("base", a_py="1\n")
    branch(repository, "side", b_py="1\n")
    branch(repository, "merged", c_py="1\n")
    repository.git("checkout", "-q", "merged")
    repository.git("merge", "-q", "--no-edit", "side")
    repository.git("checkout", "-q", "-b", "long", "main")
    for number in range(51):
        repository.git("commit", "-q", "--allow-empty", "-m", str(number))
    repository.git("checkout", "-q", "main")
    repository.commit("main", d_py="1\n")
    steps = align(repository.path, AlignQuery(plan=True, rebase=True)).plan.steps
    assert {step.branch: step.rebases for step in steps} == {
        "side": True, "merged": None, "long": None,
    }  # fmt: skip


def test_a_rebase_that_would_conflict_is_told_from_a_merge_that_does_not(repository):
    repository.commit("base", a_py=LINES)
    repository.git("checkout", "-q", "-b", "topic")
    repository.commit("there", a_py=changed(LINES, 5, mark="there"))
    repository.commit("and back", a_py=LINES)
    repository.commit("useful", b_py="1\n")
    repository.git("checkout", "-q", "main")
    repository.commit("main", a_py=changed(LINES, 5, mark="main"))
    (step,) = align(repository.path, AlignQuery(plan=True, rebase=True)).plan.steps
    assert (step.action, step.rebases) == ("merge", False)
    assert not really_rebased_in_place(repository)


def really_rebased_in_place(repository):
    done = subprocess.run(
        ["git", "-c", "user.name=x", "-c", "user.email=x@x", "rebase", "-q", "main", "topic"],
        cwd=repository.path, capture_output=True, check=False,
    )  # fmt: skip
    repository.git("rebase", "--abort")
    return done.returncode == 0


def everything(repository):
    """Every file and folder of a repository, and when those that are no objects were changed.

    Git renews the time of an object that it would write again, also of a borrowed one.
    """
    return {
        str(path): (
            None if "objects" in path.parts else path.lstat().st_mtime_ns,
            path.read_bytes() if path.is_file() else None,
        )
        for path in sorted(repository.path.rglob("*"))
    }


def test_nothing_is_left_behind(team, any_git):
    team.write("untracked", "x")
    team.write("a.py", "changed but not added\n")
    before = everything(team)
    align(team.path, AlignQuery(plan=True, rebase=any_git == "merge-tree"))
    assert everything(team) == before


def test_nothing_that_a_repository_configures_runs(team, any_git, tmp_path):
    mark = tmp_path / "ran"
    spy = tmp_path / "spy"
    spy.write_text(f"#!/bin/sh\ntouch {mark}\nexit 0\n")
    spy.chmod(0o755)
    attributes = "*.py merge=spy filter=spy diff=spy\n"
    team.git("config", "core.attributesFile", str(tmp_path / "attributes"))
    (tmp_path / "attributes").write_text(attributes)
    (team.path / ".git/info").mkdir(exist_ok=True)
    (team.path / ".git/info/attributes").write_text(attributes)
    for name in ("core.fsmonitor", "merge.spy.driver", "filter.spy.clean", "filter.spy.smudge",
                 "filter.spy.process", "diff.spy.textconv", "diff.spy.command", "gpg.program",
                 "diff.external", "core.pager", "core.editor", "core.hooksPath"):  # fmt: skip
        team.git("config", name, f"{spy} %A")
    for name, value in (("merge.renormalize", "true"), ("commit.gpgSign", "true"),
                        ("filter.spy.required", "true")):  # fmt: skip
        team.git("config", name, value)
    found = align(team.path, AlignQuery(plan=True))
    assert not mark.exists()
    assert any("merge.spy.driver: not run" in note for note in found.notes)
    if any_git == "merge-tree":  # two sides of a file that only the driver could merge
        conflicts = {step.branch: step.conflicts for step in found.plan.steps}
        assert conflicts["odd"] == ("b.py",)


def test_a_program_that_no_option_can_name_is_refused(team):
    team.git("config", "merge.a=b.driver", "touch ran")
    with pytest.raises(GitError, match="cannot be set aside"):
        align(team.path)


def test_folders_with_odd_names_bare_ones_and_work_trees_do(team, tmp_path):
    expected = align(team.path, AlignQuery(plan=True))
    odd = tmp_path / 'a:b "c"\nd\\e'
    team.git("clone", "-q", "--mirror", ".", str(odd))
    assert align(odd, AlignQuery(plan=True)) == expected
    team.git("worktree", "add", "-q", "--detach", str(tmp_path / "second"))
    assert align(tmp_path / "second", AlignQuery(plan=True)) == expected


def test_borrowed_objects_are_found(team, tmp_path):
    expected = align(team.path, AlignQuery(plan=True))
    shared = tmp_path / "shared"
    team.git("clone", "-q", "--mirror", "--shared", ".", str(shared))
    assert align(shared, AlignQuery(plan=True)) == expected


def test_long_hashes_do(make_repository, any_git):
    assert any_git
    repository = make_repository("long", "--object-format=sha256")
    repository.commit("base", a_py=LINES)
    branch(repository, "topic", a_py=changed(LINES, 1))
    repository.commit("main", a_py=changed(LINES, 1, mark="main"))
    (pair,) = align(repository.path).pairs
    assert (len(pair.merge_bases[0]), pair.conflicts) == (64, ("a.py",))


def test_a_shallow_clone_says_that_bases_may_be_missing(team, any_git, tmp_path):
    assert any_git
    clone = tmp_path / "shallow"
    team.git("clone", "-q", "--depth=1", "--no-single-branch", f"file://{team.path}", str(clone))
    found = align(clone, AlignQuery(pairs=(("main", "origin/odd"),)))
    assert not found.complete
    assert found.pairs[0].merge_bases == ()
    assert found.pairs[0].conflicts is None


def test_names_that_are_no_utf_8_come_out_as_they_open(repository):
    repository.write(b"raw\xff", "1\n")
    repository.commit("base")
    repository.git("branch", "topic")
    repository.write(b"raw\xff", "2\n")
    repository.commit("main")
    repository.git("checkout", "-q", "topic")
    repository.write(b"raw\xff", "3\n")
    repository.commit("topic")
    (pair,) = align(repository.path, AlignQuery(pairs=(("main", "topic"),))).pairs
    assert [os.fsencode(name) for name in pair.conflicts] == [b"raw\xff"]
    assert to_json(pair)


def test_branches_remote_ones_and_targets_can_be_chosen(team, tmp_path):
    clone = tmp_path / "clone"
    team.git("clone", "-q", ".", str(clone))
    assert align(clone).pairs == ()
    remote = align(clone, AlignQuery(remote=True, plan=True))
    assert "origin/odd" in [pair.right for pair in remote.pairs]
    assert len(remote.plan.steps) == len(remote.pairs)
    chosen = align(team.path, AlignQuery(into="same", branches=("odd", "ready"), plan=True))
    named = [(pair.left, pair.right) for pair in chosen.pairs]
    assert named == [("same", "odd"), ("same", "ready")]
    assert [step.branch for step in chosen.plan.steps] == ["odd", "ready"]
    tagged = align(team.path, AlignQuery(into="main~1", branches=("odd",), plan=True))
    assert tagged.plan.into == "main~1"
    quick = align(team.path, AlignQuery(conflicts=False))
    assert {pair.conflicts for pair in quick.pairs} == {None}


def test_nothing_to_compare_is_no_difference(repository):
    repository.commit("only", a_py="1")
    assert list(changes(repository.path, [])) == []


def test_a_merge_that_cannot_be_begun_is_an_error_not_an_answer(repository, old_git):
    repository.commit("base", a_py="1")
    branch(repository, "topic", b_py="1")
    repository.commit("main", c_py="1")
    blob = repository.git("rev-parse", "topic:b.py").decode().strip()
    (repository.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    old_git("2.37")
    with pytest.raises(GitError):
        align(repository.path, AlignQuery(plan=True))


def test_no_branches_no_pairs(make_repository):
    empty = make_repository("empty")
    assert align(empty.path, AlignQuery(plan=True)) == Alignment(pairs=())
    empty.commit("only", a_py="1")
    found = align(empty.path, AlignQuery(plan=True))
    assert (found.pairs, found.plan) == ((), None)
    same = align(empty.path, AlignQuery(pairs=(("main", "main"),))).pairs[0]
    assert (same.ahead, same.behind, same.files_changed, same.conflicts) == (0, 0, 0, ())


@pytest.mark.parametrize("name", ["no-such", "", "--all", "a\nb"])
def test_a_reference_that_is_none_is_refused(team, name):
    with pytest.raises(TargetError, match="no such commit"):
        align(team.path, AlignQuery(pairs=(("main", name),)))
    with pytest.raises(TargetError, match="no such commit"):
        align(team.path, AlignQuery(into=name))


def test_a_missing_object_is_said(team):
    blob = team.git("rev-parse", "wide:a.py").decode().strip()
    (team.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(GitError):
        align(team.path)


@pytest.mark.parametrize("count", [6, 26])
def test_the_most_branches_that_do_not_exclude_each_other_are_chosen(count):
    # A star: the middle excludes all others, which exclude nothing else.
    star = [set(range(1, count)), *({0} for _ in range(1, count))]
    assert _largest_free_set(star) == set(range(1, count))
    path = [{n for n in (k - 1, k + 1) if 0 <= n < count} for k in range(count)]
    chosen = _largest_free_set(path)
    assert len(chosen) == count // 2
    assert all(not path[n] & chosen for n in chosen)
    assert _largest_free_set([set(), set()]) == {0, 1}
