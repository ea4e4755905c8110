"""Findings of analyzers as SARIF 2.1.0, which code hosts and editors show beside the code.

Source: OASIS Standard, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0" (2020).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whet.records import AnalysisReport, CodePlace, StructureFinding

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# What a rule says in one sentence, and where it comes from.
RULES = {
    "connascence-of-name": "A module uses names that another package keeps to itself.",
    "connascence-of-type": "Several functions tell the same classes apart by asking.",
    "connascence-of-meaning": "Several files know what a literal means.",
    "connascence-of-position": "Callers know an order of many parameters or returned values.",
    "connascence-of-algorithm": "Several functions do the same under other names.",
    "connascence-of-execution": "Methods work only after another one was called.",
    "god-object": "A class knows and does too much (Lanza and Marinescu, 2006).",
    "duplicated-code": "The same tokens stand in several places.",
    "cohesion-lcom4": "The methods of a class fall into groups (Hitz and Montazeri, 1995).",
    "import-cycle": "Modules import each other in a circle.",
    "safety-long-function": "A function is longer than a page (Holzmann, 2006, rule 4).",
    "safety-recursion": "Functions call themselves without a visible bound (rule 1).",
    "safety-endless-loop": "Nothing in a loop ends it (rule 2).",
    "safety-unchecked-result": "A result that others use is dropped (rule 7).",
    "mece-shared-duty": "Several modules do the same: what they call and speak of is alike.",
    "mece-missing-name": "A name is exported or taken that its module does not define.",
    "mece-unheld-duty": "A method is left to subclasses and called, and none has it.",
    "mece-missing-in-documents": "Documents tell of a name that its module does not define.",
}


def render(report: AnalysisReport, version: str) -> bytes:
    """One SARIF log with one run, UTF-8.

    Args:
        report: What was found.
        version: Of whet.
    """
    used = sorted({finding.rule for finding in report.findings})
    rules = [{"id": rule, "shortDescription": {"text": RULES[rule]}} for rule in used]
    run: dict[str, Any] = {
        "tool": {"driver": {"name": "whet", "version": version, "rules": rules}},
        "columnKind": "utf16CodeUnits",
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {"level": "warning", "message": {"text": note}} for note in report.notes
                ],
            }
        ],
        "results": [_result(finding, used) for finding in report.findings],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(log), indent=1) + b"\n"


def _result(finding: StructureFinding, rules: Sequence[str]) -> dict[str, Any]:
    related = [{"id": number, **_location(place)} for number, place in enumerate(finding.related)]
    return {
        "ruleId": finding.rule,
        "ruleIndex": rules.index(finding.rule),
        "level": finding.level,
        "message": {"text": finding.message},
        "locations": [_location(finding.place)],
        **({"relatedLocations": related} if related else {}),
        "partialFingerprints": {"whetFinding/v1": finding.finding_id},
        "properties": {"analyzer": finding.analyzer, **finding.measures},
    }


def _location(place: CodePlace) -> dict[str, Any]:
    where: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(place.file), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": place.line, "endLine": place.end_line},
        }
    }
    if place.symbol:
        where["logicalLocations"] = [{"fullyQualifiedName": place.symbol}]
    return where
