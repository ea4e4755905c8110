"""A CPU profile for speedscope.app: one sampled profile a process and thread.

Source: the file format's schema, https://www.speedscope.app/file-format-schema.json.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from whet.errors import UsageError
from whet.records import to_json

if TYPE_CHECKING:
    from whet.records import CpuProfile, Profile, Stack


def render(profile: Profile) -> bytes:
    """The JSON document.

    Raises:
        UsageError: The profile has no CPU part.
    """
    return to_json(document(cpu_of(profile), profile.workload.spelled))


def cpu_of(profile: Profile) -> CpuProfile:
    """The CPU part of a profile.

    Raises:
        UsageError: It has none.
    """
    if profile.cpu is None or not profile.cpu.stacks:
        reason = "holds no stacks: CPU time was not measured or comes from a format without them"
        raise UsageError("the profile", reason, "Profile with --instruments cpu")
    return profile.cpu


def document(cpu: CpuProfile, name: str) -> dict[str, Any]:
    """The document as plain values; heaviest stacks come first in each profile."""
    threads: dict[tuple[int, str], list[Stack]] = defaultdict(list)
    for stack in cpu.stacks:
        threads[stack.process, stack.thread].append(stack)
    return {
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "name": name,
        "exporter": "whet",
        "activeProfileIndex": 0,
        "shared": {
            "frames": [
                {"name": each.name, "file": each.file, "line": each.line} for each in cpu.frames
            ]
        },
        "profiles": [
            {
                "type": "sampled",
                "name": f"process {process} {thread}".strip(),
                "unit": "seconds",
                "startValue": 0,
                "endValue": sum(stack.seconds for stack in stacks),
                "samples": [list(stack.frames) for stack in stacks],
                "weights": [stack.seconds for stack in stacks],
            }
            for (process, thread), stacks in sorted(threads.items())
        ],
    }
