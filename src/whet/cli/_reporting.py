"""Reports of a session as commands print and write them: redacted unless values are asked for."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whet.records import SessionRecord

FORMATS = ("terminal", "json", "full", "html", "markdown", "csv")
_ENDINGS = {".html": "html", ".htm": "html", ".md": "markdown", ".csv": "csv", ".json": "json"}


def format_of(path: str | Path) -> str:
    """The format that the ending of a file name asks for; text for any other."""
    return _ENDINGS.get(Path(path).suffix.lower(), "terminal")


def rendered(
    session: SessionRecord, kind: str, *, color: bool = False, show_values: bool = False
) -> bytes:
    """A report in one of `FORMATS`, with a line end at its end."""
    from whet.reports.redaction import redact

    shown = session if show_values else redact(session)
    if kind == "terminal":
        from whet.reports import terminal

        return terminal.render(shown, color=color).encode("utf-8", "backslashreplace")
    module = import_module(f"whet.reports.{'a3' if kind == 'json' else kind}")
    document: bytes | str = module.render(shown)
    raw = document if isinstance(document, bytes) else document.encode("utf-8", "backslashreplace")
    return raw if raw.endswith(b"\n") else raw + b"\n"


def print_report(session: SessionRecord, kind: str, *, show_values: bool = False) -> None:
    """A report on stdout, with emphasis on terminals that want it."""
    sys.stdout.flush()
    sys.stdout.buffer.write(rendered(session, kind, color=_wants_color(), show_values=show_values))
    sys.stdout.buffer.flush()


def write_report(
    path: Path, session: SessionRecord, kind: str | None = None, *, show_values: bool = False
) -> None:
    """A report in a file, in the format that its ending asks for if none is given.

    Raises:
        WhetError: The file cannot be written.
    """
    from whet.errors import WhetError

    document = rendered(session, kind or format_of(path), show_values=show_values)
    try:
        path.write_bytes(document)
    except OSError as error:
        raise WhetError(
            f"report file {str(path)!r}",
            f"cannot be written: {error.strerror or error}",
            "Choose another",
        ) from error
    print(f"wrote {path}", file=sys.stderr)


def _wants_color() -> bool:
    return (
        sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )
