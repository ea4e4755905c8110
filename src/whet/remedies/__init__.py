"""One file a remedy, found by its place: `remedies/<family>/<bad_pattern>.py` with a `REMEDY`."""

from whet.remedies._fix import propose_fix, unified_diff
from whet.remedies._gains import MeasuredGain, measured_gains
from whet.remedies._load import find_remedy, load_remedies
from whet.remedies._page import sections_of
from whet.remedies._words import ANNOTATION_WORDS, DICTIONARY_WORDS
from whet.remedies.remedy import Admission, Remedy

__all__ = [
    "ANNOTATION_WORDS",
    "DICTIONARY_WORDS",
    "Admission",
    "MeasuredGain",
    "Remedy",
    "find_remedy",
    "load_remedies",
    "measured_gains",
    "propose_fix",
    "sections_of",
    "unified_diff",
]
