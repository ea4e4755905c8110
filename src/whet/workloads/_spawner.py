"""A small process that starts workloads: run as a script, `python -I -S _spawner.py`.

The largest resident size that the kernel reports for a process begins with that of the process it
was forked from. The conductor is large; this one is about as small as a bare interpreter, so the
figure is the workload's own. Requests and answers are lines of JSON on stdin and stdout. A
request names argv, cwd, env, stdin, stdout, stderr, timeout_s and limit_bytes; the first answer
has the pid, the second what the run did.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

TYPE_CHECKING = False  # typing is not loaded: this process must stay small
if TYPE_CHECKING:
    from typing import Any, NoReturn

TICK_S = 0.05
ROUNDS = 1000  # a fork bomb may be faster; then the rest is left to the system
GRACE_S = 0.3  # helpers such as multiprocessing's resource tracker end just after the program

running: list[int] = []  # the program that runs now
adopted_s: list[float] = []  # CPU time of its orphans that have ended


def main() -> None:
    """Serve requests until the conductor goes away."""
    parent = os.getppid()
    signal.signal(signal.SIGTERM, end)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = serve(request, parent)
        except OSError as error:
            answer = {"error": error.strerror or str(error), "errno": error.errno}
        try:
            reply(answer)
        except BrokenPipeError:
            os._exit(0)  # the conductor is gone; nobody wants to know


def end(_number: int, _frame: object) -> NoReturn:  # pragma: no cover - leaves by os._exit
    """The conductor gives up: end the run, and what became of it, and go."""
    if running:
        kill_group(running[0])
        reap(running[0])
    kill_orphans()
    os._exit(0)


def reply(answer: dict[str, Any]) -> None:
    """One line to the conductor."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def serve(request: dict[str, Any], parent: int) -> dict[str, Any]:
    """Start one program, wait for it, and say what it used."""
    started = time.monotonic()
    pid = start(request)
    running[:] = [pid]
    adopted_s.clear()
    reply({"pid": pid})
    stopped = wait(request, pid, started, parent)
    wall_s = time.monotonic() - started
    io = read_io(pid)
    run_queue_s = read_run_queue(pid)
    _, status, usage = os.wait4(pid, 0)
    running.clear()
    leftovers = kill_group(pid) if stopped else end_group(pid)
    leftovers = kill_orphans(0 if stopped else GRACE_S) or leftovers
    return {
        "status": status,
        "wall_s": wall_s,
        "cpu_s": usage.ru_utime + usage.ru_stime + sum(adopted_s),
        "peak": usage.ru_maxrss,
        "io": io,
        "run_queue_s": run_queue_s,
        "stopped": stopped,
        "leftovers": leftovers,
    }


def start(request: dict[str, Any]) -> int:
    """Fork and execute; failures of the child before its program starts are raised here."""
    argv = [os.fsencode(word) for word in request["argv"]]
    env = {os.fsencode(k): os.fsencode(v) for k, v in request["env"].items()}
    streams = [
        os.open(request["stdin"], os.O_RDONLY),
        os.open(request["stdout"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
        os.open(request["stderr"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
    ]
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        become(request["cwd"], argv, env, streams, writer)
    os.close(writer)
    for stream in streams:
        os.close(stream)
    failure = b""
    while True:
        part = os.read(reader, 64)
        if not part:
            break
        failure += part
    os.close(reader)
    if failure:
        os.waitpid(pid, 0)
        number = int(failure)
        raise OSError(number, os.strerror(number))
    return pid


def become(  # pragma: no cover - in the forked child, which leaves by exec or os._exit
    cwd: str, argv: list[bytes], env: dict[bytes, bytes], streams: list[int], writer: int
) -> NoReturn:
    """In the child: own session, own streams, then the program. Never returns."""
    try:
        os.setsid()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.chdir(cwd)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)  # Python ignores them; programs expect them
        os.execvpe(argv[0], argv, env)  # noqa: S606 - that is the job; no shell on purpose
    except OSError as error:
        os.write(writer, str(error.errno).encode())
    finally:
        os._exit(127)


def wait(request: dict[str, Any], pid: int, started: float, parent: int) -> str | None:
    """Wait without reaping; returns why the run was stopped, or None."""
    timeout_s, limit = request.get("timeout_s"), request.get("limit_bytes")
    outputs = [request["stdout"], request["stderr"]]
    stopped = []

    def tick(_number: int, _frame: object) -> None:
        """Between waits: kill a run that takes too long, prints too much or lost its conductor."""
        if timeout_s is not None and time.monotonic() - started > timeout_s:
            stopped.append("timeout")
        elif limit is not None and any(size(path) > limit for path in outputs):
            stopped.append("output")
        elif os.getppid() != parent:
            stopped.append("orphaned")
        if stopped:
            kill_group(pid)
        if stopped == ["orphaned"]:
            end(0, None)

    signal.signal(signal.SIGALRM, tick)
    interval = TICK_S if timeout_s is None else min(TICK_S, max(timeout_s / 4, 0.001))
    signal.setitimer(signal.ITIMER_REAL, interval, interval)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    signal.setitimer(signal.ITIMER_REAL, 0)
    return stopped[0] if stopped else None


def size(path: str) -> int:
    """Bytes in a file; 0 if the workload removed it."""
    try:
        return os.stat(path).st_size  # noqa: PTH116 - pathlib is not loaded
    except OSError:
        return 0


def end_group(pid: int) -> bool:
    """Let what the workload left running end by itself for a moment, then kill it.

    Returns:
        True if something had to be killed.
    """
    deadline = time.monotonic() + GRACE_S
    while time.monotonic() < deadline:
        for child in children():  # what has ended but is not reaped would look alive
            reap(child, wait=False)
        try:
            os.killpg(pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        time.sleep(0.01)
    return kill_group(pid)


def kill_group(pid: int) -> bool:
    """Kill what is left of the process group; True if there was anything."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def kill_orphans(grace_s: float = 0) -> bool:
    """Kill what left the group: daemons in sessions of their own, whose parents are gone.

    They are children of this process (see `_spawn`), and nothing else is. Their own children
    come to us when they end, so it is looked again until nobody is left.

    Returns:
        True if something had to be killed.
    """
    killed = False
    deadline = time.monotonic() + grace_s
    for _ in range(ROUNDS):
        orphans = [pid for pid in children() if not reap(pid, wait=False)]
        if not orphans:
            return killed
        if time.monotonic() < deadline:
            time.sleep(0.01)
            continue
        killed = True
        for pid in orphans:
            try:
                os.kill(pid, signal.SIGKILL)
            except PermissionError:  # it changed its user: not ours any more
                continue
            reap(pid)
    return killed


def children() -> list[int]:
    """The processes whose parent this one is; none where the platform does not tell."""
    own = os.getpid()
    try:
        with open(f"/proc/{own}/task/{own}/children") as file:  # noqa: PTH123 - same as below
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def reap(pid: int, *, wait: bool = True) -> bool:
    """Whether a child has ended; its number is free from then on."""
    try:
        ended, _, usage = os.wait4(pid, 0 if wait else os.WNOHANG)
    except ChildProcessError:
        return True
    if ended:
        adopted_s.append(usage.ru_utime + usage.ru_stime)
    return ended == pid


def read_io(pid: int) -> dict[str, int] | None:
    """Read and write calls and bytes of the process and its waited-for children."""
    try:
        with open(f"/proc/{pid}/io") as file:  # noqa: PTH123 - pathlib is not loaded
            return {key: int(value) for key, value in (line.split(":") for line in file)}
    except (OSError, ValueError):
        return None


def read_run_queue(pid: int) -> float | None:
    """Seconds that the process was ready but not running."""
    try:
        with open(f"/proc/{pid}/schedstat") as file:  # noqa: PTH123 - same
            return int(file.read().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return None


if __name__ == "__main__":
    main()
