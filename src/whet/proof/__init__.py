"""The court: validation of equality and paired measurement."""

from whet.proof.claims import ClaimedFigure, answer_claim, parse_claim
from whet.proof.judge import Question, Unit, judge
from whet.proof.paired import Bench, compare_runs
from whet.proof.pairs import CallSide, Pairing, compare_calls
from whet.proof.trial import Rules

__all__ = [
    "Bench",
    "CallSide",
    "ClaimedFigure",
    "Pairing",
    "Question",
    "Rules",
    "Unit",
    "answer_claim",
    "compare_calls",
    "compare_runs",
    "judge",
    "parse_claim",
]
