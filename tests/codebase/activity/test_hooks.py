"""Hooks are put beside what is there, run it, and leave no trace when they go."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from whet.codebase.activity import hooks_report, ingest, install_hooks, uninstall_hooks
from whet.codebase.activity._places import hooks_path, places_of
from whet.errors import DeployError, GitError, StoreError, TargetError

NOISY = '#!/bin/sh\necho "$0 $*" >>"${HOOK_LOG:-hook.log}"\n'


def hook(path, text=NOISY, mode=0o755):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def marks(repository):
    return (repository.path / ".git/whet/spool").read_text().splitlines()


def log(repository):
    path = repository.path / "hook.log"
    return path.read_text().splitlines() if path.exists() else []


def test_a_commit_appends_its_name_and_nothing_else_happens(repository):
    report = install_hooks(repository.path)
    assert [(h.name, h.runs, h.chained) for h in report.hooks] == [("post-commit", True, None)]
    commits = [repository.commit("one"), repository.commit("two")]
    assert marks(repository) == commits
    assert hooks_report(repository.path).pending_marks == 2


def test_a_detached_head_is_noted_too(repository):
    repository.commit()
    install_hooks(repository.path)
    repository.git("checkout", "-q", "--detach")
    made = repository.commit("far off")
    assert marks(repository) == [made]


@pytest.mark.parametrize("mode", [0o755, 0o700, 0o644])
def test_an_existing_hook_is_chained_and_restored_byte_for_byte(repository, everything, mode):
    repository.commit()
    text = NOISY.encode() + b"# caf\xe9 \xff without an end of line"
    path = hook(repository.path / ".git/hooks/post-commit", "")
    path.write_bytes(text)
    path.chmod(mode)
    before = everything(repository.path / ".git")
    inode = path.stat().st_ino
    install_hooks(repository.path)
    repository.git("commit", "-q", "--allow-empty", "-m", "x")
    executable = bool(mode & 0o100)
    assert len(log(repository)) == executable  # git runs no hook that is not executable
    assert len(marks(repository)) == 1
    repository.git("reset", "-q", "--hard", "HEAD~1")
    uninstall_hooks(repository.path)
    after = everything(repository.path / ".git")
    assert {name: value for name, value in after.items() if "hooks" in name or "whet" in name} == {
        name: value for name, value in before.items() if "hooks" in name
    }
    assert path.stat().st_ino == inode


@pytest.mark.parametrize("options", [{}, {"pre_commit": True}])
def test_nothing_at_all_is_left_after_uninstalling(repository, everything, options):
    repository.commit()
    hook(repository.path / ".git/hooks/pre-push")
    before = everything(repository.path)
    install_hooks(repository.path, **options)
    assert everything(repository.path) != before
    uninstall_hooks(repository.path)
    assert everything(repository.path) == before
    assert hooks_report(repository.path).form is None


def test_installing_twice_is_the_same_as_once(repository, everything):
    hook(repository.path / ".git/hooks/post-commit")
    install_hooks(repository.path)
    once = everything(repository.path / ".git")
    install_hooks(repository.path)
    assert everything(repository.path / ".git") == once


def test_other_options_replace_those_of_before(repository):
    hook(repository.path / ".git/hooks/pre-commit")
    install_hooks(repository.path, pre_commit=True, relevant=["*.rs"])
    assert "'*.rs'" in (repository.path / ".git/hooks/pre-commit").read_text()
    report = install_hooks(repository.path)
    assert [h.name for h in report.hooks] == ["post-commit"]
    assert (repository.path / ".git/hooks/pre-commit").read_text() == NOISY


def test_a_hook_keeps_its_name_and_the_files_beside_it(repository):
    folder = repository.path / ".git/hooks"
    (folder / "lib.sh").write_text("say() { echo lib $(basename $0) >>hook.log; }\n")
    hook(folder / "post-commit", '#!/bin/sh\n. "$(dirname "$0")/lib.sh"\nsay\n')
    install_hooks(repository.path)
    repository.commit()
    assert log(repository) == ["lib post-commit"]


def test_a_hook_that_is_a_relative_link_goes_on_leading_to_its_script(repository, everything):
    hook(repository.path / "scripts/after.sh")
    link = repository.path / ".git/hooks/post-commit"
    link.symlink_to("../../scripts/after.sh")
    before = everything(repository.path / ".git/hooks")
    install_hooks(repository.path)
    repository.commit()
    assert len(log(repository)) == len(marks(repository)) == 1
    uninstall_hooks(repository.path)
    assert everything(repository.path / ".git/hooks") == before


def test_an_earlier_hook_may_refuse_the_commit_as_before(repository):
    hook(repository.path / ".git/hooks/pre-commit", "#!/bin/sh\nexit 7\n")
    install_hooks(repository.path, pre_commit=True)
    with pytest.raises(subprocess.CalledProcessError):
        repository.commit()


def test_a_spool_that_cannot_be_written_fails_no_commit(repository):
    install_hooks(repository.path)
    (repository.path / ".git/whet/spool").mkdir()
    done = repository.git("commit", "--allow-empty", "-m", "x", stdin=b"")
    assert b"x" in done


def test_a_repository_may_be_moved(repository, tmp_path):
    hook(repository.path / ".git/hooks/post-commit")
    install_hooks(repository.path)
    repository.path = repository.path.rename(tmp_path / "moved")
    repository.commit()
    assert len(marks(repository)) == len(log(repository)) == 1


@pytest.mark.parametrize("where", ["relative", "absolute", "global"])
def test_a_configured_hooks_path_is_chained_and_restored(
    repository, everything, tmp_path, monkeypatch, where
):
    repository.commit()
    folder = tmp_path / "shared" if where != "relative" else repository.path / ".husky/_"
    hook(folder / "post-commit")
    hook(folder / "commit-msg")
    if where == "global":
        (tmp_path / "gitconfig").write_text(f"[core]\n\thooksPath = {folder}\n")
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    else:
        value = ".husky/_" if where == "relative" else str(folder)
        with (repository.path / ".git/config").open("a") as file:
            file.write(f"# mine\n[core]\n  hooksPath={value}   ; odd spacing\n")
    given = os.environ.get("GIT_CONFIG_GLOBAL")
    before = everything(tmp_path)
    report = install_hooks(repository.path)
    assert report.form == "redirect"
    assert [(h.runs, bool(h.chained)) for h in report.hooks] == [(True, True)]
    once = everything(tmp_path)
    install_hooks(repository.path)
    assert everything(tmp_path) == once
    repository.git("commit", "-q", "--allow-empty", "-m", "x", GIT_CONFIG_GLOBAL=given)
    assert len(marks(repository)) == 1
    named = ".husky/_" if where == "relative" else str(folder)
    lines = log(repository)
    assert [line.split()[0] for line in lines] == [f"{named}/commit-msg", f"{named}/post-commit"]
    hook(folder / "post-checkout")  # added later
    repository.git("checkout", "-q", "-b", "other", GIT_CONFIG_GLOBAL=given)
    assert log(repository)[-1].startswith(f"{named}/post-checkout")
    repository.git("checkout", "-q", "main")
    uninstall_hooks(repository.path)
    after = everything(tmp_path)
    ignored = ("objects", "logs", "refs", "hook.log", "post-checkout", "COMMIT_EDITMSG", "index")
    changed = [name for name in {*before, *after} if before.get(name) != after.get(name)]
    assert [name for name in changed if not any(word in name for word in ignored)] == [
        "repository/.git/HEAD"
    ] * ("repository/.git/HEAD" in changed)


def test_a_setting_made_after_whets_survives_uninstalling(repository):
    repository.git("config", "core.hooksPath", "elsewhere")
    install_hooks(repository.path)
    repository.git("config", "user.name", "later")
    uninstall_hooks(repository.path)
    assert repository.git("config", "core.hooksPath") == b"elsewhere\n"
    assert repository.git("config", "user.name") == b"later\n"
    install_hooks(repository.path)
    repository.git("config", "core.hooksPath", "third")
    (hook_,) = hooks_report(repository.path).hooks
    assert not hook_.runs
    assert "core.hooksPath is 'third' now" in hook_.problem
    uninstall_hooks(repository.path)
    assert repository.git("config", "core.hooksPath") == b"third\n"


def test_a_hooks_path_that_only_the_machine_sets_is_unset_again_after_other_changes(
    repository, tmp_path, monkeypatch
):
    (tmp_path / "gitconfig").write_text(f"[core]\n\thooksPath = {tmp_path / 'shared'}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    install_hooks(repository.path)
    repository.git("config", "user.name", "later")
    uninstall_hooks(repository.path)
    assert b"hooksPath" not in (repository.path / ".git/config").read_bytes()


def test_a_hooks_path_from_the_environment_is_refused_and_nothing_changes(
    repository, everything, monkeypatch
):
    before = everything(repository.path)
    for name, value in (("COUNT", "1"), ("KEY_0", "core.hooksPath"), ("VALUE_0", "/x")):
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    with pytest.raises(DeployError, match="is decided in the command scope"):
        install_hooks(repository.path)
    assert everything(repository.path) == before


def test_a_hooks_path_inside_the_repository_itself_is_a_plain_folder(repository):
    repository.git("config", "core.hooksPath", ".git/my hooks")
    hook(repository.path / ".git/my hooks/post-commit")
    assert install_hooks(repository.path).form == "folder"
    repository.commit()
    assert len(marks(repository)) == len(log(repository)) == 1
    uninstall_hooks(repository.path)
    assert (repository.path / ".git/my hooks/post-commit").read_text() == NOISY


def test_a_hooks_folder_that_is_a_link_to_elsewhere_is_left_alone(repository, tmp_path):
    shutil.rmtree(repository.path / ".git/hooks")
    hook(tmp_path / "shared/post-commit")
    (repository.path / ".git/hooks").symlink_to(tmp_path / "shared")
    assert install_hooks(repository.path).form == "redirect"
    repository.commit()
    assert len(marks(repository)) == len(log(repository)) == 1
    assert (tmp_path / "shared/post-commit").read_text() == NOISY


def test_a_missing_hooks_folder_is_made_and_removed(repository, everything):
    shutil.rmtree(repository.path / ".git/hooks")
    before = everything(repository.path)
    install_hooks(repository.path)
    repository.commit()
    assert len(marks(repository)) == 1
    uninstall_hooks(repository.path)
    assert not (repository.path / ".git/hooks").exists()
    assert "whet" not in str(sorted({*everything(repository.path)} - {*before}))


def test_all_work_trees_share_the_hooks_and_the_spool(repository, tmp_path):
    repository.commit()
    repository.git("worktree", "add", "-q", str(tmp_path / "tree"), "-b", "side")
    install_hooks(tmp_path / "tree")
    main = repository.commit("main")
    repository.path, top = tmp_path / "tree", repository.path
    side = repository.commit("side")
    repository.path = top
    assert marks(repository) == [main, side]
    assert places_of(tmp_path / "tree").project == top


def test_a_hooks_path_of_one_work_tree_is_changed_there_alone(repository, tmp_path):
    repository.commit()
    repository.git("config", "extensions.worktreeConfig", "true")
    repository.git("worktree", "add", "-q", str(tmp_path / "tree"), "-b", "side")
    main, repository.path = repository.path, tmp_path / "tree"
    repository.git("config", "--worktree", "core.hooksPath", "mine")
    install_hooks(tmp_path / "tree")
    assert hooks_path(main) is None
    repository.commit()
    repository.path = main
    assert len(marks(repository)) == 1
    uninstall_hooks(tmp_path / "tree")
    assert hooks_path(tmp_path / "tree").value == "mine"


def test_a_submodule_has_hooks_of_its_own(repository, make_repository):
    inner = make_repository("inner")
    inner.commit()
    repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add",
                   str(inner.path), "sub")  # fmt: skip
    install_hooks(repository.path / "sub")
    outer, repository.path = repository.path, repository.path / "sub"
    made = repository.commit("inside")
    assert (outer / ".git/modules/sub/whet/spool").read_text().split() == [made]
    assert not (outer / ".git/whet").exists()
    assert ingest(repository.path).recorded == 2


def test_a_bare_repository_notes_pushes_and_its_own_hook_reads_the_refs(
    repository, make_repository, everything
):
    bare = make_repository("bare", "--bare")
    hook(bare.path / "hooks/post-receive", "#!/bin/sh\ncat >received\n")
    before = everything(bare.path)
    report = install_hooks(bare.path)
    assert [h.name for h in report.hooks] == ["post-receive"]
    made = repository.commit()
    repository.git("push", "-q", str(bare.path), "main")
    assert (bare.path / "whet/spool").read_text().split() == [made]
    assert made in (bare.path / "received").read_text()
    assert ingest(bare.path).recorded == 1
    assert uninstall_hooks(bare.path).recorded_commits == 1
    assert everything(bare.path / "hooks") == {
        name.removeprefix("hooks/"): value
        for name, value in before.items()
        if name.startswith("hooks/")
    }


def test_a_manager_that_comes_later_and_keeps_whets_hook_is_no_harm(repository):
    install_hooks(repository.path)
    folder = repository.path / ".git/hooks"
    (folder / "post-commit").rename(folder / "post-commit.legacy")
    manager = NOISY + '"$0.legacy" "$@"\n'
    hook(folder / "post-commit", manager)
    repository.commit()
    assert len(marks(repository)) == len(log(repository)) == 1
    assert install_hooks(repository.path).hooks[0].runs
    uninstall_hooks(repository.path)
    assert (folder / "post-commit").read_text() == manager
    assert not (folder / "post-commit.legacy").exists()


def test_a_manager_that_keeps_whets_hook_and_never_calls_it_is_told_and_chained(repository):
    install_hooks(repository.path)
    folder = repository.path / ".git/hooks"
    (folder / "post-commit").rename(folder / "post-commit.old")
    hook(folder / "post-commit", NOISY)
    (found,) = hooks_report(repository.path).hooks
    assert (found.runs, "another hook took the place" in found.problem) == (False, True)
    assert install_hooks(repository.path).hooks[0].runs
    repository.commit()
    assert len(marks(repository)) == len(log(repository)) == 1
    uninstall_hooks(repository.path)
    assert (folder / "post-commit").read_text() == NOISY
    assert not (folder / "post-commit.old").exists()


def test_a_hook_that_takes_the_place_is_chained_by_installing_again(repository):
    folder = repository.path / ".git/hooks"
    first = hook(folder / "post-commit", NOISY + "# first\n")
    install_hooks(repository.path)
    first.unlink()
    (found,) = hooks_report(repository.path).hooks
    assert "was removed" in found.problem
    hook(folder / "post-commit", NOISY + "# second\n")
    (found,) = hooks_report(repository.path).hooks
    assert (found.runs, "another hook took the place" in found.problem) == (False, True)
    report = install_hooks(repository.path)
    assert report.hooks[0].runs
    assert "stays; the one before is kept as" in report.notes[0]
    repository.commit()
    assert len(marks(repository)) == len(log(repository)) == 1
    uninstall_hooks(repository.path)
    assert (folder / "post-commit").read_text() == NOISY + "# second\n"
    kept = folder.parent / "whet-hooks/post-commit.1"
    assert kept.read_text() == NOISY + "# first\n"  # nobody's hook is ever thrown away


def test_a_hook_that_lost_its_mode_is_named_and_mended(repository):
    install_hooks(repository.path)
    path = repository.path / ".git/hooks/post-commit"
    path.chmod(0o644)
    (found,) = hooks_report(repository.path).hooks
    assert "is not executable any more" in found.problem
    assert install_hooks(repository.path).hooks[0].runs


def test_hooks_of_others_in_whets_folder_stay_and_are_named(repository):
    repository.git("config", "core.hooksPath", "elsewhere")
    install_hooks(repository.path)
    hook(repository.path / ".git/whet/hooks/my-own")
    report = uninstall_hooks(repository.path)
    assert "my-own" in report.notes[0]
    assert (repository.path / ".git/whet/hooks/my-own").is_file()


def test_a_hooks_folder_that_is_a_file_is_one_clear_error(repository, everything):
    shutil.rmtree(repository.path / ".git/hooks")
    (repository.path / ".git/hooks").write_text("")
    before = everything(repository.path)
    with pytest.raises(DeployError, match="is no folder"):
        install_hooks(repository.path)
    assert everything(repository.path) == before


@pytest.fixture
def somebody():
    """A folder of a user who may not write everywhere, and the way to become that user."""
    if os.geteuid():
        yield Path(tempfile.mkdtemp())
        return
    folder = Path(tempfile.mkdtemp())
    os.chown(folder, 65534, 65534)
    os.seteuid(65534)
    yield folder
    os.seteuid(0)
    shutil.rmtree(folder)


def test_a_hooks_folder_that_is_read_only_is_one_clear_error(somebody, everything):
    subprocess.run(["git", "init", "-q", somebody / "r"], check=True)
    folder = somebody / "r/.git/hooks"
    hook(folder / "post-commit")
    folder.chmod(0o555)
    before = everything(somebody)
    with pytest.raises(DeployError, match=r"cannot be written.*Make its folder writable"):
        install_hooks(somebody / "r")
    assert everything(somebody) == before
    folder.chmod(0o755)


def test_where_hard_links_are_missing_the_hook_is_copied(repository, everything, monkeypatch):
    hook(repository.path / ".git/hooks/post-commit", mode=0o751)
    (repository.path / ".git/hooks/pre-commit").symlink_to("post-commit")
    before = everything(repository.path / ".git/hooks")

    def refuse(*_, **__):
        raise OSError(1, "no hard links")

    monkeypatch.setattr(os, "link", refuse)
    install_hooks(repository.path, pre_commit=True)
    uninstall_hooks(repository.path)
    assert everything(repository.path / ".git/hooks") == before


def test_what_is_no_repository_is_named(tmp_path):
    with pytest.raises(TargetError, match="there is no such directory"):
        install_hooks(tmp_path / "missing")
    with pytest.raises(GitError, match="not a git repository"):
        install_hooks(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_state_is_named(repository):
    install_hooks(repository.path)
    (repository.path / ".git/whet/hooks.json").write_text("{")
    with pytest.raises(StoreError, match=r"hooks\.json"):
        uninstall_hooks(repository.path)


def test_the_hook_starts_no_program(repository):
    """Everything before the earlier hook is a builtin of the shell."""
    install_hooks(repository.path)
    script = repository.path / ".git/hooks/post-commit"
    repository.git("config", "user.name", "x")
    done = subprocess.run(
        ["/bin/sh", script], cwd=repository.path, env={"PATH": "/nowhere"}, check=True,
        capture_output=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == (b"", b"")
    assert len(marks(repository)) == 1


def test_the_pre_commit_hook_starts_whet_only_for_relevant_files(
    repository, tmp_path, monkeypatch
):
    started = tmp_path / "started"
    python = hook(tmp_path / "python", f'#!/bin/sh\necho "$*" >>{started}\n')
    monkeypatch.setattr(sys, "executable", str(python))
    install_hooks(repository.path, pre_commit=True, relevant=["*.py", "it's/*.x"])
    repository.write("notes.txt")
    repository.commit()
    assert not started.exists()
    repository.write("it's/a.x")
    repository.commit()
    words = "-P -m whet hooks pre-commit --relevant=*.py --relevant=it's/*.x\n"
    assert started.read_text() == words
    hook(python, "#!/bin/sh\nexit 1\n")  # whet fails, and was removed: commits go on
    repository.write("b.py")
    repository.commit()
    python.unlink()
    repository.write("a.py")
    repository.commit()


def test_an_installation_that_was_cut_off_before_the_hook_came_is_taken_back(
    repository, everything
):
    path = hook(repository.path / ".git/hooks/post-commit")
    before = everything(repository.path)
    install_hooks(repository.path)
    kept = repository.path / ".git/whet-hooks/post-commit"
    shutil.copy2(kept, path)  # as where hard links are missing
    uninstall_hooks(repository.path)
    assert everything(repository.path) == before


def test_a_link_that_came_back_by_itself_is_no_other_hook(repository, everything):
    link = repository.path / ".git/hooks/post-commit"
    link.symlink_to("nowhere")
    before = everything(repository.path)
    install_hooks(repository.path)
    link.unlink()
    link.symlink_to("nowhere")
    uninstall_hooks(repository.path)
    assert everything(repository.path) == before


def test_a_kept_hook_comes_back_although_whets_was_removed(repository, everything):
    path = hook(repository.path / ".git/hooks/post-commit")
    before = everything(repository.path)
    install_hooks(repository.path)
    path.unlink()
    uninstall_hooks(repository.path)
    assert everything(repository.path) == before


def test_hooks_that_take_the_place_again_and_again_are_all_kept(repository):
    path = repository.path / ".git/hooks/post-commit"
    for number in range(4):
        path.unlink(missing_ok=True)
        hook(path, f"{NOISY}# {number}\n")
        install_hooks(repository.path)
    kept = sorted((repository.path / ".git/whet-hooks").glob("post-commit*"))
    assert sorted(p.read_text()[-2] for p in kept) == ["0", "1", "2", "3"]
    assert (repository.path / ".git/whet-hooks/post-commit").read_text()[-2] == "3"


def test_a_second_hooks_path_that_somebody_added_is_left_alone(repository):
    repository.git("config", "core.hooksPath", "elsewhere")
    install_hooks(repository.path)
    repository.git("config", "--add", "core.hooksPath", "third")
    uninstall_hooks(repository.path)
    assert repository.git("config", "core.hooksPath") == b"third\n"


def test_without_the_setting_the_problem_is_named(repository):
    repository.git("config", "core.hooksPath", "elsewhere")
    install_hooks(repository.path)
    repository.git("config", "--unset-all", "core.hooksPath")
    (found,) = hooks_report(repository.path).hooks
    assert "core.hooksPath was unset since" in found.problem
    assert install_hooks(repository.path).form == "folder"


def test_a_folder_of_whets_that_cannot_be_made_leaves_the_setting_alone(repository, everything):
    repository.git("config", "core.hooksPath", "elsewhere")
    (repository.path / ".git/whet").mkdir()
    (repository.path / ".git/whet/hooks").write_text("")
    before = everything(repository.path)
    with pytest.raises(DeployError, match="cannot be written"):
        install_hooks(repository.path)
    assert everything(repository.path) == before


def test_a_hooks_path_in_a_folder_that_is_missing_is_one_clear_error(repository, everything):
    repository.git("config", "core.hooksPath", ".git/not/there")
    before = everything(repository.path)
    with pytest.raises(DeployError, match="cannot be made"):
        install_hooks(repository.path)
    assert everything(repository.path) == before


def test_a_spool_that_is_no_file_is_named(repository):
    install_hooks(repository.path)
    (repository.path / ".git/whet/spool").mkdir()
    for look in (hooks_report, ingest, uninstall_hooks):
        with pytest.raises(StoreError, match="whet"):
            look(repository.path)


# What pre-commit installs: it calls the hook that was there as `.legacy`, and refuses to be that.
FRAMEWORK = """#!/bin/sh
# File generated by pre-commit: https://pre-commit.com {version}
[ "$PRE_COMMIT_RUNNING_LEGACY" ] && exit 1
echo {version} >>hook.log
[ -x "$0.legacy" ] || exit 0
PRE_COMMIT_RUNNING_LEGACY=1 "$0.legacy" "$@"
"""


@pytest.mark.parametrize("later", ["1", "2"])
@pytest.mark.parametrize("name", ["post-commit", "pre-commit"])
def test_a_manager_that_installs_itself_again_runs_once_and_stays(repository, name, later):
    path = hook(repository.path / ".git/hooks" / name, FRAMEWORK.format(version="1"))
    install_hooks(repository.path, pre_commit=name == "pre-commit")
    repository.commit("one")
    path.rename(f"{path}.legacy")
    hook(path, FRAMEWORK.format(version=later))
    repository.commit("two")
    install_hooks(repository.path, pre_commit=name == "pre-commit")
    repository.commit("three")
    assert log(repository) == ["1", later, later]
    assert len(marks(repository)) == 3
    uninstall_hooks(repository.path)
    assert path.read_text() == FRAMEWORK.format(version=later)
    assert not Path(f"{path}.legacy").exists()
    assert not (repository.path / ".git/whet-hooks").exists()


def test_a_hook_of_ones_own_still_runs_when_a_manager_comes_later(repository):
    path = hook(repository.path / ".git/hooks/post-commit", "#!/bin/sh\necho mine >>hook.log\n")
    install_hooks(repository.path)
    path.rename(f"{path}.legacy")
    hook(path, FRAMEWORK.format(version="1"))
    repository.commit()
    assert log(repository) == ["1", "mine"]
    uninstall_hooks(repository.path)
    assert Path(f"{path}.legacy").read_text() == "#!/bin/sh\necho mine >>hook.log\n"


def test_a_git_that_knows_no_scopes_is_one_clear_error(repository, tmp_path, monkeypatch):
    real = shutil.which("git")
    old = 'case "$*" in *--show-scope*) echo "unknown option" >&2; exit 129;; esac\n'
    hook(tmp_path / "bin/git", f'#!/bin/sh\n{old}exec {real} "$@"\n')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    with pytest.raises(GitError, match="unknown option"):
        install_hooks(repository.path)
    assert not (repository.path / ".git/hooks/post-commit").exists()
