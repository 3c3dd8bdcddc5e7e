"""One finding on the terminal: its value, where, since when, how sure and why; its kind stands above it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.style import Style as Ink
from rich.text import Text

from leakscan.finding import Finding, Location, Severity
from leakscan.report.order import places
from leakscan.report.page import Page
from leakscan.report.redaction import Redaction, visible
from leakscan.report.words import age, counted, ignored_by, part_name, said, standing, strongest, sureness

BADGES: dict[Severity, str] = {
    "critical": "bold white on red",
    "high": "bold black on yellow",
    "medium": "bold black on cyan",
    "low": "bold black on white",
    "info": "bold black on white",
}
_MOST_PLACES = 5


def card(page: Page, finding: Finding, redaction: Redaction, started: str, root: Path | None) -> None:
    """``root`` is the folder that places are in, for links."""
    whereabouts(page, finding, redaction, started, root)
    reasons = [Text(visible(redaction.text(said(reason)))) for reason in strongest(finding.reasons)]
    id = Text(f"id {visible(finding.id)}", "dim")
    page.flow("sure", [Text(sureness(finding.confidence), "bold"), *reasons, id])
    if finding.suppression:
        page.row("ignored", Text(visible(redaction.text(ignored_by(finding.suppression)))))
    if finding.verification:
        page.row("checked", Text(visible(finding.verification), "bold"))


def whereabouts(page: Page, finding: Finding, redaction: Redaction, started: str, root: Path | None) -> None:
    """The value, where it stands, and since when."""
    page.flow("secret", _values(finding, redaction))
    _where(page, finding, redaction, root)
    _since(page, finding, redaction, started)


def _values(finding: Finding, redaction: Redaction) -> Iterator[Text]:
    shown = redaction.secret(finding.secret)
    yield Text(visible(shown), "bold")
    if shown == "…" != finding.secret.reveal():  # of a secret in a result that was read, no more is known
        yield Text(counted(len(finding.secret.reveal()), "character"), "dim")
    for name, part in finding.parts.items():
        yield Text.assemble(visible(part_name(name)), " ", (visible(redaction.part(part)), "bold"))


def _where(page: Page, finding: Finding, redaction: Redaction, root: Path | None) -> None:
    spots = list(_spots(finding, redaction, root))
    head = Text(standing(finding), "bold red" if finding.in_head else "bold")
    if len(spots) == 1 and spots[0].cell_len + 3 + head.cell_len <= page.room:
        page.row("where", Text.assemble(spots[0], "   ", head))
        return
    if len(spots) > 1:
        head.append(f" ({counted(len(spots), 'place')})", "not bold not red")
    page.row("where", head)
    for spot in spots[:_MOST_PLACES]:
        page.place("", spot)
    if len(spots) > _MOST_PLACES:
        page.row("", Text(f"and {len(spots) - _MOST_PLACES:,} more", "dim"))


def _spots(finding: Finding, redaction: Redaction, root: Path | None) -> Iterator[Text]:
    """Each path and line once, though it may stand in the working tree and in many commits."""
    seen = set()
    for place in places(finding):
        key = (place.path or (place.where, place.commit), place.position.line)
        if key not in seen:
            seen.add(key)
            yield _spot(place, finding, redaction, root)


def _spot(place: Location, finding: Finding, redaction: Redaction, root: Path | None) -> Text:
    first = finding.first_seen.oid if finding.first_seen else None
    commit = place.commit[:10] if place.commit else ""
    if place.where == "message":
        spot, notes = Text(f"message of {commit}" if commit else "message"), []
    elif place.path is None:
        spot = Text("-" if place.where == "stdin" else f"object {(place.blob or '?')[:10]}")
        notes = [f"in {commit}"] if commit else []
    else:
        spot = Text(visible(redaction.text(place.path)), _link(place, root))
        notes = [f"in {commit}"] if commit and place.commit != first else []
    spot.append(f":{place.position.line}", "cyan")
    if place.where in ("index", "stash", "reflog", "dangling", "archive"):
        notes.insert(0, "staged" if place.where == "index" else place.where)
    notes += [f"as {' in '.join(place.encoding)}"] if place.encoding else []
    return spot.append(f"  {', '.join(notes)}", "dim") if notes else spot


def _link(place: Location, root: Path | None) -> Ink:
    ink = Ink(color="cyan")
    if root is None or place.where not in ("worktree", "index") or place.path is None:
        return ink
    try:
        return ink + Ink(link=(root / place.path).as_uri())
    except ValueError:  # a path that is no Unicode
        return ink


def _since(page: Page, finding: Finding, redaction: Redaction, started: str) -> None:
    commit = finding.first_seen
    if commit is None:
        return
    ago = age(commit, started)
    who = visible(redaction.text(commit.author or commit.email))
    when = f"{visible(commit.date[:10])}{f' ({ago})' if ago else ''}, " if commit.date else ""
    head = Text.assemble(when, (visible(commit.oid[:10]), "yellow"), f" by {who}")
    subject = Text(visible(redaction.subject(commit)), "dim")
    if head.cell_len + 2 + subject.cell_len <= page.room:
        page.single("since", Text.assemble(head, ": ", subject))
    else:
        page.single("since", head)
        page.single("", subject)
