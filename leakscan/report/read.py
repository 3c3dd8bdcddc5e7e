"""Reads a JSON result back (docs/json.md), so that it can be reported again in another format."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, TypeVar, cast, get_args

from leakscan.errors import UsageError
from leakscan.finding import (
    SEVERITIES,
    Advice,
    Commit,
    Counts,
    Finding,
    Gap,
    Location,
    Position,
    Reason,
    ScanResult,
    Secret,
    Severity,
    State,
    Suppression,
    Where,
)
from leakscan.report.json import SCHEMA

_ID = re.compile("[0-9a-f]{32}")
_OID = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")
_LINK = re.compile(r"https://[!-;=?-~]+")
_LONGEST = 1e9  # seconds: no scan takes 30 years
_Read = TypeVar("_Read")


class Excerpt(Secret):
    """A secret of which only the excerpt in a report is known: more of it cannot be shown."""

    __slots__ = ()

    @property
    def redacted(self) -> str:
        return self.reveal()

    @property
    def identifier(self) -> str:
        return self.reveal()


def read_result(content: bytes, name: str) -> ScanResult:
    """The scan that a JSON result tells of; ``name`` is the file's, for errors.

    Where the result has no values (it was written without ``--reveal``), its secrets are :class:`Excerpt`.
    Raises UsageError, which says what is wrong and where.
    """
    try:
        value = json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise UsageError(f"{name} is no JSON result of leakscan: write one with --format json") from None
    root = _Node(value, name, "")
    schema = root.get("schema")
    if schema is None or schema.value != SCHEMA:
        raise UsageError(f"{name} is no JSON result of leakscan: its schema is not {SCHEMA}")
    scan = root["scan"]
    incomplete = scan["incomplete"].each(_gap)
    if scan["complete"].flag() != (not incomplete):
        scan["complete"].wrong("not what 'incomplete' says")
    counts = scan["counts"]
    return ScanResult(
        version=scan["version"].text(),
        started=scan["started"].moment(),
        seconds=scan["seconds"].number(0, _LONGEST),
        targets=scan["targets"].each(_Node.text),
        counts=Counts(*(counts[name].whole() for name in Counts._fields)),
        findings=root["findings"].each(_finding),
        incomplete=incomplete,
        skipped=scan["skipped"].each(_gap),
        warnings=warnings.each(_gap) if (warnings := scan.get("warnings")) else (),
        settings=settings.each(_Node.text) if (settings := scan.get("settings")) else (),
    )


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def has_values(result: ScanResult) -> bool:
    """Whether the secrets of a result that was read are whole."""
    return not any(isinstance(finding.secret, Excerpt) for finding in result.findings)


@dataclass(frozen=True, slots=True)
class _Node:
    """A value of the JSON text, and where it stands there."""

    value: Any
    file: str
    path: str

    def wrong(self, problem: str) -> NoReturn:
        raise UsageError(
            f"{self.file}: {self.path or 'the whole'} is {problem}"
            " (write the result anew, with scan --format json)"
        )

    def __getitem__(self, key: str) -> _Node:
        if not isinstance(self.value, dict):
            self.wrong("no object")
        child = _Node(self.value.get(key), self.file, f"{self.path}.{key}".lstrip("."))
        return child if key in self.value else child.wrong("missing")

    def get(self, key: str) -> _Node | None:
        """The value of a key, None where it is missing or null."""
        return self[key] if isinstance(self.value, dict) and self.value.get(key) is not None else None

    def each(self, read: Callable[[_Node], _Read]) -> tuple[_Read, ...]:
        if not isinstance(self.value, list):
            self.wrong("no array")
        return tuple(
            read(_Node(value, self.file, f"{self.path}[{at}]")) for at, value in enumerate(self.value)
        )

    def pairs(self) -> Iterator[tuple[str, _Node]]:
        if not isinstance(self.value, dict):
            self.wrong("no object")
        return ((key, self[key]) for key in self.value)

    def text(self) -> str:
        return self.value if isinstance(self.value, str) else self.wrong("no text")

    def flag(self) -> bool:
        return self.value if isinstance(self.value, bool) else self.wrong("neither true nor false")

    def name(self) -> str:
        return self.text() or self.wrong("empty")

    def number(self, least: float = -1e9, most: float = 1e9) -> float:
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            self.wrong("no number")
        return float(self.value) if least <= self.value <= most else self.wrong(f"not in {least:g}…{most:g}")

    def whole(self, least: int = 0) -> int:
        if isinstance(self.value, bool) or not isinstance(self.value, int) or self.value < least:
            self.wrong(f"no whole number from {least} up")
        return int(self.value)

    def word(self, known: tuple[str, ...]) -> str:
        return self.text() if self.value in known else self.wrong(f"none of {', '.join(known)}")

    def like(self, pattern: re.Pattern[str]) -> str:
        return self.text() if pattern.fullmatch(self.text()) else self.wrong("no id")

    def moment(self) -> str:
        return self.text() if _moment(self.text()) else self.wrong("no date and time")


def _gap(node: _Node) -> Gap:
    return Gap(node["what"].text(), node["why"].text())


def _finding(node: _Node) -> Finding:
    value, head, checked = node["secret"].get("value"), node.get("in_head"), node.get("verification")
    first, advice = node.get("first_seen"), node.get("advice")
    kind: Callable[[bytes], Secret] = Excerpt if value is None else Secret
    secret = value or node["secret"]["redacted"]
    locations = node["locations"].each(_location) or node["locations"].wrong("empty")
    return Finding(
        id=node["id"].like(_ID),
        rule=node["rule"].name(),
        title=node["title"].name(),
        provider=node["provider"].name(),
        severity=cast(Severity, node["severity"].word(SEVERITIES)),
        confidence=node["confidence"].number(0, 1),
        reasons=node["reasons"].each(_reason),
        secret=kind(_raw(secret)),
        locations=locations,
        parts={name: kind(_raw(part)) for name, part in node["parts"].pairs()},
        state=cast(State, node["state"].word(get_args(State))),
        verification=checked.text() if checked else None,
        first_seen=_commit(first) if first else None,
        in_head=head.flag() if head else None,
        advice=_advice(advice) if advice else None,
        suppression=_suppression(why) if (why := node.get("suppression")) else None,
    )


def _raw(node: _Node) -> bytes:
    return node.text().encode("utf-8", "surrogatepass")


def _reason(node: _Node) -> Reason:
    value = node["value"].value
    if not isinstance(value, str | bool):
        node["value"].number()
    return Reason(node["feature"].text(), value, node["weight"].number())


def _commit(node: _Node) -> Commit:
    """A date that is none is left out: nothing can be said of when that was."""
    author, _, email = node["author"].text().rpartition(" <")
    moment = _moment(node["date"].text())
    return Commit(
        oid=node["commit"].like(_OID),
        author=author,
        email=email.removesuffix(">"),
        date=node["date"].text() if moment else "",
        time=int(moment.timestamp()) if moment else 0,
        subject=node["subject"].text(),
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        moment.timestamp()
    except (ValueError, OverflowError):
        return None
    return moment if 1 < moment.year < 9000 else None


def _location(node: _Node) -> Location:
    path, commit, blob = node.get("path"), node.get("commit"), node.get("blob")
    return Location(
        where=cast(Where, node["where"].word(get_args(Where))),
        path=path.text() if path else None,
        position=Position(
            *(node[key].whole(1) for key in ("line", "column", "end_line", "end_column")),
        ),
        commit=commit.like(_OID) if commit else None,
        blob=blob.like(_OID) if blob else None,
        encoding=node["encoding"].each(_Node.text),
    )


def _suppression(node: _Node) -> Suppression:
    return Suppression(node["by"].name(), node["source"].text(), node["reason"].text())


def _advice(node: _Node) -> Advice:
    return Advice(
        id=node["id"].text(),
        summary=node["summary"].text(),
        steps=node["steps"].each(_Node.text),
        links=node["links"].each(_link),
    )


def _link(node: _Node) -> str:
    """Reports make these links to click on: nothing but an address of the web may get there."""
    text = node.text()
    return text if _LINK.fullmatch(text) else node.wrong("no link that begins with https://")
