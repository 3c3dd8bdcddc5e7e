"""The report formats by name. A format's module is imported only when it is chosen."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import cast

from leakscan.errors import UsageError
from leakscan.report.interface import Report


@dataclass(frozen=True, slots=True)
class Format:
    """A report format: its module in this package, and the endings of file names that ask for it."""

    name: str
    description: str
    module: str
    suffixes: tuple[str, ...] = ()

    def report(self) -> Report:
        return cast(Report, importlib.import_module(f"leakscan.report.{self.module}").write)


_HTML = (".html", ".htm")

FORMATS: dict[str, Format] = {
    format.name: format
    for format in (
        Format("terminal", "for people: what leaked, where, how sure, and what to do now", "terminal"),
        Format("json", "one JSON object with everything the scan says (docs/json.md)", "json", (".json",)),
        Format("jsonl", "JSON Lines: one finding a line", "jsonl", (".jsonl", ".ndjson")),
        Format("html", "a page to hand on: pictures, who must do what, search", "html.write", _HTML),
        Format("sarif", "SARIF 2.1.0, for GitHub code scanning and others", "sarif", (".sarif",)),
        Format("gitlab", "GitLab's secret detection report", "gitlab"),
        Format("codequality", "GitLab's code quality report", "codequality"),
        Format("github", "annotations in a GitHub Actions workflow", "github"),
        Format("markdown", "a comment on a merge or pull request", "markdown", (".md",)),
        Format("junit", "JUnit's XML: a finding is a test that failed", "junit", (".xml",)),
        Format("csv", "for spreadsheets: one finding a row", "csv", (".csv",)),
        Format("gitleaks", "the JSON of gitleaks: one place an object", "gitleaks"),
    )
}


def format_named(name: str) -> Format:
    try:
        return FORMATS[name]
    except KeyError:
        raise UsageError(f"there is no report format {name!r} (known: {', '.join(FORMATS)})") from None
