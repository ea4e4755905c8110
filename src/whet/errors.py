"""The one error tree of whet.

    WhetError                     exit 3   could not be measured or done
    ├── UsageError                exit 2   the command, a path or a name is wrong
    │   ├── SettingsError         exit 2   configuration: file, line, key, nearest valid key
    │   └── TargetError           exit 2   a workload, git ref, patch or project that is not there
    ├── MeasurementError          exit 3   the workload or the host does not allow a measurement
    │   ├── WorkloadFailed        exit 3   the workload ended with an error, a signal or a time-out
    │   ├── EffectsRefused        exit 3   the workload writes outside its copy or uses the network
    │   ├── InterpreterError      exit 3   the target's interpreter is missing or unfit
    │   └── InstrumentError       exit 3   one instrument failed (the session goes on without it)
    ├── StoreError                exit 3   session folder: locked, corrupt, unwritable, disk full
    ├── GitError                  exit 3   git is missing or refused
    ├── DeployError               exit 3   the change cannot be delivered or taken back safely
    └── Interrupted               exit 130 Ctrl-C or a termination signal

Raised anywhere, caught only in `whet.cli`, the only place where an error becomes an exit code.
"""

from __future__ import annotations


class WhetError(Exception):
    """Something that whet cannot do, said so that the user can act on it.

    Args:
        what: The thing given and where, such as "workload 'app.py' in /srv/shop".
        reason: Why it cannot be used, measured or done.
        way_out: What to do next; one imperative sentence.
    """

    exit_code = 3

    def __init__(self, what: str, reason: str, way_out: str = "") -> None:
        super().__init__(what, reason, way_out)
        self.what = what
        self.reason = reason
        self.way_out = way_out

    def __str__(self) -> str:
        """The message in one line: thing, reason, way out."""
        text = f"{self.what}: {self.reason}"
        return f"{text}. {self.way_out}" if self.way_out else text


class UsageError(WhetError):
    """The command line, a path or a name is wrong."""

    exit_code = 2


class SettingsError(UsageError):
    """A configuration value is refused."""


class TargetError(UsageError):
    """A workload, git reference, patch or project that is not there."""


class MeasurementError(WhetError):
    """The workload or the host does not allow a measurement."""


class WorkloadFailed(MeasurementError):
    """The workload ended with an error, a signal or a time-out."""


class EffectsRefused(MeasurementError):
    """The workload writes outside its copy or uses the network, and nobody allowed it."""


class InterpreterError(MeasurementError):
    """The target's interpreter is missing or unfit."""


class InstrumentError(MeasurementError):
    """One instrument could not measure; the others go on."""


class StoreError(WhetError):
    """The session folder is locked, corrupt, unwritable or the disk is full."""


class GitError(WhetError):
    """Git is missing or refused."""


class DeployError(WhetError):
    """The change cannot be delivered or taken back safely."""


class Interrupted(WhetError):
    """Ctrl-C or a termination signal."""

    exit_code = 130
