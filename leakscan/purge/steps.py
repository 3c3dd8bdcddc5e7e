"""A plan as people read it: what to do, in which order, why, and with which commands. It shows no secret."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from leakscan.git.refs import STASH
from leakscan.git.repository import Repository
from leakscan.purge.plan import SHORT, Elsewhere, Plan
from leakscan.report.order import ordered
from leakscan.report.redaction import Redaction, visible
from leakscan.report.words import counted

EXPRESSIONS, BLOBS, CLONE = "replacements.txt", "blobs.txt", "cleaned.git"
"""What lies in the plan's folder; the clone is made by the first command."""

_MOST = 20

_BY_HAND: dict[Elsewhere, str] = {
    "worktree": "In files of the working tree: take it out of them.",
    "index": "Staged: git restore --staged FILE, once it is out of the file.",
    "stash": "In a stash, which only this clone has: git stash list, git stash drop 'stash@{N}'",
    "reflog": "In the reflog of this clone: the commands above.",
    "dangling": "In objects of this clone that no branch or tag reaches: the commands above.",
    "inside": "In a repository inside this one: run leakscan purge-plan there.",
    "name": "In the name of a branch or tag: git push origin --delete NAME, and delete it here.",
    "header": "In the author, or another header, of these commits or tags: before step 5 run git filter-repo"
    " --mailmap FILE (its manual has the form), or delete the tag.",
}


class Origin(NamedTuple):
    """What is cloned to be rewritten: the remote ``origin`` of the repository at ``root``, or itself."""

    root: Path
    is_remote: bool
    is_bare: bool
    has_stash: bool


def origin_of(repository: Repository) -> Origin:
    return Origin(
        repository.name,
        repository.git.attempt("config", "--get", "remote.origin.url").code == 0,
        repository.is_bare,
        repository.git.attempt("rev-parse", "--verify", "--quiet", STASH).code == 0,
    )


def steps(plan: Plan, origin: Origin, folder: Path) -> str:
    """The plan for a repository, whose files have been written into ``folder``."""
    redaction = Redaction(plan.findings, reveal=False)
    lines = [*_rotate(plan), *_take_out(plan, redaction)]
    if plan.rewrites:
        lines += [*_rewrite(plan, origin, folder), *_replaced(plan, redaction), *_publish(origin)]
    else:
        lines += ["", "Nothing of it is in what a clone gets: there is no history to rewrite."]
    lines += _copies(plan, redaction)
    if plan.rewrites:
        lines += ["", "8. Delete the folder of this plan. Its files hold the secrets.", ""]
        lines += [f"   rm -rf {shlex.quote(str(folder))}"]
    return "".join(f"{visible(line)}\n" for line in lines)


def _rotate(plan: Plan) -> Iterator[str]:
    yield f"How to take {counted(len(plan.findings), 'secret')} out of a history"
    yield ""
    yield "1. Rotate first. Whoever has cloned, forked or crawled the repository has the secrets, and no"
    yield "   rewriting takes them back; it only tells others where to look. A revoked secret harms nobody,"
    yield "   wherever it stands. While you rewrite, keep the IDs of the keys: logs are searched by them."
    yield ""
    kinds: dict[str, list[str]] = {}
    for finding in ordered(plan.findings):
        said = f": {finding.advice.summary}" if finding.advice else ""
        kinds.setdefault(f"{finding.title}{said}", []).append(finding.id)
    for kind, ids in kinds.items():
        yield f"   - {kind}" if len(ids) == 1 else f"   - {len(ids)} x {kind}"


def _take_out(plan: Plan, redaction: Redaction) -> Iterator[str]:
    yield ""
    yield "2. Take the secrets out of the files of today: read them from the environment or a secret store,"
    yield "   and commit that. Else the rewrite breaks what uses them, and the next commit brings them back."
    for where in ("worktree", "index"):
        yield from _by_hand(plan, where, redaction)


def _rewrite(plan: Plan, origin: Origin, folder: Path) -> Iterator[str]:
    root = shlex.quote(str(origin.root))
    source = f'"$(git -C {root} remote get-url origin)"' if origin.is_remote else root
    yield ""
    yield "3. Have everybody push their work, and stop until step 6 is done: all commits get other ids."
    yield "   What stands only in your own clone (branches, tags) is not rewritten unless you push it first."
    yield ""
    yield "4. Rewrite a fresh clone, with git-filter-repo 2.47 or newer (pip install git-filter-repo):"
    yield ""
    yield f"   cd {shlex.quote(str(folder))}"
    yield f"   git clone --mirror --no-local -- {source} {CLONE}"
    if origin.has_stash and not origin.is_remote:  # filter-repo takes a clone with a stash for no fresh one
        yield f"   git -C {CLONE} update-ref -d {STASH}"
    command = f"   git -C {CLONE} filter-repo --sensitive-data-removal"
    if plan.texts:
        yield f"{command} \\"
        command = f"       --replace-text ../{EXPRESSIONS} --replace-message ../{EXPRESSIONS}"
    if plan.stripped:
        yield f"{command} \\"
        command = f"       --strip-blobs-with-ids ../{BLOBS}"
    yield command


def _replaced(plan: Plan, redaction: Redaction) -> Iterator[str]:
    if plan.texts:
        yield ""
        yield f"   {counted(len(plan.texts), 'text')} become ***REMOVED***, in files and messages alike."
    if short := sum(len(text) < SHORT for text in plan.texts):
        yield f"   {short:,} of them, shorter than {SHORT} characters, may stand in other words too, which"
        yield "   are then changed as well: look at the result, or take that line out of the file."
    if plan.stripped:
        paths = sorted({path for names in plan.stripped.values() for path in names})
        yield ""
        yield f"   {counted(len(plan.stripped), 'version')} of these files cannot be edited as text"
        yield "   (programs, archives, UTF-16), and commits lose them. What is still needed of them has to be"
        yield "   committed without the secret, in step 2. To drop all versions of a file, run filter-repo"
        yield "   once more in that clone, with --invert-paths --path FILE."
        yield from _listed(map(redaction.text, paths))


def _publish(origin: Origin) -> Iterator[str]:
    yield ""
    yield "5. Look at what came out, and scan it again. It must be clean:"
    yield ""
    yield f"   git -C {CLONE} log --all --stat"
    yield f"   leakscan scan {CLONE}"
    yield ""
    if not origin.is_remote and not origin.is_bare:
        yield "6. This repository has no origin. Go on in a clone of the cleaned one, and delete this one:"
        yield ""
        yield f"   git clone {CLONE} NEW-FOLDER"
        return
    yield "6. Replace the history on the server. Protected branches have to be opened for it. GitHub refuses"
    yield "   refs/pull/*, which is expected: see step 7."
    yield ""
    yield f"   git -C {CLONE} push --force --mirror origin"


def _copies(plan: Plan, redaction: Redaction) -> Iterator[str]:
    yield ""
    yield "7. Clean the copies. Each of them keeps the old history, and a push from one brings it back:"
    yield ""
    yield "   - Clones of colleagues and of CI: delete them, and clone anew. In one that must stay, once"
    yield "     all of its branches and tags are the new ones:"
    yield "     git reflog expire --expire=now --all && git gc --prune=now"
    yield "   - The server: old commits can be opened by their id, and pull or merge requests keep them,"
    yield "     until its garbage is collected. Ask its support or administrators for that. (GitHub's support"
    yield "     wants the first changed commits, which filter-repo printed; GitLab has a repository cleanup.)"
    yield "   - Forks and mirrors: only their owners can change them."
    yield "   - Caches and artefacts of CI, container images, packages, releases, backups, search indexes."
    yield "   - Signatures of rewritten commits and tags are gone; notes stand at commits that are no more."
    for where in ("stash", "reflog", "dangling", "inside", "name", "header"):
        yield from _by_hand(plan, where, redaction)


def _by_hand(plan: Plan, where: Elsewhere, redaction: Redaction) -> Iterator[str]:
    if names := plan.elsewhere.get(where):
        yield ""
        yield f"   {_BY_HAND[where]}"
        yield from _listed(map(redaction.text, names))


def _listed(names: Iterable[str]) -> Iterator[str]:
    held: Sequence[str] = list(names)
    yield from (f"     {name}" for name in held[:_MOST])
    if len(held) > _MOST:
        yield f"     and {len(held) - _MOST:,} more"
