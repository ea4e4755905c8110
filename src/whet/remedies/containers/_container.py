"""What is known of a list that is asked for membership."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import ast


@dataclass(frozen=True, kw_only=True, slots=True)
class Container:
    """A list with its membership tests and the way to a set.

    Attributes:
        form: "replace": the list becomes a set; "companion": a set beside it; "literal": written
            where it is tested.
        after: The statement that the companion's first line follows.
        before: The statement that the companion's first line precedes.
        built: The expression that is evaluated whenever a set would be built anew.
        from_caller: A set would be built at each call of the function.
        entry: What the loop goes through for which the set is made.
        private: Nobody but the function, or the module, holds the list.
        disturbed: What could change a list that somebody else holds while the set stands in for
            it; "": nothing.
        escapes: The function itself gives the list to somebody else.
        builds: Sets built in any case, such as one at import.
    """

    name: str
    form: Literal["replace", "companion", "literal"]
    probes: tuple[ast.Compare, ...]
    appends: tuple[ast.Call, ...] = ()
    binding: ast.Assign | None = None
    after: ast.stmt | None = None
    before: ast.stmt | None = None
    built: ast.expr | None = None
    from_caller: bool = False
    builds: int = 0
    size: int = 0
    at_module_level: bool = False
    entry: ast.expr | None = None
    private: bool = True
    disturbed: str = ""
    escapes: bool = False

    def notes(self) -> dict[str, Any]:
        """What admission needs to know, as plain data."""
        return {
            "form": self.form,
            "grows": bool(self.appends),
            "builds": self.builds,
            "size": self.size,
            "disturbed": self.disturbed,
            "private": self.private,
            "escapes": self.escapes,
        }
