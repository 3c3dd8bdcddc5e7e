"""The options that settings files know too, for each command that scans."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leakscan.errors import LeakscanError, UsageError
from leakscan.finding import SEVERITIES

# A hook reads settings, and declares no options.
if TYPE_CHECKING:
    import argparse
    from types import SimpleNamespace

    from leakscan.finding import ScanResult
    from leakscan.settings.settings import Setting, Settings
    from leakscan.suppress.baseline import KnownFindings
    from leakscan.suppress.interface import Suppressor


def add_judging_options(judge: argparse._ArgumentGroup) -> None:
    """What is reported: with which rules, and how sure."""
    from leakscan.cli.values import path, probability

    judge.add_argument(
        "--rules",
        type=path,
        action="append",
        metavar="FILE|DIR",
        help="rules of your own, added to the built-in ones (docs/rules.md); may be repeated",
    )
    judge.add_argument(
        "--min-confidence",
        type=probability,
        metavar="P",
        help="report what is at least so likely a real leak, 0 to 1: more for less noise (default: 0.5)",
    )


def add_fail_on_option(judge: argparse._ArgumentGroup) -> None:
    """What makes the command fail."""
    judge.add_argument(
        "--fail-on",
        choices=SEVERITIES,
        metavar="SEVERITY",
        help="exit with 1 only where a finding is at least so severe: info (default), low, medium, high or "
        "critical",
    )


def add_baseline_option(ignore: argparse._ArgumentGroup | argparse.ArgumentParser, default: str) -> None:
    """The file of the baseline; ``default`` says which one counts without it."""
    from leakscan.cli.values import path

    ignore.add_argument(
        "--baseline",
        type=path,
        metavar="FILE",
        help="what was known before, as 'leakscan baseline' wrote it: only what is new counts "
        f"(default: {default})",
    )


def add_known_anywhere_option(ignore: argparse._ArgumentGroup) -> None:
    """Whether the places of a baseline matter."""
    ignore.add_argument(
        "--known-anywhere",
        action="store_true",
        help="a known secret of the baseline does not count at new places either",
    )


def add_ignoring_options(ignore: argparse._ArgumentGroup) -> None:
    """What does not count."""
    from leakscan.settings.keys import HONOURED

    ignore.add_argument(
        "--exclude",
        action="append",
        metavar="PATTERN",
        help="what is found at these paths is not shown and does not count (--show-ignored shows it); "
        "a pattern as in .gitignore; may be repeated",
    )
    ignore.add_argument(
        "--no-marks",
        action="store_true",
        help="leakscan:ignore in the scanned text counts for nothing: for code that you do not trust",
    )
    ignore.add_argument(
        "--honour",
        action="append",
        choices=HONOURED,
        metavar="TOOL",
        help="let the marks and files of the tool that you used before count: gitleaks or detect-secrets; "
        "may be repeated",
    )


def add_source_options(where: argparse._ArgumentGroup) -> None:
    """Which settings files count."""
    add_config_option(where)
    where.add_argument(
        "--trust-repo-config",
        action="store_true",
        help="let the leakscan.yaml, pyproject.toml and leakscan-baseline.json of PATH's repository count: "
        "for your own, because whoever can write them can hide a leak",
    )


def add_config_option(where: argparse._ArgumentGroup) -> None:
    """The user's own settings."""
    from leakscan.cli.values import path

    where.add_argument(
        "--config",
        type=path,
        metavar="FILE",
        help="settings of yours (default: ~/.config/leakscan/config.yaml; docs/configuration.md)",
    )


def settings_of(
    options: argparse.Namespace | SimpleNamespace,
    paths: Sequence[str],
    root: Path | None,
    own: Mapping[str, Setting] | None = None,
) -> Settings:
    """The settings in force for a scan of these paths; ``root`` is the top of the only one's repository.

    ``own`` are the repository's own, where not those count that lie at ``root``.
    """
    from leakscan.settings.settings import settings_in_force
    from leakscan.suppress.allowlist import Allowance

    given = vars(options)
    trusted = given.get("trust_repo_config", False)
    if trusted and (len(paths) > 1 or "-" in paths):
        raise UsageError(
            "--trust-repo-config is for one repository: give one PATH, or name files with --config"
        )
    simple = ("min_confidence", "fail_on", "baseline")
    said: dict[str, Any] = {name: given[name] for name in simple if given.get(name) is not None}
    said |= {name: tuple(given[name]) for name in ("rules", "honour") if given.get(name)}
    if given.get("no_marks"):
        said["marks"] = False
    if given.get("known_anywhere"):
        said["known_anywhere"] = True
    if given.get("exclude"):
        said["exclude"] = tuple(
            Allowance(paths=(pattern,), by="exclude", source="--exclude") for pattern in given["exclude"]
        )
    return settings_in_force(said, os.environ, root, given.get("config"), trusted, own=own)


def whole_here() -> str:
    """What is scanned where no path is given: the repository that the process stands in, or its folder."""
    try:
        return os.fspath(root_of(".") or ".")
    except LeakscanError:  # whoever scans it says why
        return "."


def root_of(target: str) -> Path | None:
    """The top of the repository that holds the target, or the target's own folder; as short as it can be."""
    from leakscan.git.repository import discover

    if target in ("", "-"):
        return None
    repository = discover(Path(target))
    if repository is not None:
        root = repository.name
    else:
        root = Path(target).resolve()
        root = root if root.is_dir() else root.parent
    return Path(os.path.relpath(root)) if root.is_relative_to(Path.cwd()) else root


def known_findings(settings: Settings, shown: Callable[[Path], str] = str) -> KnownFindings | None:
    """Those of the baseline in force, if one is; ``shown`` is what reports call its file."""
    file = settings["baseline"]
    if file is None:
        return None
    from leakscan.suppress.baseline import KnownFindings, read_baseline

    return KnownFindings(read_baseline(file), shown(file), settings["known_anywhere"])


def suppression_of(settings: Settings, known: KnownFindings | None, root: Path | None) -> dict[str, Any]:
    """The fields of a scan's options that say what does not count; other tools' files lie at ``root``."""
    from leakscan.suppress.allowlist import Allowlist

    found: list[Suppressor] = []
    entries = (*settings["exclude"], *settings["allow"])
    if entries:
        found.append(Allowlist(entries))
    if settings["honour"]:
        from leakscan.suppress.peers import suppressors_for

        found += suppressors_for(settings["honour"], root)
    found += [known] if known else []
    key = known.baseline.key if known else None
    return {"marks": settings["marks"], "suppressors": tuple(found), "key": key}


def told(result: ScanResult, settings: Settings) -> ScanResult:
    """The result, with which of the repository's own settings counted, and which did not."""
    return result._replace(settings=settings.files, skipped=(*result.skipped, *settings.unused))
