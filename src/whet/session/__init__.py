"""The loop, its state on disk, and delivery: the only place that wires stages and deploys."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whet.session.deploy import deploy_branch, deploy_in_place, deploy_patches
    from whet.session.loop import diagnose_project, optimize
    from whet.session.prove import prove_change
    from whet.session.state import Session
    from whet.session.work import Options

__all__ = [
    "Options",
    "Session",
    "deploy_branch",
    "deploy_in_place",
    "deploy_patches",
    "diagnose_project",
    "optimize",
    "prove_change",
]

_HOMES = {
    "Options": "work",
    "Session": "state",
    "deploy_branch": "deploy",
    "deploy_in_place": "deploy",
    "deploy_patches": "deploy",
    "diagnose_project": "loop",
    "optimize": "loop",
    "prove_change": "prove",
}


def __getattr__(name: str) -> object:
    """A public name, loaded on first use; `revert` is a module and a function: import it there."""
    from importlib import import_module

    if name in _HOMES:
        return getattr(import_module(f"whet.session.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'whet.session' has no attribute {name!r}")
