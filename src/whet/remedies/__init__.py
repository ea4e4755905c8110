"""One file a remedy, found by its place: `remedies/<family>/<bad_pattern>.py` with a `REMEDY`."""

from whet.remedies._fix import propose_fix, unified_diff
from whet.remedies._load import find_remedy, load_remedies
from whet.remedies.remedy import Admission, Remedy

__all__ = ["Admission", "Remedy", "find_remedy", "load_remedies", "propose_fix", "unified_diff"]
