"""The commits of a range such as ``main..HEAD``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from leakscan.errors import UsageError
from leakscan.finding import Gap
from leakscan.git.graph import CommitGraph, read_graph
from leakscan.git.objects import contents, kinds
from leakscan.git.refs import shallow_commits
from leakscan.git.repository import Repository


def range_commits(repository: Repository, range_: str) -> list[str]:
    """The commits that ``A..B`` (or ``A...B``) names, parents before children.

    A UsageError with the mend if it is no range, or if one of its ends is unknown here.
    """
    left, dots, right = _ends(range_)
    first, last = _known(repository, left, range_), _known(repository, right, range_)
    answer = repository.git.attempt("rev-list", "--reverse", "--topo-order", f"{first}{dots}{last}", "--")
    if answer.code == 0:
        return answer.output.decode("ascii").split()
    # Git dies at a missing commit; the graph goes around it, and rather takes in too much.
    graph = read_graph(repository, [])
    old, new = graph.reachable([first]), graph.reachable([last])
    return _ordered(graph, old ^ new if dots == "..." else new - old)


def reachable_commits(repository: Repository, head: str, base: str | None = None) -> list[str]:
    """The commits that ``head`` reaches and ``base`` does not, parents before children; both are ids."""
    known = [f"^{base}"] if base else []
    answer = repository.git.attempt("rev-list", "--reverse", "--topo-order", head, *known, "--")
    if answer.code == 0:
        return answer.output.decode("ascii").split()
    graph = read_graph(repository, [])  # around what is missing, as above
    return _ordered(graph, graph.reachable([head]) - (graph.reachable([base]) if base else set()))


def _ordered(graph: CommitGraph, commits: Iterable[int]) -> list[str]:
    return [graph.oid(number) for number in graph.oldest_first(commits)]


def fork_point(repository: Repository, base: str, head: str) -> str | None:
    """The commit where the history of ``head`` left that of ``base``; None where they have none in common."""
    answer = repository.git.attempt("merge-base", base, head)
    return answer.output.decode("ascii").split()[0] if answer.code == 0 else None


def recent_commits(repository: Repository, branch: str | None, since: int | None) -> list[str]:
    """The commits of a branch (of all branches, tags and stashes, if it is None), since a Unix time.

    The date of the committer counts, of each commit by itself: one with a wrong clock hides no others.
    Raises UsageError for a branch that is not there.
    """
    tips = ["--all", "HEAD"] if branch is None else [_branch(repository, branch)]
    if branch is None and repository.head is None:
        tips.remove("HEAD")
    answer = repository.git.attempt("rev-list", "--reverse", "--topo-order", "--timestamp", *tips, "--")
    if answer.code == 0:
        dated = [line.split() for line in answer.output.decode("ascii").splitlines()]
        return [oid for date, oid in dated if since is None or int(date) >= since]
    graph = read_graph(repository, [])  # around what is missing, as above
    found = range(len(graph)) if branch is None else graph.reachable(tips)
    dates = graph.dates()
    return _ordered(graph, (number for number in found if since is None or dates[number] >= since))


def _branch(repository: Repository, name: str) -> str:
    for place in ("refs/heads/", "refs/remotes/origin/", "refs/remotes/", "refs/tags/", "refs/"):
        answer = repository.git.attempt("rev-parse", "--verify", "--quiet", f"{place}{name}^{{commit}}")
        if answer.code == 0:
            return answer.output.decode("ascii").strip()
    raise UsageError(f"{repository.name} has no branch '{name}': check its spelling, or fetch it")


def range_graph(repository: Repository, commits: Sequence[str], gaps: list[Gap]) -> CommitGraph:
    """These commits and their parents outside; where a parent is missing, more is new than should be."""
    graph = CommitGraph()
    for oid, kind, content in contents(repository.git, commits, gaps):
        graph.add(oid, kind, content)
    inside = range(len(graph))
    outside = {parent for number in inside for parent in graph.absent_parents(number)}
    present = sorted(kinds(repository.git, sorted(outside)))
    for oid, kind, content in contents(repository.git, present, gaps):
        graph.add(oid, kind, content)
    shallow = shallow_commits(repository)
    for number in inside:
        if graph.absent_parents(number):
            oid = graph.oid(number)
            mend = "shallow clone: run 'git fetch --unshallow'" if oid in shallow else "a parent is missing"
            gaps.append(Gap(f"history before {oid}", f"{mend}; all files of this commit count as new"))
    return graph


def _ends(range_: str) -> tuple[str, str, str]:
    dots = "..." if "..." in range_ else ".."
    left, found, right = range_.partition(dots)
    if not found or (not left and not right):
        raise UsageError(f"'{range_}' is no range: write it as A..B, such as origin/main..HEAD")
    if range_.startswith("-") or right.startswith("-"):
        raise UsageError(f"'{range_}' is no range: a revision does not begin with '-'")
    return left or "HEAD", dots, right or "HEAD"


def _known(repository: Repository, end: str, range_: str) -> str:
    answer = repository.git.attempt("rev-parse", "--verify", "--quiet", f"{end}^{{commit}}")
    if answer.code == 0:
        return answer.output.decode("ascii").strip()
    mend = "check its spelling, or fetch it"
    if repository.is_shallow:
        mend = "this clone is shallow; run 'git fetch --unshallow', or check out with full depth in CI"
    raise UsageError(f"'{end}' in range '{range_}' is no commit that {repository.name} has: {mend}")
