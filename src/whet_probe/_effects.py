"""Instrument `effects`: what reaches outside the measured code and the temporary folder.

Lines: `effect` {effect: write|delete|network|signal, target, call_site} for what lies outside;
`file` {path} for each file written, deleted or renamed inside; `child` {executable, python} for
each program started. It records; the conductor decides. What other programs do that the workload
starts is not seen.
"""

import os
import sys

from whet_probe._places import Places, frame_outside

_MOST = 2000  # different effects and files that are written down in one process
_HARMLESS = ("/dev/", "/proc/self/", "/proc/thread-self/")
_CACHES = (
    os.sep + "__pycache__" + os.sep,
    os.sep + ".pytest_cache" + os.sep,
    os.sep + ".hypothesis" + os.sep,
    os.sep + ".mypy_cache" + os.sep,
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0", "::ffff:127.")  # noqa: S104 - compared with
_ANCESTORS = 64


def start(_configuration, plan, write):
    """Listen to the audit events of this process until it ends."""
    recorder = Recorder(plan, write)

    def hook(event, args):
        handler = _HANDLERS.get(event)
        if handler is not None:
            try:
                handler(recorder, args)
            except Exception:
                recorder.failures += 1

    sys.addaudithook(hook)


class Recorder:
    """Writes each effect and each file once."""

    def __init__(self, plan, write):
        self._write = write
        self._places = Places(plan)
        self._root = _real(plan["root"])
        self._origin = _real(plan["origin"]) if plan.get("origin") else None
        self._out = _real(plan["out"])
        self._temporary = _temporary_folders()
        self._seen = set()
        self._folders = {}
        self.failures = 0

    def path(self, path, kind, folder=-1):
        """Note that a path is written or deleted."""
        full = self._full(path, folder)
        if full is None or _below(full, self._out) or self._harmless(full):
            return
        if _below(full, self._root):
            self._once("file", ("file", full), {"path": full})
        elif (self._origin and _below(full, self._origin)) or not self._is_temporary(full):
            self.effect(kind, full)

    def effect(self, kind, target):
        """Note an effect outside, with the line that caused it."""
        site = self._places.call_site(frame_outside(1))
        fields = {"effect": kind, "target": target, "call_site": site}
        self._once("effect", (kind, target, site), fields)

    def child(self, executable):
        """Note a program that is started."""
        name = _text(executable)
        base = os.path.basename(name)
        python = name == sys.executable or base.rstrip("0123456789.t") in ("python", "pypy")
        self._write("child", {"executable": name, "python": python})

    def _once(self, kind, key, fields):
        if key not in self._seen and len(self._seen) < _MOST:
            self._seen.add(key)
            self._write(kind, fields)

    def _full(self, path, folder):
        """The real path; links are followed up to the last part. None for descriptors."""
        text = _text(path)
        if text is None:
            return None
        if not text.startswith(os.sep):
            base = os.readlink("/proc/self/fd/%d" % folder) if folder >= 0 else os.getcwd()
            text = os.path.join(base, text)
        head, tail = os.path.split(text)
        real = self._folders.get(head)
        if real is None:
            real = os.path.realpath(head)
            if len(self._folders) < _MOST:
                self._folders[head] = real
        return os.path.join(real, tail)

    def _harmless(self, full):
        if full.startswith(_HARMLESS) and not full.startswith("/dev/shm"):  # noqa: S108 - compared with
            return True
        return any(cache in full + os.sep for cache in _CACHES)

    def _is_temporary(self, full):
        return any(_below(full, folder) for folder in self._temporary)


def _text(path):
    """A path as text; None for a descriptor."""
    if isinstance(path, int) or path is None:
        return None
    return os.fsdecode(path)


def _real(path):
    return os.path.realpath(path)


def _below(path, folder):
    return path == folder or path.startswith(folder + os.sep)


def _temporary_folders():
    named = [os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP")]
    folders = [*named, "/tmp", "/var/tmp", "/dev/shm"]  # noqa: S108 - compared with
    return tuple({_real(folder) for folder in folders if folder})


def _open(recorder, args):
    path, _, flags = args
    if isinstance(flags, int) and flags & _WRITING:
        recorder.path(path, "write")


def _changed(recorder, args):
    """One path, and perhaps the descriptor of its folder last."""
    recorder.path(args[0], "write", _folder(args))


def _removed(recorder, args):
    recorder.path(args[0], "delete", _folder(args))


def _folder(args):
    last = args[-1]
    return last if len(args) > 1 and type(last) is int else -1


def _renamed(recorder, args):
    """os.rename(source, destination, source folder, destination folder)."""
    recorder.path(args[0], "delete", args[2])
    recorder.path(args[1], "write", args[3])


def _linked(recorder, args):
    """os.link and os.symlink: only the second path is made."""
    recorder.path(args[1], "write", args[-1])


def _database(recorder, args):
    name = _text(args[0])
    if name and name != ":memory:" and not name.startswith("file:"):
        recorder.path(name, "write")
    elif name and name.startswith("file:") and "mode=ro" not in name and ":memory:" not in name:
        recorder.path(name[5:].partition("?")[0], "write")


def _connected(recorder, args):
    address = args[1]
    if type(address) is not tuple or len(address) < 2:  # noqa: PLR2004 - host and port
        return
    host = _text(address[0])
    if host and not host.startswith(_LOOPBACK):
        recorder.effect("network", "%s:%s" % (host, address[1]))


def _killed(recorder, args):
    pid, number = args[0], int(args[1])
    if number and not _own(pid):
        recorder.effect("signal", "signal %d to process %d" % (number, pid))


def _group_killed(recorder, args):
    group, number = args[0], int(args[1])
    if number and group not in (0, os.getpgrp()) and not _own(group):
        recorder.effect("signal", "signal %d to process group %d" % (number, group))


def _own(pid):
    """Whether a process belongs to the run: same session, or a descendant of this process."""
    if pid in (0, os.getpid(), -os.getpgrp()):
        return True
    if pid in (-1, 1):
        return False  # everybody; the first process, whose session a container shares with all
    pid = abs(pid)
    try:
        session = os.getsid(pid)
    except OSError:
        return True  # there is no such process: nothing is reached
    if session and session == os.getsid(0):  # 0: its leader lies outside of the container
        return True
    ancestors = [pid]
    while ancestors[-1] > 1 and len(ancestors) < _ANCESTORS:
        ancestors.append(_parent(ancestors[-1]))
    return os.getpid() in ancestors


def _parent(pid):
    with open("/proc/%d/stat" % pid, "rb") as file:
        return int(file.read().rpartition(b")")[2].split()[1])


def _started(recorder, args):
    recorder.child(args[0])


def _spawned(recorder, args):
    frame = frame_outside(2)
    if frame is None or frame.f_globals.get("__name__") != "subprocess":  # noted as Popen
        recorder.child(args[0])


_HANDLERS = {
    "open": _open,
    "os.remove": _removed,
    "os.rmdir": _removed,
    "os.mkdir": _changed,
    "os.chmod": _changed,
    "os.chown": _changed,
    "os.truncate": lambda recorder, args: recorder.path(args[0], "write"),
    "os.setxattr": lambda recorder, args: recorder.path(args[0], "write"),
    "os.utime": _changed,
    "os.rename": _renamed,
    "os.link": _linked,
    "os.symlink": _linked,
    "sqlite3.connect": _database,
    "socket.connect": _connected,
    "socket.sendto": _connected,
    "os.kill": _killed,
    "os.killpg": _group_killed,
    "subprocess.Popen": _started,
    "os.posix_spawn": _spawned,
}
