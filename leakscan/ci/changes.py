"""What a request changes about its own check, for reviewers: settings, rules, the baseline, marks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from leakscan.ci.own import named_files, settings_at
from leakscan.errors import LeakscanError
from leakscan.finding import SEVERITIES, Gap
from leakscan.git.changes import tree_changes
from leakscan.git.names import shown_path
from leakscan.git.objects import contents
from leakscan.git.repository import Repository
from leakscan.git.snapshot import Snapshot
from leakscan.settings.keys import KEYS
from leakscan.settings.settings import Setting
from leakscan.settings.shown import lines
from leakscan.suppress.baseline import Baseline, parsed_baseline
from leakscan.suppress.inline import WORD, mark_in
from leakscan.suppress.peers import FILES, mark_of

LATER = "changed here: it does not count yet, but will for what comes after"
AT_ONCE = "added here: it counts at once"

_SIMPLE = ("min_confidence", "fail_on", "known_anywhere", "marks")


def check_changes(repository: Repository, before: str, after: str) -> Iterator[Gap]:
    """What differs between two commits in what decides about findings, each with whether it counts."""
    old, new = Snapshot(repository, before), Snapshot(repository, after)
    was: Mapping[str, Setting] = {}
    try:
        was = settings_at(old)
        yield from _settings_changes(old, new, was, settings_at(new))
    except LeakscanError as error:
        yield Gap("settings", f"what is changed about them cannot be said: {error}")
    try:
        yield from _marks(repository, before, after, was["honour"].value if "honour" in was else ())
    except LeakscanError as error:
        yield Gap("marks", f"which ones are added cannot be said: {error}")


def _settings_changes(
    old: Snapshot, new: Snapshot, was: Mapping[str, Setting], now: Mapping[str, Setting]
) -> Iterator[Gap]:
    yield from _settings(was, now)
    yield from _files(old, new, was, now)
    yield from _baseline(old, new, was, now)


def _settings(was: Mapping[str, Setting], now: Mapping[str, Setting]) -> Iterator[Gap]:
    for name, key in KEYS.items():
        before = was[name].value if name in was else key.default
        after = now[name].value if name in now else key.default
        if name in _SIMPLE:
            if before != after:
                less = ", so that less counts" if _is_laxer(name, before, after) else ""
                change = f"{name} becomes {lines(after)[0]} instead of {lines(before)[0]}{less}"
                yield Gap(f"settings: {change}", LATER)
        elif name != "baseline":
            olds, news = (Counter(lines(value)) if value else Counter() for value in (before, after))
            for sign, found in (("+", news - olds), ("-", olds - news)):
                for line in found:
                    yield Gap(f"settings: {name}: {sign} {line}", LATER)


def _is_laxer(name: str, before: Any, after: Any) -> bool:
    if name == "fail_on":
        return SEVERITIES.index(after) > SEVERITIES.index(before)
    return bool(after > before)


def _files(
    old: Snapshot, new: Snapshot, was: Mapping[str, Setting], now: Mapping[str, Setting]
) -> Iterator[Gap]:
    """Rule files, and those of other tools that are honoured."""
    watched = set[str]()
    for found in (was, now):
        watched |= {*named_files(found["rules"])} if "rules" in found else set()
        for tool in found["honour"].value if "honour" in found else ():
            watched |= {*FILES[tool]}
    if not watched:
        return
    before, after = old.files(*watched), new.files(*watched)
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            changed = "has another content" if path in after else "is gone"
            yield Gap(f"{path} {changed if path in before else 'is new'}", LATER)


def _baseline(
    old: Snapshot, new: Snapshot, was: Mapping[str, Setting], now: Mapping[str, Setting]
) -> Iterator[Gap]:
    before, after = _read_baseline(old, was), _read_baseline(new, now)
    if before == after:
        return
    name = str((now.get("baseline") or was["baseline"]).value)
    if after is None:
        yield Gap(f"{name} is gone", LATER)
        return
    known = before.entries if before and before.salt == after.salt else {}
    if before and before.salt != after.salt:
        yield Gap(f"{name} begins anew, under another salt", LATER)
    added = [entry for id, entry in after.entries.items() if id not in known]
    rules = Counter(entry.rule for entry in added)
    for rule, number in sorted(rules.items()):
        yield Gap(f"{name}: + {number} known of rule {rule}", LATER)
    gone = len(known.keys() - after.entries.keys())
    if gone:
        yield Gap(f"{name}: - {gone} known", LATER)
    for id, entry in after.entries.items():
        if id in known and known[id] != entry:
            what = f"{entry.rule} {id} becomes {entry.decision}" if entry.decision else f"{entry.rule} {id}"
            yield Gap(f"{name}: {what}, or has other places", LATER)


def _read_baseline(snapshot: Snapshot, found: Mapping[str, Setting]) -> Baseline | None:
    if "baseline" not in found:
        return None
    (name,) = named_files(found["baseline"])
    content = snapshot.read(name).get(name)
    return None if content is None else parsed_baseline(content, Path(f"{snapshot.name}:{name}"))


def _marks(repository: Repository, before: str, after: str, honoured: Sequence[str]) -> Iterator[Gap]:
    """The lines with a mark that are in a file now, and were not in what it replaces."""
    changes = tree_changes(repository, before, after)
    texts = {
        blob.oid: found
        for blob in contents(repository.git, list(dict.fromkeys(c.new for c in changes)), [])
        if (found := _marked_lines(blob.content, honoured))
    }
    olds = list(dict.fromkeys(change.old for change in changes if change.old and change.new in texts))
    were = {blob.oid: _marked_lines(blob.content, honoured) for blob in contents(repository.git, olds, [])}
    for change in changes:
        known = Counter(line for _, line, _ in were.get(change.old, ()))
        for number, line, mark in texts.get(change.new, ()):
            if known[line]:
                known[line] -= 1
            else:
                yield Gap(f"{shown_path(change.path)}:{number}: {mark}", AT_ONCE)


def _marked_lines(content: bytes, honoured: Sequence[str]) -> list[tuple[int, bytes, str]]:
    """Each line that has a mark: its number, its text, and the mark as people would write it."""
    if WORD not in content and not honoured:
        return []
    found = []
    for number, line in enumerate(content.split(b"\n"), 1):
        mark = mark_in(line) if WORD in line else None
        if mark is not None:
            rules = f"[{','.join(mark.rules)}]" if mark.rules else ""
            found.append((number, line.strip(), f"{WORD.decode()}{rules} {mark.reason}".rstrip()))
        elif honoured and (name := mark_of(line, honoured)):
            found.append((number, line.strip(), name))
    return found
