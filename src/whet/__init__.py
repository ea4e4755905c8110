"""whet makes Python projects faster and proves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whet.facade import OptimizationPerformanceTuning

__version__ = "0.1.0"
__all__ = ["OptimizationPerformanceTuning", "__version__"]


def __getattr__(name: str) -> object:
    """The facade, loaded on first use: `import whet` itself must cost next to nothing."""
    if name == "OptimizationPerformanceTuning":
        from whet.facade import OptimizationPerformanceTuning

        return OptimizationPerformanceTuning
    raise AttributeError(f"module 'whet' has no attribute {name!r}")
