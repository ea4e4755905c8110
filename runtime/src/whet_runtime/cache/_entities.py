"""Tags of entities: what a value is about, what kind that is, and what it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def entity_tags(
    kind: str, name: object, parents: Iterable[tuple[str, object]] = ()
) -> tuple[str, ...]:
    """The tags of a value about one entity.

    Args:
        kind: Of entity, such as "order".
        name: Its id.
        parents: Kind and id of the entities it belongs to, such as `[("customer", 7)]`.

    Returns:
        `entity:order:12`, `type:order` and for each parent `parent:customer:7`.
    """
    above = tuple(f"parent:{parent}:{one}" for parent, one in parents)
    return (f"entity:{kind}:{name}", f"type:{kind}", *above)


def changed_entity(kind: str, name: object) -> tuple[str, ...]:
    """The tags to invalidate when an entity changed: its own, and those of what belongs to it."""
    return (f"entity:{kind}:{name}", f"parent:{kind}:{name}")
