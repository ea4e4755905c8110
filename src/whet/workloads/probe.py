"""Puts the probe where the target's interpreter finds it, and writes its plan."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Any

from whet.errors import InstrumentError
from whet.records import Record
from whet.store.scratch import new_scratch

_PACKAGE = "whet_probe"
_STUB = Path("_site") / "sitecustomize.py"


class ProbePlan(Record, frozen=True):
    """What the probe shall record in one run.

    Args:
        instruments: Configuration by name of instrument (`effects`, `io`, `imports`, ...); an
            empty mapping records only the first and last line of every process.
        out: Folder for the records of this run; created, and best used for one run only.
        root: The code that is measured.
        origin: The project that `root` is a copy of; found by itself for copies of
            `make_copies`.
    """

    instruments: dict[str, dict[str, Any]]
    out: Path
    root: Path
    origin: Path | None = None

    def write(self) -> Path:
        """Write the plan file into `out` and return its path."""
        self.out.mkdir(parents=True, exist_ok=True, mode=0o700)
        document = {
            "version": 1,
            "out": str(self.out),
            "root": str(self.root),
            "origin": None if self.origin is None else str(self.origin),
            "instruments": self.instruments,
        }
        path = self.out / "plan.json"
        path.write_text(json.dumps(document, ensure_ascii=True), encoding="ascii")
        return path


def probe_package() -> Path:
    """The folder of the probe's sources in this installation of whet."""
    from importlib.util import find_spec

    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise InstrumentError("the probe", "is missing from this installation", "Reinstall whet")
    return Path(spec.origin).parent


def install_probe(folder: Path) -> Path:
    """Put the probe and its `sitecustomize` stub into a folder.

    Args:
        folder: Created if missing; nothing else should lie in it, since it is put on the
            target's path.

    Returns:
        The folder, resolved: what goes in front of `PYTHONPATH`.
    """
    source = probe_package()
    folder = Path(folder).resolve()
    package = folder / _PACKAGE
    package.mkdir(parents=True, exist_ok=True)
    for stale in (*folder.glob(".compiled-*"), *folder.rglob("*.pyc")):
        stale.unlink()  # of an earlier version; it would not be checked against the source
    for path in sorted(source.glob("*.py")):
        shutil.copyfile(path, package / path.name)
    shutil.copyfile(source / _STUB, folder / "sitecustomize.py")
    return folder


@lru_cache(maxsize=1)
def shared_probe() -> Path:
    """A probe folder for runs that name none, kept as long as this process lives."""
    return install_probe(new_scratch("probe"))


def compile_probe(folder: Path, python: str) -> None:
    """Compile the probe for an interpreter, once; where bytecode is not cached every run would.

    The bytecode is never checked against its source: nobody changes an installed probe.
    """
    mark = folder / f".compiled-{hashlib.sha256(python.encode()).hexdigest()[:16]}"
    if mark.exists():
        return
    words = ["-I", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    subprocess.run(
        [python, *words, str(folder)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,  # without bytecode the probe only starts more slowly
    )
    mark.touch()
