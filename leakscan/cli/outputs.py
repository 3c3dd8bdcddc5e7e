"""The options that say in which formats to report, and where to: the same for every command that reports."""

from __future__ import annotations

import argparse


def add_output_options(group: argparse._ArgumentGroup) -> None:
    """With whole secrets, where the user asks for them."""
    add_report_options(group)
    group.add_argument(
        "--reveal",
        action="store_true",
        help="show whole secrets instead of redacted ones: never in the log of a pipeline",
    )


def add_report_options(group: argparse._ArgumentGroup) -> None:
    """Without a way to show whole secrets: the log of a pipeline is kept."""
    group.add_argument(
        "-f",
        "--format",
        metavar="NAME",
        help="terminal (default), json, jsonl, html, sarif, gitlab, codequality, github, markdown, junit, "
        "csv or gitleaks (docs/reports.md); or several: terminal,json",
    )
    group.add_argument(
        "-o",
        "--output",
        action="append",
        default=[],
        metavar="FILE",
        help="write the report there instead of to standard output (which is -); its ending says the format "
        "where nothing else does; several as json=a.json,html=b.html",
    )
