"""What each platform shows of a run beside its log: annotations, a summary of the step, a report file."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

from leakscan.errors import LeakscanError
from leakscan.files import ORDINARY, write_atomically
from leakscan.finding import SEVERITIES, ScanResult
from leakscan.report.formats import format_named
from leakscan.report.interface import Style
from leakscan.report.output import Output

_GITLAB_REPORT = Path("gl-secret-detection-report.json")
_AZURE_MOST = 10
_GRAVE = SEVERITIES[SEVERITIES.index("high") :]


def write_platform_reports(
    result: ScanResult, platform: str, outputs: Sequence[Output], environ: Mapping[str, str], log: TextIO
) -> None:
    """Writes what the platform shows by itself, as far as ``outputs`` did not ask for it already.

    Raises LeakscanError where a file cannot be written: a report that is missing would read as clean.
    """
    asked = {output.format.name for output in outputs}
    if platform == "GitHub Actions":
        if "github" not in asked:
            log.write(_text(result, "github"))
        _add_to_summary(_text(result, "markdown"), environ)
    elif platform == "GitLab CI" and "gitlab" not in asked:
        write_atomically(
            _GITLAB_REPORT, _text(result, "gitlab").encode("utf-8", "backslashreplace"), ORDINARY
        )
    elif platform == "Azure Pipelines":
        log.write(_azure_issues(result))


def write_failure(message: str, environ: Mapping[str, str], log: TextIO) -> None:
    """Shows where the platform has a place for it that nothing was scanned."""
    told = f"nothing was scanned: {message}"
    if environ.get("GITHUB_ACTIONS"):
        log.write(f"::error title=leakscan failed::{told.replace('%', '%25')}\n")
        _add_to_summary(f"**leakscan failed**: {_plain(told)}\n", environ)
    elif environ.get("TF_BUILD"):
        log.write(f"##vso[task.logissue type=error]{told.replace('%', '%AZP25')}\n")


def _text(result: ScanResult, format: str) -> str:
    text = io.StringIO()
    format_named(format).report()(result, text, Style())
    return text.getvalue()


def _add_to_summary(text: str, environ: Mapping[str, str]) -> None:
    file = environ.get("GITHUB_STEP_SUMMARY")
    if not file:
        return
    try:
        with Path(file).open("a", encoding="utf-8", errors="backslashreplace") as summary:
            summary.write(text)
    except OSError as error:
        raise LeakscanError(
            f"cannot write the step summary, {file}: {error.strerror} (unset GITHUB_STEP_SUMMARY)"
        ) from error


def _azure_issues(result: ScanResult) -> str:
    """https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands: the worst findings."""
    from leakscan.report.exchange import main_place, message, new_findings
    from leakscan.report.redaction import Redaction, visible

    redaction = Redaction([*result.findings, *result.named], reveal=False)
    lines = []
    for finding in new_findings(result)[:_AZURE_MOST]:
        place = main_place(finding)
        kind = "error" if finding.severity in _GRAVE else "warning"
        where = ""
        if place.path is not None:
            path = _property(visible(redaction.text(place.path)))
            where = (
                f";sourcepath={path};linenumber={place.position.line};columnnumber={place.position.column}"
            )
        lines.append(f"##vso[task.logissue type={kind}{where}]{_escaped(message(finding, redaction))}\n")
    if not result.complete:
        lines.append("##vso[task.logissue type=error]leakscan could not scan everything: see the report\n")
    return "".join(lines)


def _escaped(text: str) -> str:
    return text.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(";", "%3B").replace("]", "%5D")


def _plain(text: str) -> str:
    """Markdown that is nothing but text."""
    import re

    return re.sub(r"([\\`*_{}\[\]<>#|!~&])", r"\\\1", text)
