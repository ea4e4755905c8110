"""Forks: a child must not inherit a lock that a thread of the parent holds.

All locks registered here are taken before a fork and let go on both sides after it, so that the
child finds them free and what they guard whole. No part of the library holds one registered lock
while it takes another, which is why their order does not matter.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Forkable(Protocol):
    """What has to do something around a fork."""

    def before_fork(self) -> None:
        """Takes its locks."""
        ...

    def after_fork(self, *, in_child: bool) -> None:
        """Lets its locks go; in the child also forgets what only lives in the parent."""
        ...


_REGISTERED: WeakSet[Any] = WeakSet()
_held: list[Forkable] = []


def _before() -> None:
    for one in list(_REGISTERED):
        one.before_fork()
        _held.append(one)


def _after(*, in_child: bool) -> None:
    while _held:
        _held.pop().after_fork(in_child=in_child)


def guard_forks(one: Forkable) -> None:
    """Registers something until it is garbage."""
    if not _REGISTERED:
        _install()
    _REGISTERED.add(one)


def _install(_done: list[bool] = []) -> None:  # noqa: B006  (hooks stay for good)
    register: Callable[..., None] | None = getattr(os, "register_at_fork", None)
    if _done or register is None:  # there is no fork on Windows
        return
    _done.append(True)
    register(
        before=_before,
        after_in_parent=lambda: _after(in_child=False),
        after_in_child=lambda: _after(in_child=True),
    )
