"""Targets that are URLs: cloned for the time of the scan, or to be kept."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from leakscan.errors import UsageError, renamed
from leakscan.finding import Gap

if TYPE_CHECKING:
    from leakscan.finding import ScanResult
    from leakscan.git.clone import Remote


def remotes_of(options: argparse.Namespace) -> Mapping[str, Remote]:
    """The URLs among the targets. Raises UsageError for options that a bare clone has nothing for."""
    if not any(":" in target for target in options.paths):
        found: dict[str, Remote] = {}
    else:
        from leakscan.git.clone import remote

        found = {target: source for target in options.paths if (source := remote(target)) is not None}
    if options.keep is not None and len(found) != 1:
        raise UsageError("--keep is for the clone of one URL: give one, or leave out --keep")
    useless = {
        "--staged": options.staged,
        "--no-history": options.no_history,
        "--trust-repo-config": options.trust_repo_config,
        "--since-last": options.since_last,
        "--state": options.state is not None,
    }
    given = next((name for name, value in useless.items() if value), None)
    if found and given:
        raise UsageError(f"{given} is for a repository on disk: clone the URL yourself, or leave out {given}")
    return found


@contextmanager
def cloned(remotes: Mapping[str, Remote], keep: Path | None) -> Iterator[Mapping[str, Path]]:
    """Where each of these repositories lies on disk; it is removed afterwards, unless it is to be kept.

    Errors that are raised within name a repository and not its folder.
    """
    if not remotes:
        yield {}
        return
    import tempfile

    from leakscan.cli.progress import Progress
    from leakscan.git.clone import clone

    with ExitStack() as stack:
        stack.enter_context(_ended_by_a_signal())
        places = {}
        for target, source in remotes.items():
            if keep is None:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leakscan-"))).resolve()
                place = folder / (Path(source.name).name or "repository")
            else:
                place = _empty(keep)
            with Progress() as progress:
                clone(source, place, progress.of_clone)
            stack.enter_context(renamed(str(place), source.url))
            places[target] = place
        if keep is not None:
            print(f"leakscan: the clone is in {keep}", file=sys.stderr)
        yield places


def as_named(
    result: ScanResult, targets: Sequence[str], remotes: Mapping[str, Remote], places: Mapping[str, Path]
) -> ScanResult:
    """The result with URLs, without passwords, where it names the folders of clones."""
    if not remotes:
        return result

    def gaps(found: Sequence[Gap]) -> tuple[Gap, ...]:
        for target, place in places.items():
            old, new = str(place), remotes[target].url
            found = [Gap(gap.what.replace(old, new), gap.why.replace(old, new)) for gap in found]
        return tuple(found)

    return result._replace(
        targets=tuple(remotes[target].url if target in remotes else target for target in targets),
        incomplete=gaps(result.incomplete),
        skipped=gaps(result.skipped),
        warnings=gaps(result.warnings),
    )


def _empty(folder: Path) -> Path:
    if os.path.lexists(folder) and not (folder.is_dir() and not any(folder.iterdir())):
        raise UsageError(f"{folder} is there already: --keep wants a folder that is new or empty")
    return folder.absolute()


@contextmanager
def _ended_by_a_signal() -> Iterator[None]:
    """To be told to end is like Ctrl-C, after which clones are removed."""
    own = os.getpid()

    def end(number: int, _: object) -> None:
        if os.getpid() != own:  # a process that helps to read the history has nothing to remove
            os._exit(128 + number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
