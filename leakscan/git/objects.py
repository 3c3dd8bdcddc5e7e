"""Every object of a repository's store, listed and read by id through ``git cat-file``.

Reading by id and not through diffs is what makes the result independent of attributes and settings, and
reaches what no ref does: ``--batch-all-objects`` knows packs, loose objects and alternates alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from leakscan.finding import Gap
from leakscan.git.plumbing import Git, Stream, reason

MOST_NAMED = 50
_MOST_ERRORS = 5
_SINGLE = ("object ", "changes of commit ")
_REQUESTS_A_WRITE = 1000


class Stored(NamedTuple):
    """One object of the store: ``kind`` is blob, tree, commit or tag."""

    oid: str
    kind: str
    size: int


class Content(NamedTuple):
    """One object with its bytes."""

    oid: str
    kind: str
    content: bytes


def shortened(gaps: Iterable[Gap]) -> list[Gap]:
    """Each thing once, with the first reason given for it, and of single objects only the first fifty."""
    first: dict[str, Gap] = {}
    for gap in gaps:
        first.setdefault(gap.what, gap)
    named: list[Gap] = []
    objects = 0
    for gap in first.values():
        objects += (single := gap.what.startswith(_SINGLE))
        if not single or objects <= MOST_NAMED:
            named.append(gap)
    if objects > MOST_NAMED:
        named.append(Gap(f"{objects - MOST_NAMED} more objects", "missing or damaged like those before"))
    return named


def stored_objects(git: Git, gaps: list[Gap]) -> Iterator[Stored]:
    """All objects, in the order in which they lie in their packs: that order is the fastest to read."""
    arguments = ("cat-file", "--batch-all-objects", "--batch-check", "--unordered", "--buffer")
    with git.stream(*arguments) as listing:
        for line in listing.stdout:
            fields = line.decode("ascii", errors="replace").split()
            if len(fields) == 3 and fields[2].isdigit():
                yield Stored(fields[0], fields[1], int(fields[2]))
            elif fields:
                gaps.append(Gap(f"object {fields[0]}", "damaged: its header cannot be read"))
        code = listing.finish()
        if errors := _errors(listing.complaints):
            more = f"; and {len(errors) - _MOST_ERRORS} more" if len(errors) > _MOST_ERRORS else ""
            gaps.append(Gap("the object store", "; ".join(errors[:_MOST_ERRORS]) + more))
        if code != 0:
            why = reason(listing.complaints) or f"git ended with code {code}"
            gaps.append(Gap("the rest of the object store", why))


def contents(git: Git, oids: Sequence[str], gaps: list[Gap]) -> Iterator[Content]:
    """The named objects with their bytes, in this order; each that cannot be read becomes a gap.

    Git dies at a damaged object. It is then started again behind that object, so that every start
    gets at least one object further.
    """
    done = 0
    while done < len(oids):
        with git.stream("cat-file", "--batch", "--buffer", stdin=_requests(oids, done)) as batch:
            for at in range(done, len(oids)):
                found = _next_content(batch)
                done = at + 1
                if found is None:
                    batch.finish()
                    why = reason(batch.complaints) or "cannot be read"
                    gaps.append(Gap(f"object {oids[at]}", f"damaged: {why}"))
                    break
                if not found.kind:
                    gaps.append(Gap(f"object {oids[at]}", "missing"))
                    continue
                yield found


def kinds(git: Git, oids: Sequence[str]) -> dict[str, str]:
    """The kind of each of these objects that the store has; those it lacks are not in the answer."""
    return {found.oid: found.kind for found in sizes(git, oids, [])}


def sizes(git: Git, oids: Sequence[str], gaps: list[Gap]) -> Iterator[Stored]:
    """Kind and size of each of these objects; those that the store lacks, or git dies at, become gaps."""
    done = 0
    while done < len(oids):
        with git.stream("cat-file", "--batch-check", "--buffer", stdin=_requests(oids, done)) as listing:
            for line in listing.stdout:
                fields = line.decode("ascii", errors="replace").split()
                if not line.endswith(b"\n") or fields[:1] != [oids[done]]:
                    break
                done += 1
                if len(fields) == 3 and fields[2].isdigit():
                    yield Stored(fields[0], fields[1], int(fields[2]))
                else:
                    gaps.append(Gap(f"object {fields[0]}", "missing"))
            if done < len(oids):
                listing.finish()
                why = reason(listing.complaints) or "its header cannot be read"
                gaps.append(Gap(f"object {oids[done]}", f"damaged: {why}"))
                done += 1


def _requests(oids: Sequence[str], start: int) -> Iterator[bytes]:
    for at in range(start, len(oids), _REQUESTS_A_WRITE):
        yield ("\n".join(oids[at : at + _REQUESTS_A_WRITE]) + "\n").encode("ascii")


def _next_content(batch: Stream) -> Content | None:
    """The next object of the answer, with an empty kind if git lacks it; None if git died at it."""
    fields = batch.stdout.readline().split()
    if len(fields) == 3:
        size = int(fields[2])
        content = batch.stdout.read(size)
        # The line end is read by itself: cutting it off would copy every object once more.
        if batch.stdout.read(1) != b"\n" or len(content) != size:
            return None
        return Content(fields[0].decode("ascii"), fields[1].decode("ascii"), content)
    return Content(fields[0].decode("ascii"), "", b"") if len(fields) == 2 else None


def _errors(complaints: str) -> list[str]:
    """What git calls an error; its warnings are about style, such as a misplaced setting."""
    lines = (line.strip() for line in complaints.splitlines())
    return [line.removeprefix("error: ") for line in lines if line.startswith("error:")]
