"""Calls that reach outside of the program and that one place makes again and again."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import msgspec

from whet.remedies._admission import types_of
from whet.remedies._asking import asked
from whet.remedies._places import hot_function, new_match, walk_function
from whet.remedies.remedy import Admission, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from whet.codebase.syntax import SourceModule
    from whet.records import Evidence, HotPlace, Match

    Describe = Callable[[SourceModule, ast.Call], "tuple[str, list[tuple[str, ast.expr]]] | None"]


def calls_of(module: SourceModule, hot: HotPlace, remedy: str, describe: Describe) -> list[Match]:
    """Advice for every call in the hot function that `describe` knows.

    Args:
        module: The parsed file.
        hot: The hot place.
        remedy: Name of the remedy.
        describe: Gives for a call what is to be said and what is to be observed; None: not this.
    """
    function = hot_function(module, hot)
    if function is None or module.scopes.star_import:
        return []
    found = []
    for call in [node for node in walk_function(function) if isinstance(node, ast.Call)]:
        known = describe(module, call)
        if known is not None:
            message, values = known
            found.append(new_match(module, remedy, call, message, safety="advice", values=values))
    return found


def constant_text(module: SourceModule, node: ast.expr) -> str | None:
    """The text of a literal, or of a name that the module binds to one, once; else None."""
    if isinstance(node, ast.Name):
        scopes = module.scopes
        bindings = scopes.bindings(scopes.module, node.id)
        owned = scopes.owner(node.id, scopes.scope_of(node)) is scopes.module
        parent = scopes.parent(bindings[0]) if owned and len(bindings) == 1 else None
        if not isinstance(parent, ast.Assign):
            return None
        node = parent.value
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def often(
    match: Match, evidence: Evidence, *, least: int, removable: float, of: str | None = None
) -> Admission:
    """Whether a call was made often enough to speak of.

    Args:
        match: From `calls_of`.
        evidence: What the run showed.
        least: Calls from which on it is worth to say something.
        removable: Share of the time of all calls but one that the advice may take away.
        of: Beginning of the type of what plays the role "object"; None: anything.
    """
    seen = asked(match, evidence)
    counts = [value.observations for values in seen.values() for value in values]
    if not counts:
        return refused("the run never came here")
    calls = min(counts)
    kinds = {name for value in seen.get("object", ()) for name in types_of(value.types)}
    facts = {"calls": calls, **({"object": ", ".join(sorted(kinds))} if kinds else {})}
    if of is not None and not all(name.startswith(tuple(of.split())) for name in kinds):
        return refused(f"it is of type {', '.join(sorted(kinds))}", **facts)
    if calls < least:
        return refused("it is called seldom", **facts)
    return Admission(evidence=facts, removable=round(removable * (1 - 1 / calls), 4))


def or_advice(  # noqa: PLR0913 -- those of `often`, and whose they are
    admission: Admission,
    match: Match,
    evidence: Evidence,
    *,
    role: str,
    least: int,
    removable: float,
    of: str | None = None,
) -> Admission:
    """The admission of a rewrite, or advice where the evidence speaks against the rewrite alone.

    Args:
        admission: Whether the evidence admits the rewrite.
        match: What would be rewritten.
        evidence: What the run showed.
        role: Of the values that every call has.
        least: As of `often`, like the rest.
        removable: Likewise.
        of: Likewise.
    """
    if admission.admitted:
        return admission
    asking = tuple(site for site in match.values if site.role in {role, "object"})
    call = msgspec.structs.replace(match, values=asking)
    told = often(call, evidence, least=least, removable=removable, of=of)
    if not told.admitted:
        return told
    facts = {**told.evidence, "not rewritten": admission.reason}
    return msgspec.structs.replace(told, evidence=facts, safety="advice")
