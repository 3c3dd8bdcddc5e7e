"""Where a pipeline runs and why, from the variables that each platform documents."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from leakscan.ci.interface import Event, Kind, UnknownCommits

Environment = Mapping[str, str]


def detect_event(environ: Environment) -> Event:
    """The event that this environment tells of; of plain git where no platform is recognised.

    Raises UnknownCommits where a platform's own record of the event cannot be read.
    """
    for variable, platform in _PLATFORMS.items():
        if environ.get(variable):
            return platform(environ)
    if environ.get("PIPELINE_ID") and environ.get("CI_COMMIT_SHA"):
        return _alibaba_flow(environ)
    return Event("plain git", "run", "", "HEAD")


def _github(environ: Environment) -> Event:
    """https://docs.github.com/actions/reference/workflows-and-actions/variables"""
    record = _record(environ.get("GITHUB_EVENT_PATH", ""))
    deepen = "give actions/checkout 'with: fetch-depth: 0'"
    default = _at(record, "repository", "default_branch") or None
    head, ref = environ.get("GITHUB_SHA") or "HEAD", environ.get("GITHUB_REF_NAME", "")
    kind: Kind = "tag" if environ.get("GITHUB_REF_TYPE") == "tag" else "run"
    bases: tuple[str, ...] = ()
    if "pull_request" in record:
        kind, head = "merge request", _at(record, "pull_request", "head", "sha") or "HEAD"
        bases = (_at(record, "pull_request", "base", "sha"), _remote(environ.get("GITHUB_BASE_REF")))
    elif "merge_group" in record:
        kind, head = "merge request", _at(record, "merge_group", "head_sha") or head
        bases = (_at(record, "merge_group", "base_sha"),)
    elif environ.get("GITHUB_EVENT_NAME") == "push":
        gone = record.get("deleted") is True
        kind = "deletion" if gone else "tag" if kind == "tag" else "push"
        bases = (_at(record, "before"),) if kind == "push" else ()
    return Event("GitHub Actions", kind, ref, head, _given(*bases), default, deepen=deepen)


def _gitlab(environ: Environment) -> Event:
    """https://docs.gitlab.com/ci/variables/predefined_variables/"""
    deepen = "set the variable GIT_DEPTH: 0 in .gitlab-ci.yml"
    default, head = environ.get("CI_DEFAULT_BRANCH"), environ.get("CI_COMMIT_SHA") or "HEAD"
    ref = environ.get("CI_COMMIT_REF_NAME", "")
    if environ.get("CI_MERGE_REQUEST_IID"):
        bases = _given(
            environ.get("CI_MERGE_REQUEST_DIFF_BASE_SHA"),
            _remote(environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")),
        )
        head = environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or head
        return Event("GitLab CI", "merge request", ref, head, bases, default, deepen=deepen)
    if environ.get("CI_COMMIT_TAG"):
        return Event("GitLab CI", "tag", ref, head, (), default, deepen=deepen)
    bases = _given(environ.get("CI_COMMIT_BEFORE_SHA"))
    return Event("GitLab CI", "push" if bases else "run", ref, head, bases, default, deepen=deepen)


def _jenkins(environ: Environment) -> Event:
    """https://plugins.jenkins.io/git/ and the multibranch variables of the pipeline plugins.

    The last successful build's commit is the base: the build after a red one looks at its commits again.
    """
    deepen = "switch 'shallow clone' off in the job's git settings"
    head = environ.get("GIT_COMMIT") or "HEAD"
    ref = environ.get("BRANCH_NAME") or environ.get("GIT_BRANCH", "").removeprefix("origin/")
    if environ.get("CHANGE_ID"):
        bases = _given(_remote(environ.get("CHANGE_TARGET")))
        return Event("Jenkins", "merge request", ref, head, bases, deepen=deepen)
    if environ.get("TAG_NAME"):
        return Event("Jenkins", "tag", environ["TAG_NAME"], head, (), deepen=deepen)
    bases = _given(environ.get("GIT_PREVIOUS_SUCCESSFUL_COMMIT"))
    return Event("Jenkins", "push", ref, head, bases, deepen=deepen)


def _bitbucket(environ: Environment) -> Event:
    """https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/"""
    deepen = "set 'clone: depth: full' in bitbucket-pipelines.yml"
    head = environ.get("BITBUCKET_COMMIT") or "HEAD"
    ref = environ.get("BITBUCKET_TAG") or environ.get("BITBUCKET_BRANCH", "")
    kind: Kind = "tag" if environ.get("BITBUCKET_TAG") else "push"
    bases: tuple[str, ...] = ()
    if environ.get("BITBUCKET_PR_ID"):
        kind = "merge request"
        bases = _given(
            environ.get("BITBUCKET_PR_DESTINATION_COMMIT"),
            _remote(environ.get("BITBUCKET_PR_DESTINATION_BRANCH")),
        )
    return Event("Bitbucket Pipelines", kind, ref, head, bases, deepen=deepen)


def _azure(environ: Environment) -> Event:
    """https://learn.microsoft.com/azure/devops/pipelines/build/variables"""
    deepen = "give the checkout step 'fetchDepth: 0'"
    source, head = environ.get("BUILD_SOURCEBRANCH", ""), environ.get("BUILD_SOURCEVERSION") or "HEAD"
    kind: Kind = "tag" if source.startswith("refs/tags/") else "push"
    bases: tuple[str, ...] = ()
    target = environ.get("SYSTEM_PULLREQUEST_TARGETBRANCH")
    if target:
        kind, bases = "merge request", _given(_remote(target))
        head = environ.get("SYSTEM_PULLREQUEST_SOURCECOMMITID") or head
    return Event("Azure Pipelines", kind, _short(source), head, bases, deepen=deepen)


def _circleci(environ: Environment) -> Event:
    """https://circleci.com/docs/reference/variables/ (what was there before is no variable, but a value)"""
    deepen = "give the checkout step 'method: full'"
    head, tag = environ.get("CIRCLE_SHA1") or "HEAD", environ.get("CIRCLE_TAG", "")
    kind: Kind = "tag" if tag else "push"
    return Event("CircleCI", kind, tag or environ.get("CIRCLE_BRANCH", ""), head, (), deepen=deepen)


def _travis(environ: Environment) -> Event:
    """https://docs.travis-ci.com/user/environment-variables/"""
    deepen = "set 'git: depth: false' in .travis.yml"
    head, branch = environ.get("TRAVIS_COMMIT") or "HEAD", environ.get("TRAVIS_BRANCH", "")
    if environ.get("TRAVIS_PULL_REQUEST", "false") != "false":
        head = environ.get("TRAVIS_PULL_REQUEST_SHA") or head
        # The range's left end first: Travis fetches no other branch than the one that it builds.
        bases = _given(_left(environ), _remote(branch), branch)
        return Event("Travis CI", "merge request", branch, head, bases, deepen=deepen)
    if environ.get("TRAVIS_TAG"):
        return Event("Travis CI", "tag", environ["TRAVIS_TAG"], head, (), deepen=deepen)
    return Event("Travis CI", "push", branch, head, _given(_left(environ)), deepen=deepen)


def _alibaba_flow(environ: Environment) -> Event:
    """https://help.aliyun.com/zh/yunxiao/user-guide/environment-variables"""
    deepen = "set the clone depth of the code source to the whole history"
    ref = environ.get("CI_COMMIT_REF_NAME", "")
    return Event("Alibaba Cloud Flow", "push", ref, environ["CI_COMMIT_SHA"], (), deepen=deepen)


# The variable that each platform sets on all its runs. A Jenkins may run behind a GitLab, never inside one.
_PLATFORMS: dict[str, Callable[[Environment], Event]] = {
    "GITHUB_ACTIONS": _github,
    "GITLAB_CI": _gitlab,
    "JENKINS_URL": _jenkins,
    "BITBUCKET_BUILD_NUMBER": _bitbucket,
    "TF_BUILD": _azure,
    "CIRCLECI": _circleci,
    "TRAVIS": _travis,
}


def _record(path: str) -> dict[str, Any]:
    """GitHub's account of the event, which holds the commits that no variable does."""
    try:
        record = json.loads(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no JSON"
        raise UnknownCommits(f"GITHUB_EVENT_PATH ({path}) cannot be read: {why} (or give --base)") from None
    return record if isinstance(record, dict) else {}


def _at(record: object, *keys: str) -> str:
    for key in keys:
        record = record.get(key) if isinstance(record, dict) else None
    return record if isinstance(record, str) else ""


def _given(*revisions: str | None) -> tuple[str, ...]:
    """Those that are there; zeros mean that nothing was there before."""
    return tuple(revision for revision in revisions if revision and revision.strip("0"))


def _short(ref: str) -> str:
    return ref.removeprefix("refs/heads/").removeprefix("refs/tags/")


def _remote(branch: str | None) -> str:
    return f"refs/remotes/origin/{_short(branch)}" if branch else ""


def _left(environ: Environment) -> str:
    return environ.get("TRAVIS_COMMIT_RANGE", "").partition("...")[0]
