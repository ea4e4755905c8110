"""What an autoscaler has learned, in a file."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whet_runtime.errors import ScaleError

if TYPE_CHECKING:
    from collections.abc import Callable

_FORMAT = 1


def write_state(path: str | os.PathLike[str], state: dict[str, Any]) -> None:
    """Write a state to a file, whole or not at all.

    Raises:
        ScaleError: The file cannot be written.
    """
    target = Path(path)
    text = json.dumps({"whet_runtime_scaler": _FORMAT, "state": state})
    draft = None
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=target.parent, prefix=f".{target.name}.", delete=False
        ) as file:
            draft = Path(file.name)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    except OSError as error:
        if draft is not None:
            draft.unlink(missing_ok=True)
        raise ScaleError(
            f"scaler state {os.fspath(path)}",
            f"it cannot be written: {error.strerror}",
            "Name a file in a writable folder",
        ) from error


def read_state(path: str | os.PathLike[str], restore: Callable[[dict[str, Any]], None]) -> None:
    """Give the state in a file to a function that takes it over.

    Raises:
        ScaleError: The file cannot be read, or is not what `write_state` writes.
    """
    what = f"scaler state {os.fspath(path)}"
    try:
        content = json.loads(Path(path).read_bytes())
        if content["whet_runtime_scaler"] != _FORMAT:
            raise ScaleError(
                what,
                f"it has format {content['whet_runtime_scaler']!r}, not {_FORMAT}",
                "Begin without it: what was learned is learned again within days",
            )
        restore(content["state"])
    except OSError as error:
        raise ScaleError(
            what, f"it cannot be read: {error.strerror}", "Name a file that save() wrote"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise ScaleError(
            what,
            f"it is damaged or not of a scaler ({type(error).__name__})",
            "Begin without it: what was learned is learned again within days",
        ) from error
