"""What the commands that scan have in common: the exit code, and the word about rules that are compiled."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from leakscan.errors import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE

if TYPE_CHECKING:
    from leakscan.finding import ScanResult, Severity


def exit_code(result: ScanResult, allow_incomplete: bool = False, fail_on: Severity = "info") -> int:
    """What the result means to a caller: leaks outrank gaps, and gaps are never clean unless allowed.

    Leaks that are less severe than ``fail_on`` are reported, and fail nothing.
    """
    from leakscan.finding import SEVERITIES

    grave = SEVERITIES[SEVERITIES.index(fail_on) :]
    if any(finding.state == "new" and finding.severity in grave for finding in result.findings):
        return EXIT_FINDINGS
    return EXIT_CLEAN if result.complete or allow_incomplete else EXIT_INCOMPLETE


def compiling() -> None:
    """Says why nothing happens for some seconds."""
    print(
        "leakscan: compiling its rules, once after an installation or a change …", file=sys.stderr, flush=True
    )
