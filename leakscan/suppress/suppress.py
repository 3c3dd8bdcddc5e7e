"""The suppress room: findings in, the same findings out, each with its state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from leakscan.finding import Candidate, Commit, Finding, Origin, State, Suppression
from leakscan.score.spelling import canonical
from leakscan.suppress.interface import Scope, Spot, Suppressor


def suppressed(
    findings: Iterable[Finding],
    candidates: Iterable[Candidate],
    commits: Mapping[str, Commit],
    head: Set[str] | None,
    suppressors: Sequence[Suppressor],
    scope: Scope,
) -> Iterator[Finding]:
    """Each finding; one that is covered at all its places is ``ignored``, or ``baseline`` if that covers it.

    ``commits`` and ``head`` are those that scoring had: they say which version of a file is the latest.
    """
    if not suppressors:
        yield from findings
        return
    findings = list(findings)
    held = {canonical(finding.secret.raw): list[Candidate]() for finding in findings}
    for candidate in candidates:
        value = canonical(candidate.secret.raw)
        if value in held:
            held[value].append(candidate)
    for finding in findings:
        spots = list(_spots(held[canonical(finding.secret.raw)], commits, head or set()))
        covered: dict[str, Suppression] = {}
        for suppressor in suppressors:
            covered = {**suppressor.cover(finding, spots, scope), **covered}
        open_places = {spot.place for spot in spots} - covered.keys()
        if not covered or open_places - {_LEFT_OVER}:
            yield finding
            continue
        why = min(covered.values(), key=lambda suppression: suppression.by == "baseline")
        state: State = "baseline" if why.by == "baseline" else "ignored"
        yield finding._replace(state=state, suppression=why)


_LEFT_OVER = "(dangling)"
"""Objects without a name that nothing reaches, as 'git add' leaves them: judged with the other places."""


def _spots(candidates: Iterable[Candidate], commits: Mapping[str, Commit], head: Set[str]) -> Iterator[Spot]:
    places: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        places.setdefault(place_name(candidate.origin), []).append(candidate)
    # A file that was only renamed is in HEAD under its old path too, for all that its blob says.
    is_on_disk = any(c.origin.where in ("worktree", "index") for group in places.values() for c in group)
    for place, group in places.items():
        ranks = [_rank(candidate.origin, commits, head) for candidate in group]
        best = min(ranks)
        path = group[0].origin.path
        nearest = [c for c, rank in zip(group, ranks, strict=True) if path is None or rank == best]
        yield Spot(place, path, tuple(group), tuple(nearest), best[0] <= (_STAGED if is_on_disk else _HEAD))


def place_name(origin: Origin) -> str:
    """What a place is called that is the same after a rebase: its path, or what kind of place it is."""
    return f"({origin.where})" if origin.path is None else origin.path


_FILE, _STAGED, _HEAD, _PAST = range(4)


def _rank(origin: Origin, commits: Mapping[str, Commit], head: Set[str]) -> tuple[int, int]:
    """How near a version of a file is: less is nearer."""
    if origin.where in ("worktree", "stdin"):
        return _FILE, 0
    if origin.where == "index":
        return _STAGED, 0
    if origin.blob in head:
        return _HEAD, 0
    commit = commits.get(origin.commit or "")
    return _PAST, -commit.committed if commit else 0
