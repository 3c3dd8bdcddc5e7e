"""One finding as the HTML report shows it."""

from __future__ import annotations

from dataclasses import dataclass

from leakscan.finding import Commit, Finding, Location, State
from leakscan.report.exchange import main_place
from leakscan.report.order import places
from leakscan.report.redaction import Redaction, visible
from leakscan.report.words import age, counted, ignored_by, part_name, said, standing, strongest, sureness

MOST_PLACES = 25
_STATES: dict[State, str] = {"new": "", "baseline": "known (in the baseline)", "ignored": "marked as no leak"}


@dataclass(frozen=True, slots=True)
class Shown:
    """Text as the report may show it: without secrets, and without anything that hides or turns words."""

    redaction: Redaction

    def __call__(self, text: str) -> str:
        return visible(self.redaction.text(text))


@dataclass(frozen=True, slots=True)
class Card:
    """Texts of a finding, for the template. ``letter`` names the advice, ``percent`` is the confidence."""

    finding: Finding
    title: str
    rule: str
    provider: str
    secret: str
    length: str
    parts: tuple[tuple[str, str], ...]
    place: str
    places: tuple[tuple[str, str], ...]
    more_places: int
    standing: str
    standing_group: str
    since: str
    age: str
    author: str
    commit: str
    subject: str
    sure: str
    percent: int
    reasons: tuple[str, ...]
    state: str
    ignored: str
    verification: str
    letter: str
    advice: str


def card(finding: Finding, shown: Shown, started: str, letters: dict[str, str]) -> Card:
    """``letters`` are those of the advice, by its id; a finding that is not new may have none."""
    redaction, first = shown.redaction, finding.first_seen
    secret = redaction.secret(finding.secret)
    spots = list(dict.fromkeys(_spot(place, shown) for place in places(finding)))
    return Card(
        finding=finding,
        title=shown(finding.title),
        rule=shown(finding.rule),
        provider=shown(finding.provider),
        secret=visible(secret),
        length=counted(len(finding.secret.reveal()), "character")
        if secret == "…" != finding.secret.reveal()
        else "",
        parts=tuple((part_name(name), visible(redaction.part(p))) for name, p in finding.parts.items()),
        place=_spot(main_place(finding), shown)[0],
        places=tuple(spots[:MOST_PLACES]),
        more_places=max(0, len(spots) - MOST_PLACES),
        standing=standing(finding),
        standing_group=standing_of(finding),
        since=day(first) if first else "",
        age=age(first, started) if first and first.date else "",
        author=shown(who(first)) if first else "",
        commit=first.oid[:10] if first else "",
        subject=visible(redaction.subject(first)) if first else "",
        sure=sureness(finding.confidence),
        percent=min(99, int(finding.confidence * 100 + 1e-9)),
        reasons=tuple(visible(redaction.text(said(reason))) for reason in strongest(finding.reasons, 5)),
        state=_STATES[finding.state],
        ignored=shown(ignored_by(finding.suppression)) if finding.suppression else "",
        verification=shown(finding.verification or ""),
        letter=letters.get(finding.advice.id, "") if finding.advice else "",
        advice=shown(finding.advice.summary) if finding.advice else "",
    )


def standing_of(finding: Finding) -> str:
    """Which of three groups a finding is in: the one question that decides how it is cleaned up."""
    wheres = {place.where for place in finding.locations}
    if finding.in_head:
        return "in the current version"
    if wheres & {"history", "message", "stash", "reflog", "dangling"}:
        return "only in the history"
    return "in files that are not committed"


def day(commit: Commit) -> str:
    """``2024-03-01``; empty where the commit has no date."""
    return visible(commit.date[:10])


def who(commit: Commit) -> str:
    """The author, by name and address as far as they are known."""
    if commit.author and commit.email and commit.email != commit.author:
        return f"{commit.author} <{commit.email}>"
    return commit.author or commit.email or "unknown"


def _spot(place: Location, shown: Shown) -> tuple[str, str]:
    """A place in a word, and what else is to be said of it."""
    commit = place.commit[:10] if place.commit else ""
    if place.where == "message":
        name, notes = f"message of {commit}" if commit else "message", []
    elif place.path is None:
        name = "standard input" if place.where == "stdin" else f"object {(place.blob or '?')[:10]}"
        notes = [f"in {commit}"] if commit else []
    else:
        name, notes = shown(place.path), [f"in {commit}"] if commit else []
    if place.where in ("index", "stash", "reflog", "dangling", "archive"):
        notes.insert(0, "staged" if place.where == "index" else place.where)
    notes += [f"as {' in '.join(map(shown, place.encoding))}"] if place.encoding else []
    return f"{name}:{place.position.line}", ", ".join(notes)
