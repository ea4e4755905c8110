"""How a process of whet's own in the target's interpreter ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.errors import EffectsRefused

if TYPE_CHECKING:
    from whet.records import RunOutcome


def ended(outcome: RunOutcome) -> str:
    """How a process failed, in words; "" when it did not."""
    if outcome.timed_out:
        return "was stopped by the time-out"
    if outcome.signal is not None:
        return f"was killed by {outcome.signal}"
    if outcome.exit_code:
        last = outcome.stderr.tail.strip().rpartition("\n")[2][:200]
        return f"failed with exit status {outcome.exit_code}" + (f" ({last})" if last else "")
    return ""


def refuse_effects(what: str, outcome: RunOutcome) -> None:
    """Stop where a call that would be repeated reached outside its copy.

    Raises:
        EffectsRefused: It did.
    """
    if outcome.effects:
        listed = "; ".join(f"{each.kind} {each.target}" for each in outcome.effects[:3])
        raise EffectsRefused(
            what,
            f"reaches outside its copy: {listed}",
            "It would be called many times; allow that with --allow-effects",
        )
