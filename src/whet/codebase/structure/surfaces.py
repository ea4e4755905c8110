"""Which names the modules of a project have, star imports followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from whet.codebase.structure.facts import FileFacts

# Of every module, and of every package.
_GIVEN = frozenset({
    "__annotations__", "__builtins__", "__cached__", "__dict__", "__doc__", "__file__",
    "__loader__", "__name__", "__package__", "__path__", "__spec__",
})  # fmt: skip


class Surfaces:
    """The surfaces of all modules of a project, star imports followed."""

    def __init__(self, facts: Iterable[FileFacts]) -> None:
        self.files: Mapping[str, FileFacts] = {each.module: each for each in facts if each.module}
        self._packages = {
            name.rpartition(".")[0] for name in self.files if "." in name
        }  # also those without an `__init__`
        self._names: dict[str, frozenset[str] | None] = {}

    def names(self, module: str, above: Sequence[str] = ()) -> frozenset[str] | None:
        """All names of a module; None: nobody can say, as it makes some or takes all of another's.

        Args:
            module: Its dotted name, of this project.
            above: Modules whose star imports led here.
        """
        if module not in self._names:
            self._names[module] = self._found(module, above)
        return self._names[module]

    def _found(self, module: str, above: Sequence[str]) -> frozenset[str] | None:
        facts = self.files[module]
        if facts.surface.dynamic:
            return None
        names = set(facts.surface.bound)
        for each in facts.imports:
            if each.bound == "*":
                known = each.target in self.files and each.target not in (module, *above)
                more = self.names(each.target, (module, *above)) if known else None
                if more is None:
                    return None
                names |= more
        return frozenset(names)

    def offers(self, module: str, name: str) -> bool:
        """Whether a module of the project has a name, or may have it."""
        inner = f"{module}.{name}"
        if inner in self.files or inner in self._packages or name in _GIVEN:
            return True
        names = self.names(module)
        return names is None or name in names
