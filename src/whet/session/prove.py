"""Somebody else's change, a patch or a commit, before the same validation and court."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from whet.codebase import export_tree, project_files
from whet.codebase.git import git, resolve, top_level, try_git
from whet.codebase.syntax import SourceModule
from whet.errors import TargetError, WhetError, WorkloadFailed
from whet.records import Fix, FixVerdict, Validation
from whet.session import court, keeping, trials
from whet.session.changes import Files, digest, patch_of, put_files
from whet.session.loop import hold_bench
from whet.session.outside import (
    CLAIMS,
    functions_added,
    functions_that_differ,
    functions_that_moved,
)
from whet.session.setup import differs, resolve_project, watch
from whet.session.work import Options
from whet.store.scratch import scratch_folder

if TYPE_CHECKING:
    from whet.records import SessionRecord, Workload
    from whet.session.work import Run
    from whet.settings import Settings


def prove_change(
    project: Path,
    change: str,
    settings: Settings,
    workload: Workload | None = None,
    options: Options | None = None,
) -> SessionRecord:
    """Validate and judge a change against the project as it is.

    Args:
        project: The user's project; it is only read.
        change: A patch file, a branch or any other name of a commit.
        settings: Effective settings; the objective says which metric is claimed.
        workload: Overrides the settings' own.
        options: How the session is held.

    Raises:
        TargetError: No such patch or commit, or it does not apply, or changes nothing.
    """
    project = resolve_project(project)
    after = changed_files(project, change)
    if not after:
        raise TargetError(f"change {change!r}", "changes no file of the project")

    fresh = replace(options or Options(), resume=False)

    def steps(run: Run) -> None:
        _prove(run, change, after)

    return hold_bench(project, settings, workload, fresh, steps)


def changed_files(project: Path, change: str) -> Files:
    """The files that a change touches, as it makes them.

    Raises:
        TargetError: No such patch or commit, it does not apply, or it deletes files.
    """
    path = Path(change)
    if path.is_file():
        return _patched(project, path.resolve(), f"patch {str(path.resolve())!r}")
    top = top_level(project)
    if top is None:
        reason = "is no patch file, and the project is no git repository"
        raise TargetError(f"change {change!r}", reason, "Give a patch file, branch or commit")
    return _of_commit(project, top, resolve(top, change), change)


def _of_commit(project: Path, top: Path, commit: str, change: str) -> Files:
    """What a commit's line of work changed since it left ours, upon the project as it is.

    A commit that is part of ours already, or shares no history with it, is taken as a whole tree.
    """
    base = try_git(top, "merge-base", "HEAD", commit)
    common = commit if base.exit_code else base.stdout.decode().strip()
    with scratch_folder("prove") as folder:
        if common != commit:
            patch = Path(folder) / "change.patch"
            words = ["--binary", "--no-renames", "--no-ext-diff", "--no-textconv"]
            if project != top.resolve():
                words.append(f"--relative={project.relative_to(top.resolve()).as_posix()}")
            patch.write_bytes(git(top, "diff", *words, common, commit))
            return _patched(project, patch, f"change {change!r}")
        export_tree(top, commit, Path(folder) / "tree")
        tree = Path(folder) / "tree" / project.relative_to(top.resolve())
        return _different(project, tree, f"change {change!r}")


def _patched(project: Path, patch: Path, name: str) -> Files:
    if not patch.read_bytes().strip():
        return {}
    with scratch_folder("prove") as folder:
        tree = Path(folder) / "tree"
        put_files(tree, {f: (project / f).read_bytes() for f in _plain_files(project)})
        done = subprocess.run(
            ["git", "apply", "--whitespace=nowarn", str(patch)],
            cwd=tree, capture_output=True, check=False, stdin=subprocess.DEVNULL,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_CEILING_DIRECTORIES": str(folder),
                 "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"},
        )  # fmt: skip
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            reason = f"does not apply: {said[0] if said else 'unreadable'}"
            raise TargetError(name, reason, "Make it against the project as it is")
        return _different(project, tree, name)


def _plain_files(project: Path) -> list[str]:
    return [
        file
        for file in project_files(project)
        if (project / file).is_file() and not (project / file).is_symlink()
    ]


def _different(project: Path, tree: Path, change: str) -> Files:
    """What differs below; files that only one side has count where the change adds them."""
    ours = set(_plain_files(project))
    theirs = {p.relative_to(tree).as_posix() for p in tree.rglob("*")
              if p.is_file() and not p.is_symlink() and ".git" not in p.parts}  # fmt: skip
    gone = [file for file in sorted(ours - theirs) if file.endswith(".py")]
    if gone:
        raise TargetError(change, f"deletes {gone[0]}", "Compare it with `whet compare` instead")
    found: Files = {}
    for file in sorted(theirs):
        raw = (tree / file).read_bytes()
        here = project / file
        if not here.is_file() or here.read_bytes() != raw:
            found[file] = raw
    return found


def changed_functions(project: Path, after: Files) -> tuple[tuple[str, ...], dict[str, str]]:
    """The functions whose source differs, as `file::name`, and the files that some moved to."""
    found: list[str] = []
    added: dict[str, frozenset[str]] = {}
    present: set[str] = set()
    for file, raw in after.items():
        if not file.endswith(".py"):
            continue
        here, module = project / file, SourceModule(raw, file)
        before = SourceModule(here.read_bytes(), file) if here.is_file() else None
        added[file] = functions_added(before, module)
        present |= {f"{file}::{name}" for name in functions_added(None, module)}
        if before is not None:
            found += functions_that_differ(before, module)
    gone = [each for each in found if each not in present]
    return tuple(found), functions_that_moved(gone, added)


def _fix_of(run: Run, change: str, after: Files) -> Fix:
    before = {f: (run.project / f).read_bytes() for f in after if (run.project / f).is_file()}
    functions, moved = changed_functions(run.project, after)
    first = next(iter(after))
    return Fix(
        fix_id=digest(repr(sorted(after.items())).encode())[:12],
        title=f"the change {change}",
        remedy="patch" if Path(change).is_file() else "branch",
        file=first,
        line=1,
        function=functions[0].partition("::")[2] if functions else "",
        functions=functions,
        moved=moved,
        claims=CLAIMS[run.settings.objective],
        keeps_state=True,  # nobody said that it does not
        safety="consent",
        attainable_gain=None,
        patch=patch_of(before, after).decode("utf-8", "backslashreplace"),
        sources={file: digest(raw) for file, raw in before.items()},
    )


def _prove(run: Run, change: str, after: Files) -> None:
    session = run.session
    fix = _fix_of(run, change, after)
    with session.stage("workload"):
        first = watch(run.bench, allow_effects=run.options.allow_effects)
        again = run.bench.run(run.bench.launch("a", run.bench.plan({"effects": {}}), hash_seed=0))
        texts = run.bench.workload.kind != "pytest"
        session.folder.keep("repeatable", list(differs(first, again, texts=texts)))
    for stage in ("profile", "diagnose", "evidence"):
        session.skip(stage, "the change was brought from outside")
    session.update(fixes=(fix,))
    session.skip("fix", "the change was brought from outside")
    put_files(run.bench.copies["b"], after)
    with session.stage("validate"):
        validation = court.validate(run, fix)
        session.update(validations={fix.fix_id: validation})
    with session.stage("judge"):
        session.update(fix_verdicts=(_verdict(run, fix, validation),))
    for stage in ("combine", "tune"):
        session.skip(stage, "one change is its own whole")  # type: ignore[arg-type]  # StageName


def _verdict(run: Run, fix: Fix, validation: Validation) -> FixVerdict:
    if validation.outcome != "equal":
        return trials.dropped(fix, trials.unequal(validation))
    try:
        verdicts = court.measure(
            run, (fix.claims,), max(1.0, run.left_s), patience_s=run.left_s / 4, give_up=False
        )
    except WorkloadFailed as error:
        return trials.dropped(fix, f"refuted: {error}")
    except WhetError as error:
        return trials.dropped(fix, f"not proven: {error}")
    run.session.update(whole=verdicts)
    reason = keeping.objection(verdicts, fix.claims, run.settings)
    return trials.judged(fix, verdicts, reason)
