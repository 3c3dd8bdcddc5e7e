"""What to scan, and what to report of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from leakscan.errors import UsageError
from leakscan.score.model import DEFAULT_MIN_CONFIDENCE
from leakscan.source.files import MAX_BYTES
from leakscan.suppress.interface import Suppressor
from leakscan.suppress.selection import EVERYTHING, Selection


class Options(NamedTuple):
    """What to scan and what to report. ``rules`` are files or folders over the built-in ones.

    ``engine`` reads the history: from its packs, or as a reference one object after the other. Packs and
    files are searched in as many processes as there are processors, or ``jobs``, if that is not 0.

    ``commits`` are those of which only is read what they bring in, as of those in ``range`` (A..B),
    of those of a ``branch``, and of those ``since`` a time (in Unix seconds). ``selection`` says which
    findings are wanted.

    ``since_last`` reads of each history only what is new since the last scan with it. The report is that of a
    full scan all the same. ``state`` is the file that remembers, for the history of the only target's own
    repository; without one they are in the user's state folder.

    ``names`` are what paths begin with that are found in a target which is one of several, where that is not
    where it lies: the clone of a URL.
    """

    rules: tuple[Path, ...] = ()
    history: bool = True
    staged: bool = False
    range: str | None = None
    commits: tuple[str, ...] | None = None
    branch: str | None = None
    since: int | None = None
    selection: Selection = EVERYTHING
    include_ignored: bool = False
    max_bytes: int = MAX_BYTES
    engine: Literal["packs", "reference"] = "packs"
    jobs: int = 0
    profile: bool = False
    min_confidence: float = DEFAULT_MIN_CONFIDENCE
    since_last: bool = False
    state: Path | None = None
    marks: bool = True
    suppressors: tuple[Suppressor, ...] = ()
    key: bytes | None = None
    names: Mapping[str, str] = {}


def check_since_last(targets: Sequence[str], options: Options) -> None:
    """Raises UsageError where no history is read that could be remembered."""
    if not options.since_last and options.state is None:
        return
    option = "--since-last" if options.state is None else "--state"
    hindrances = {
        "--staged": options.staged,
        "--range": options.range is not None,
        "--branch": options.branch is not None,
        "--since": options.since is not None,
        "--no-history": not options.history,
        "--engine reference": options.engine == "reference",
        "- (standard input)": "-" in targets,
    }
    others = [name for name, given in hindrances.items() if given]
    if others:
        raise UsageError(f"{option} is for whole histories: leave out {option} or {others[0]}")
    if options.state is not None and len(targets) > 1:
        raise UsageError("--state remembers one repository: give one PATH, or --since-last instead of it")
