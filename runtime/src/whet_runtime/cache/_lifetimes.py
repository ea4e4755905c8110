"""How long answers of common kinds stay good."""

from __future__ import annotations

from whet_runtime.errors import MisuseError

_SECONDS: dict[str, float | None] = {
    "daily_aggregate": 1_800.0,
    "weekly_summary": 3_600.0,
    "trend": 3_600.0,
    "count": 300.0,
    "expensive": 3_600.0,
    "other": 900.0,
    "mutation": None,
}


class Lifetimes:
    """Seconds by kind of answer.

    Args:
        expensive_from_s: What takes longer than this to load is "expensive".
        seconds: Instead of the preset of a kind, `None` for never; also kinds of your own.

    Raises:
        MisuseError: A lifetime that is not above 0.
    """

    def __init__(self, *, expensive_from_s: float = 5.0, **seconds: float | None) -> None:
        for kind, life in seconds.items():
            if life is not None and not life > 0:
                raise MisuseError(f"{kind}={life!r}", "it must be above 0", "Or None for never.")
        self.expensive_from_s = expensive_from_s
        self.seconds = _SECONDS | seconds

    def of(self, kind: str, load_s: float = 0.0) -> float | None:
        """The lifetime of a kind, `None` for never. What is "other" may turn out "expensive".

        Args:
            kind: Of answer.
            load_s: Seconds that loading took.

        Raises:
            MisuseError: There is no such kind.
        """
        if kind == "other" and load_s > self.expensive_from_s:
            kind = "expensive"
        try:
            return self.seconds[kind]
        except KeyError:
            kinds = ", ".join(sorted(self.seconds))
            what = f"kind={kind!r}"
            raise MisuseError(what, "no such kind of answer", f"Give one of {kinds}.") from None


LIFETIMES = Lifetimes()
