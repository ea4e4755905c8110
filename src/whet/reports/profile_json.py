"""A profile as one JSON document; its schema is `schemas/profile.schema.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from whet.records import Profile, to_json

if TYPE_CHECKING:
    from typing import Any

SCHEMA_ID = "https://whet.invalid/schemas/profile/1"


def render(profile: Profile) -> bytes:
    """The record as indented JSON; read back with `from_json(raw, Profile)`."""
    return to_json(profile, indent=2)


def schema() -> dict[str, Any]:
    """The JSON Schema of the document, from the record itself."""
    made = msgspec.json.schema(Profile)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID, **made}
