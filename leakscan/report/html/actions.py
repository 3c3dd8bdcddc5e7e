"""Who must do what: the advice for each kind of credential, and whom to ask about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from leakscan.finding import Finding, Severity
from leakscan.report.html.cards import Shown, who
from leakscan.report.words import by_severity

_MOST_PEOPLE = 50
_MOST_ASKED = 5


@dataclass(frozen=True, slots=True)
class Action:
    """What to do about the findings that share an advice; ``titles`` are the kinds of credentials."""

    letter: str
    worst: Severity
    titles: tuple[str, ...]
    number: int
    live: int
    first: str
    steps: tuple[str, ...]
    links: tuple[str, ...]
    ask: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who brought credentials in, and so knows best what they are for."""

    name: str
    number: int
    severities: str
    letters: tuple[str, ...]


def actions(findings: Sequence[Finding], shown: Shown) -> tuple[dict[str, str], list[Action]]:
    """The letters of the advice by its id, and the actions; ``findings`` come with the worst first."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.advice:
            groups.setdefault(finding.advice.id, []).append(finding)
    letters = {id: str(number) for number, id in enumerate(groups, 1)}
    return letters, [_action(letters[id], group, shown) for id, group in groups.items()]


def people(findings: Sequence[Finding], shown: Shown) -> list[Person]:
    """Whom to ask, those with the most findings first."""
    letters, _ = actions(findings, shown)
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.first_seen:
            groups.setdefault(shown(who(finding.first_seen)), []).append(finding)
    ranked = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    return [
        Person(
            name=name,
            number=len(found),
            severities=by_severity(found),
            letters=tuple(dict.fromkeys(letters[f.advice.id] for f in found if f.advice)),
        )
        for name, found in ranked[:_MOST_PEOPLE]
    ]


def _action(letter: str, findings: Sequence[Finding], shown: Shown) -> Action:
    advice = findings[0].advice
    assert advice is not None
    asked = Counter(shown(who(finding.first_seen)) for finding in findings if finding.first_seen)
    return Action(
        letter=letter,
        worst=findings[0].severity,
        titles=tuple(dict.fromkeys(shown(finding.title) for finding in findings)),
        number=len(findings),
        live=sum(bool(finding.in_head) for finding in findings),
        first=shown(advice.summary),
        steps=tuple(map(shown, advice.steps)),
        links=tuple(shown(link) for link in advice.links if link.startswith("https://")),
        ask=tuple(name for name, _ in asked.most_common(_MOST_ASKED)),
    )
