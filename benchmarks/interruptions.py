"""Kills `whet run` again and again at random moments and looks at what is left.

    python benchmarks/interruptions.py --kills 40 --seed 1

After every kill (SIGINT, SIGTERM or SIGKILL, to whet alone, as a supervisor sends it): the
project is byte-identical, no process of the workload is left, `whet status` answers, nothing lies
in the temporary folder (after SIGKILL: nothing that `whet clean --yes` does not remove). The next
`whet run` goes on with the session; at the end one is let finish. Writes
results/interruptions.json.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

PROGRAM = """\
def known(words, limit):
    names = [str(n) for n in range(400)]
    return sum(1 for n in range(limit) if words[n % 500] in names)


print(known([str(n) for n in range(500)], 15000))
"""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
SETTLE_S = 2.0


class Sweep:
    """One project, one temporary folder, many kills."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.project = folder / "project"
        self.temporary = folder / "tmp"
        self.mark = f"mark-{uuid.uuid4().hex}"
        self.random = random.Random(seed)
        self.environment = {
            **os.environ,
            "TMPDIR": str(self.temporary),
            "WHET_INTERRUPTION_MARK": self.mark,
        }
        self.project.mkdir()
        self.temporary.mkdir()
        (self.project / "app.py").write_text(PROGRAM)
        for words in (["init", "-q"], ["add", "app.py"], [*_WHO, "commit", "-qm", "first"]):
            subprocess.run(["git", *words], cwd=self.project, check=True)
        self.before = self.digest()
        self.failures: list[str] = []
        self.stages: Counter[str] = Counter()

    def digest(self) -> str:
        """Of every file of the project but whet's own state, with its mode."""
        state = hashlib.sha256()
        for path in sorted(self.project.rglob("*")):
            if ".whet" not in path.parts and path.is_file():
                state.update(f"{path} {path.stat().st_mode} ".encode() + path.read_bytes())
        return state.hexdigest()

    def whet(self, *words: str) -> subprocess.Popen[str]:
        """Starts a command line."""
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "whet", *words],
            cwd=self.project, env=self.environment, text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def run(self) -> subprocess.Popen[str]:
        """Starts or continues the session."""
        return self.whet("run", "-q", "-w", "app.py", "--budget", "60")

    def left_processes(self) -> list[str]:
        """Processes that carry our mark, after a moment to end."""
        deadline = time.monotonic() + SETTLE_S
        while found := list(self._marked()):
            if time.monotonic() > deadline:
                return found
            time.sleep(0.05)
        return []

    def _marked(self) -> Any:
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                if self.mark.encode() in path.read_bytes():
                    words = (path.parent / "cmdline").read_bytes().replace(b"\0", b" ")
                    yield f"{path.parent.name} {words.decode(errors='replace').strip()}"
            except OSError:
                continue

    def kill(self, number: int, longest_s: float) -> dict[str, Any]:
        """One kill, and all that must hold after it."""
        which = self.random.choice(SIGNALS)
        after_s = self.random.uniform(0.05, longest_s)
        process = self.run()
        try:
            process.wait(after_s)
        except subprocess.TimeoutExpired:
            process.send_signal(which)
        said = process.communicate(timeout=60)[0]
        # CPython itself ends by SIGINT where Ctrl-C met it within `exec` of a text, such as a
        # named tuple's; a shell reports both as 130.
        wanted = {
            signal.SIGINT: {0, 130, -signal.SIGINT},
            signal.SIGTERM: {0, 130},
            signal.SIGKILL: {0, -signal.SIGKILL},
        }[which]
        if process.returncode not in wanted or "Traceback" in said:
            self.fail(number, which, f"ended with {process.returncode}: {said[-300:]}")
        if self.digest() != self.before:
            self.fail(number, which, "the project is not as it was")
        if left := self.left_processes():
            self.fail(number, which, f"processes are left: {left[:3]}")
        stage = self.stage()
        self.stages[stage] += 1
        if which is not signal.SIGKILL and any(self.temporary.iterdir()):
            self.fail(number, which, f"left in TMPDIR: {sorted(self.temporary.iterdir())[:3]}")
        if self.whet("clean", "--yes").wait(60) or any(self.temporary.iterdir()):
            self.fail(number, which, f"not cleaned: {sorted(self.temporary.iterdir())[:3]}")
        return {"signal": which.name, "after_s": round(after_s, 2), "stage": stage}

    def stage(self) -> str:
        """Where the latest session stands, as `whet status` tells it."""
        process = self.whet("status", "--json")
        said = process.communicate(timeout=60)[0]
        if process.returncode:
            self.failures.append(f"whet status ended with {process.returncode}: {said[-300:]}")
            return "unknown"
        sessions = json.loads(said)["sessions"]
        if not sessions:
            return "before the session"
        if sessions[-1]["status"] == "done":
            return "after the session"
        states = {stage["name"]: stage["status"] for stage in sessions[-1]["stages"]}
        open_ones = [n for n, state in states.items() if state in {"running", "failed", "pending"}]
        return open_ones[0] if open_ones else "end"

    def fail(self, number: int, which: signal.Signals, what: str) -> None:
        """Notes what did not hold."""
        self.failures.append(f"kill {number} ({which.name}): {what}")
        print(self.failures[-1], file=sys.stderr)


_WHO = ("-c", "user.name=a", "-c", "user.email=a@localhost")


def main() -> int:
    """Hold the sweep and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=12.0, help="seconds until a kill")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="interruptions-") as folder:
        sweep = Sweep(Path(folder).resolve(), arguments.seed)
        kills = [sweep.kill(number, arguments.longest) for number in range(arguments.kills)]
        last = sweep.run()
        said = last.communicate(timeout=300)[0]
        if last.returncode or sweep.digest() != sweep.before:
            sweep.failures.append(f"the last run ended with {last.returncode}: {said[-500:]}")
    result = {
        "command": f"python benchmarks/interruptions.py --kills {arguments.kills} "
        f"--seed {arguments.seed} --longest {arguments.longest:g}",
        "python": sys.version.split()[0],
        "load_1m": os.getloadavg()[0],
        "kills": arguments.kills,
        "by_signal": Counter(kill["signal"] for kill in kills),
        "by_stage": sweep.stages,
        "failures": sweep.failures,
    }
    text = json.dumps(result, indent=1) + "\n"
    (Path(__file__).parent / "results" / "interruptions.json").write_text(text)
    print(text)
    return int(bool(sweep.failures))


if __name__ == "__main__":
    sys.exit(main())
