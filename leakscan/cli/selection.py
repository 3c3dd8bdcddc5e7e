"""The options that choose among findings."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from leakscan.finding import SEVERITIES

if TYPE_CHECKING:
    from leakscan.suppress.selection import Selection


def add_selection_options(group: argparse._ArgumentGroup) -> None:
    for name, value, text in (
        ("--only-rule", "ID", "only findings of this rule, as 'leakscan rules list' has it; may be repeated"),
        ("--skip-rule", "ID", "no findings of this rule; may be repeated"),
        ("--provider", "NAME", "only credentials of this provider, such as 'GitHub'; may be repeated"),
        (
            "--path",
            "PATTERN",
            "only findings at these paths; a pattern as in .gitignore; may be repeated",
        ),
    ):
        group.add_argument(name, action="append", default=[], metavar=value, help=text)
    group.add_argument(
        "--severity",
        choices=SEVERITIES,
        default="info",
        metavar="SEVERITY",
        help="only findings that are at least so severe: info (default), low, medium, high or critical",
    )


def selection_of(options: argparse.Namespace) -> Selection:
    from leakscan.suppress.selection import Selection

    return Selection(
        only_rules=tuple(options.only_rule),
        skip_rules=tuple(options.skip_rule),
        providers=tuple(options.provider),
        severity=options.severity,
        paths=tuple(options.path),
    )
