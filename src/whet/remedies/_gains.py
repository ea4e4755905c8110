"""What each remedy gained where it was measured last: shipped figures, never estimates.

`benchmarks/remedies.py` writes them: before and after in interleaved fresh interpreters.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from whet.records import Record

GAINS_FILE = Path(__file__).with_name("gains.json")


class MeasuredGain(Record, frozen=True):
    """How much less a remedy's example took with the cure than without.

    `ratio`, `low` and `high` are before / after: 2.0 is twice as fast, below 1 is slower.
    """

    metric: Literal["cpu_time", "wall_time", "peak_memory"]
    ratio: float  # median over the rounds
    low: float  # of the rounds, the smallest ratio
    high: float  # of the rounds, the largest ratio
    rounds: int
    before: float  # median; seconds, or bytes beyond the bare interpreter for peak_memory
    after: float  # likewise
    python: str  # such as "CPython 3.11.9"

    @property
    def said(self) -> str:
        """The figure in one phrase."""
        what = "smaller" if self.metric == "peak_memory" else "faster"
        spread = f"{self.low:.2f}-{self.high:.2f} in {self.rounds} rounds"
        return f"{self.ratio:.2f}x {what} ({spread}, {self.metric}, {self.python})"


@cache
def measured_gains() -> dict[str, MeasuredGain]:
    """The figures by remedy; what is not in it was not measured."""
    return msgspec.json.decode(GAINS_FILE.read_bytes(), type=dict[str, MeasuredGain])
