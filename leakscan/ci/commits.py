"""Which commits an event brings, and which one was there before them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leakscan.ci.interface import Event, UnknownCommits
from leakscan.finding import Gap
from leakscan.git.objects import contents
from leakscan.git.parse import parse_tag
from leakscan.git.ranges import reachable_commits
from leakscan.git.refs import shallow_commits
from leakscan.git.repository import Repository

_REMOTE = "refs/remotes/origin/"


@dataclass(frozen=True, slots=True)
class Base:
    """The commit that was there before an event, None where all history is new, and why it is this one."""

    commit: str | None
    why: str


@dataclass(frozen=True, slots=True)
class NewCommits:
    """What an event brings, parents before children.

    ``tags`` are annotated tags, which have a message of their own; ``skipped`` is what the clone has not.
    """

    base: Base
    head: str
    commits: tuple[str, ...]
    tags: tuple[str, ...] = ()
    skipped: tuple[Gap, ...] = ()


def new_commits(repository: Repository, event: Event) -> NewCommits:
    """The commits that the event brings.

    Raises UnknownCommits where the clone does not hold enough to say so.
    """
    head = _commit(repository, event.head)
    if head is None:
        mend = event.deepen if repository.is_shallow else "check out the commit that is to be scanned"
        raise UnknownCommits(f"this clone has no commit {event.head}, the newest of the {event.kind}: {mend}")
    base = base_commit(repository, event, head)
    commits = reachable_commits(repository, head, base.commit)
    # A wrong answer for lack of history always takes in a commit at which that was cut off.
    if repository.is_shallow and not shallow_commits(repository).isdisjoint(commits):
        raise UnknownCommits(
            f"this clone is shallow, so it cannot be said which commits are new: {event.deepen}"
        )
    if event.kind != "tag":
        return NewCommits(base, head, tuple(commits))
    tag = repository.git.attempt("rev-parse", "--verify", "--quiet", f"refs/tags/{event.ref}")
    if tag.code != 0:
        lost = Gap(f"the message of tag {event.ref}", "this clone has not the tag itself: fetch tags as well")
        return NewCommits(base, head, tuple(commits), skipped=(lost,))
    tags = _annotated(repository, tag.output.decode("ascii").strip())
    return NewCommits(base, head, tuple(commits), tuple(tags))


def _annotated(repository: Repository, oid: str) -> Iterator[str]:
    """A tag object, and whatever tags that tags; nothing where the tag is only a name."""
    while oid and (found := [*contents(repository.git, [oid], [])]) and found[0].kind == "tag":
        yield oid
        oid = parse_tag(found[0].content)


def base_commit(repository: Repository, event: Event, head: str) -> Base:
    """The commit that was there before the event: its configuration and baseline are the ones that count.

    ``head`` is the event's newest commit. Raises UnknownCommits where a merge request's target is not here.
    """
    for revision in event.bases:
        found = _commit(repository, revision)
        if found is not None:
            return Base(found, _why(repository, event, revision, found, head))
    if event.kind == "merge request" or event.needs_base:
        given = "correct" if event.needs_base else "give"
        mend = event.deepen if repository.is_shallow else f"fetch it before leakscan, or {given} --base"
        wanted = " or ".join(event.bases) or "the target branch"
        raise UnknownCommits(f"this clone has no commit {wanted}, which was there before: {mend}")
    if event.bases and repository.is_shallow:
        raise UnknownCommits(
            f"this clone has not the commit before the push, {event.bases[0]}: {event.deepen}"
        )
    lost = "the old tip is gone (forced push); " if event.bases else ""
    default = _default_branch(repository, event)
    if default is None:
        return Base(None, f"{lost}no default branch is known here, so all history is new")
    tip = _commit(repository, _REMOTE + default)
    if tip is None or (event.ref == default and event.kind != "tag"):
        return Base(None, f"{lost}nothing says what was there before on {default}, so all history is new")
    if not event.ref and event.kind != "tag" and not reachable_commits(repository, head, tip):
        return Base(None, f"nothing says what was there before {head[:10]}, so all history is new")
    return Base(tip, f"{lost}what {default} does not have is new")


def _why(repository: Repository, event: Event, revision: str, base: str, head: str) -> str:
    if event.kind == "merge request":
        return "what the target branch does not have is new"
    if reachable_commits(repository, base, head):
        return "forced push: what the old tip does not have is new"
    return f"what came after {revision[:10] if revision.startswith(base) else revision} is new"


def _default_branch(repository: Repository, event: Event) -> str | None:
    if event.default:
        return event.default
    answer = repository.git.attempt("symbolic-ref", "--quiet", f"{_REMOTE}HEAD")
    if answer.code == 0:
        return answer.output.decode("utf-8", "replace").strip().removeprefix(_REMOTE)
    names = ("main", "master")
    return next((name for name in names if _commit(repository, _REMOTE + name) is not None), None)


def _commit(repository: Repository, revision: str) -> str | None:
    if revision.startswith("-"):
        return None
    answer = repository.git.attempt("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    return answer.output.decode("ascii").strip() if answer.code == 0 else None
