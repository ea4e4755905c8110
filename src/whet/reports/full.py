"""The rich document: everything the session recorded, under its own versioned schema."""

from __future__ import annotations

import msgspec

from whet.errors import WhetError
from whet.records import SessionRecord, from_json, to_json


def render(session: SessionRecord) -> bytes:
    """The whole session as UTF-8 JSON, checked against its schema.

    Raises:
        WhetError: The session does not fit the schema.
    """
    raw = to_json(session)
    try:
        from_json(raw, SessionRecord)
    except msgspec.ValidationError as error:
        raise WhetError(
            f"report of session {session.session_id!r}",
            f"it does not fit its own schema: {error}",
            "Run `whet run` again; if it comes back, please report it",
        ) from error
    return msgspec.json.format(raw, indent=2)
