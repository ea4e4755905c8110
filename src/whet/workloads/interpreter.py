"""Finds the Python that runs the target, and asks it what it is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from whet.errors import InterpreterError
from whet.records import Interpreter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from whet.records import Workload

OLDEST = (3, 8)
_TIMEOUT_S = 30.0
_OF_INTEREST = (
    "pytest", "xdist", "pytest_cov", "pytest_randomly", "pytest_benchmark", "coverage", "numpy",
    "pandas", "memray", "hypothesis",
)  # fmt: skip
_WAY_OUT = "Name an interpreter of Python 3.8 or newer with --python"

# Runs in the target's interpreter with -I: reads, imports nothing of the project.
_QUESTION = """
import sys, json, importlib.util, site, os, ast
def mapped():
    folders = list(getattr(site, "getsitepackages", list)())
    for folder in folders:
        try:
            names = sorted(os.listdir(folder))
        except OSError:
            continue
        for name in names:
            path = os.path.join(folder, name)
            if name.endswith(".pth"):
                for line in open(path, encoding="utf-8", errors="replace"):
                    line = line.strip()
                    if line and not line.startswith(("#", "import ", "import\\t")):
                        yield os.path.join(folder, line)
            elif name.startswith("__editable__") and name.endswith("_finder.py"):
                for node in ast.parse(open(path, encoding="utf-8").read()).body:
                    names = [t.id for t in getattr(node, "targets", ()) if hasattr(t, "id")]
                    names += [node.target.id] if hasattr(node, "target") else []
                    if "MAPPING" in names:
                        for place in ast.literal_eval(node.value).values():
                            yield os.path.dirname(place)
def installed(name):
    try:
        return importlib.util.find_spec(name) is not None
    except Exception:
        return False
print(json.dumps({
    "version": sys.version_info[:3],
    "executable": sys.executable,
    "implementation": sys.implementation.name,
    "prefix": sys.prefix,
    "free_threaded": not getattr(sys, "_is_gil_enabled", lambda: True)(),
    "modules": [name for name in NAMES if installed(name)],
    "editable": sorted(set(mapped())),
}))
"""


def find_interpreter(
    project: Path,
    python: str | None = None,
    environ: Mapping[str, str] = os.environ,
    *,
    workload: Workload | None = None,
) -> Interpreter:
    """The Python that runs the target.

    The order: the one named, `$VIRTUAL_ENV`, the project's own environments, `python3` on the
    path, whet's own. The first that is there is taken; if it is unfit, that is an error and not
    a reason to take the next. Only tests are particular: of the active and the project's own
    environments they take the first that has pytest, if one has.

    Args:
        project: The user's project, not a copy of it.
        python: Path or name of an interpreter, as given by the user.
        environ: The environment variables that are looked at.
        workload: What it is to run.

    Raises:
        InterpreterError: Missing, not executable, too old, or not a Python.
    """
    if python is not None:
        return inspect_interpreter(_named(python, environ), "--python", str(project))
    own = (sys.executable, "whet's own")
    path, chosen_by = next(_candidates(project, environ), own)
    first = inspect_interpreter(path, chosen_by, str(project))
    if workload is not None and workload.kind == "pytest" and "pytest" not in first.modules:
        return _with_pytest(project, environ) or first
    return first


def _with_pytest(project: Path, environ: Mapping[str, str]) -> Interpreter | None:
    """The first environment of the project that has pytest; unfit ones are passed over."""
    for path, chosen_by in _environments(project, environ):
        with suppress(InterpreterError):
            found = inspect_interpreter(path, f"{chosen_by}, the first with pytest", str(project))
            if "pytest" in found.modules:
                return found
    return None


def _named(python: str, environ: Mapping[str, str]) -> str:
    expanded = Path(python).expanduser()
    if expanded.is_dir():
        inside = _python_of(expanded)
        if inside is None:
            reason = "is a folder without bin/python"
            raise InterpreterError(f"interpreter {python!r}", reason, _WAY_OUT)
        return str(inside)
    if os.sep in python:
        # Not resolved: a virtual environment's python is a link, and the link is the environment.
        return str(Path.cwd() / expanded)
    found = shutil.which(python, path=environ.get("PATH"))
    if found is None:
        raise InterpreterError(f"interpreter {python!r}", "is not on the path", _WAY_OUT)
    return found


def _candidates(project: Path, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield from _environments(project, environ)
    found = shutil.which("python3", path=environ.get("PATH"))
    if found is not None:
        yield found, "python3 on the path"


def _environments(project: Path, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    active = environ.get("VIRTUAL_ENV")
    if active:
        inside = _python_of(Path(active))
        if inside is not None:
            yield str(inside), "$VIRTUAL_ENV"
    for path in _project_environments(Path(project)):
        yield str(path), path.parent.parent.name


def _project_environments(project: Path) -> Iterator[Path]:
    """Interpreters of the environments in the project: `.venv` and `venv` first, then by name."""
    preferred = [project / ".venv", project / "venv", project / "env"]
    try:
        others = sorted(path.parent for path in project.glob("*/pyvenv.cfg"))
    except OSError:
        others = []
    for folder in dict.fromkeys([*preferred, *others]):
        if (folder / "pyvenv.cfg").is_file():
            inside = _python_of(folder)
            if inside is not None:
                yield inside


def _python_of(folder: Path) -> Path | None:
    for name in ("bin/python", "bin/python3", "Scripts/python.exe"):
        path = Path(folder).absolute() / name
        if path.exists():
            return path
    return None


@lru_cache(maxsize=64)
def inspect_interpreter(path: str, chosen_by: str = "", folder: str = "/") -> Interpreter:
    """Run an interpreter and ask it what it is.

    A script that starts the real interpreter (a shim of pyenv or asdf) is resolved to that one:
    it would be part of every measurement otherwise.

    Args:
        path: Of the interpreter.
        chosen_by: Why it was chosen; for people.
        folder: Where it is asked: a shim may choose by folder.

    Raises:
        InterpreterError: Missing, not executable, too old, or not a Python.
    """
    what = f"interpreter {path!r}"
    if not Path(path).exists():
        raise InterpreterError(what, "does not exist", _WAY_OUT)
    question = f"NAMES = {_OF_INTEREST!r}\n{_QUESTION}"
    answer = _ask(path, ["-I", "-c", question], folder)
    if answer.returncode != 0:
        raise InterpreterError(what, _refusal(path, answer.stderr), _WAY_OUT)
    try:
        facts = json.loads(answer.stdout.splitlines()[-1])
        version = facts["version"]
        interpreter = Interpreter(
            path=facts["executable"] or path,
            version=(version[0], version[1], version[2]),
            implementation=facts["implementation"],
            prefix=facts["prefix"],
            free_threaded=facts["free_threaded"],
            chosen_by=chosen_by,
            modules=tuple(facts["modules"]),
            editable=tuple(facts["editable"]),
        )
    except (ValueError, LookupError, TypeError) as error:
        raise InterpreterError(what, "does not answer as a Python does", _WAY_OUT) from error
    if interpreter.version < OLDEST:
        raise InterpreterError(what, _too_old(version), _WAY_OUT)
    return interpreter


def _ask(path: str, words: list[str], folder: str = "/") -> subprocess.CompletedProcess[str]:
    what = f"interpreter {path!r}"
    try:
        return subprocess.run(
            [path, *words],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=_TIMEOUT_S,
            check=False,
            cwd=folder,
        )
    except OSError as error:
        reason = f"cannot be run ({error.strerror})"
        raise InterpreterError(what, reason, _WAY_OUT) from error
    except subprocess.TimeoutExpired as error:
        reason = f"does not answer within {_TIMEOUT_S:.0f} s"
        raise InterpreterError(what, reason, _WAY_OUT) from error


def _refusal(path: str, stderr: str) -> str:
    """Why an interpreter did not answer: old ones know neither -I nor the question."""
    answer = _ask(path, ["-c", "import sys; print(list(sys.version_info[:3]))"])
    try:
        version = json.loads(answer.stdout)
    except ValueError:
        last = (stderr.strip().splitlines() or ["no message"])[-1]
        return f"cannot be used: {last[:200]}"
    if isinstance(version, list) and tuple(version) < OLDEST:
        return _too_old(version)
    last = (stderr.strip().splitlines() or ["no message"])[-1]
    return f"failed when asked about itself: {last[:200]}"


def _too_old(version: list[int]) -> str:
    spelled = ".".join(str(part) for part in version)
    return f"is Python {spelled}; whet measures 3.8 (whole commands only) and newer"
