"""JSON Lines: one finding a line, with the keys that a finding has in the JSON result."""

from __future__ import annotations

from typing import TextIO

from leakscan.finding import ScanResult
from leakscan.report.interface import Style
from leakscan.report.json import encoded, finding_objects
from leakscan.report.redaction import Redaction


def write(result: ScanResult, stream: TextIO, style: Style) -> None:
    for finding in finding_objects(result, Redaction([*result.findings, *result.named], style.reveal)):
        stream.write(encoded(finding) + "\n")
