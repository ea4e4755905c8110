"""The environment variables of a run."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from whet.workloads.copies import origin_of

if TYPE_CHECKING:
    from whet.workloads.launch import Launch

PLAN_VARIABLE = "WHET_PROBE_PLAN"
_AT_START = frozenset({"sitecustomize", "usercustomize"})


def variables(launch: Launch) -> dict[str, str]:
    """What the workload's environment is: the user's, with the interpreter and the code in front.

    The interpreter's own folder comes first on `PATH`, so `python` and console scripts are the
    target's; the roots of the code come first on `PYTHONPATH`, so a copy is what runs even where
    the original is installed.
    """
    environment = {k: v for k, v in os.environ.items() if k != PLAN_VARIABLE}
    environment.update(launch.workload.env)
    environment.update(launch.environment)
    interpreter = launch.interpreter
    folder = str(Path(interpreter.path).parent)
    _put_in_front(environment, "PATH", [folder])
    if (Path(interpreter.prefix) / "pyvenv.cfg").is_file():
        environment["VIRTUAL_ENV"] = interpreter.prefix
    else:
        environment.pop("VIRTUAL_ENV", None)
    if launch.workload.kind != "git":
        _put_in_front(environment, "PYTHONPATH", import_roots(launch.root, interpreter.editable))
    if launch.hash_seed is not None:
        environment["PYTHONHASHSEED"] = str(launch.hash_seed)
    return environment


def add_probe(environment: dict[str, str], launch: Launch, probe: Path) -> None:
    """Name the plan and put the probe's folder first on the target's path."""
    if launch.plan is None:
        return
    plan = launch.plan
    if plan.origin is None:
        origin = origin_of(launch.root)
        plan = type(plan)(
            instruments=plan.instruments, out=plan.out, root=plan.root, origin=origin
        )
    environment[PLAN_VARIABLE] = str(plan.write())
    _put_in_front(environment, "PYTHONPATH", [str(probe)])


def import_roots(root: Path, editable: tuple[str, ...]) -> list[str]:
    """Folders of the measured code that belong on the import path.

    Those that editable installs of the interpreter map into the project, then `src` and the
    project itself. A folder that nobody mapped is left out if it holds a module named like one of
    the standard library, which it would replace in front of the path, or one that Python imports
    from the path by itself: the workload alone would not run it.
    """
    project = origin_of(root) or root
    mapped = []
    for entry in editable:
        path = Path(entry).resolve()
        if path == project.resolve() or project.resolve() in path.parents:
            mapped.append(root / path.relative_to(project.resolve()))
    guessed = [path for path in (root / "src", root) if path.is_dir() and not _shadows(path)]
    return [str(path) for path in dict.fromkeys([*mapped, *guessed])]


def _shadows(folder: Path) -> bool:
    """Whether the folder holds a module that would replace one of the standard library."""
    names = set()
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                names.add(entry.name[:-3])
            elif (Path(entry.path) / "__init__.py").is_file():  # False in a symlink loop
                names.add(entry.name)
    return not names.isdisjoint(sys.stdlib_module_names | _AT_START)


def _put_in_front(environment: dict[str, str], variable: str, entries: list[str]) -> None:
    old = environment.get(variable)
    environment[variable] = os.pathsep.join([*entries, *([old] if old else [])])
