"""``leakscan ci`` on real repositories, with the variables that each platform documents."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import Repo, clone, new_repository
from tests.cli.test_scan import leak

ZEROS = "0" * 40
# Whatever pipeline runs these tests must not be taken for the one that is tested.
FOREIGN = ("CI", "GITHUB", "JENKINS", "BITBUCKET", "TF_", "TRAVIS", "CIRCLE", "BUILD_", "SYSTEM_", "PIPELINE")


def ci(repo: Repo, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return subprocess.run(
        [sys.executable, "-m", "leakscan", "ci", *arguments],
        cwd=repo.path,
        env={**kept, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


class Project:
    """A clone, as a pipeline has it: main with an old leak, and a branch with a new one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.upstream = new_repository(folder / "upstream")
        old, self.old = leak()
        new, self.new = leak()
        self.root = self.upstream.commit({"README": "hello\n", "old.py": old})
        self.main = self.upstream.commit({"main.py": "x = 1\n"})
        self.upstream.git("switch", "--quiet", "-c", "topic")
        self.first = self.upstream.commit({"topic.py": "y = 1\n"})
        self.head = self.upstream.commit({"topic.py": "y = 1\n" + new})
        self.last = self.upstream.commit({"topic.py": "y = 2\n"})
        self.repo = clone(self.upstream, folder / "clone")
        self.repo.git("remote", "set-head", "origin", "main")

    def event(self, record: object) -> str:
        file = self.folder / "event.json"
        file.write_text(json.dumps(record))
        return str(file)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def github(project: Project, event: str, record: object, **variables: str) -> dict[str, str]:
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": event,
        "GITHUB_EVENT_PATH": project.event(record),
        "GITHUB_SHA": project.last,
        "GITHUB_REF_NAME": "topic",
        "GITHUB_REF_TYPE": "branch",
        **variables,
    }


def merge_requests(project: Project) -> dict[str, dict[str, str]]:
    shas = {"base": {"sha": project.main}, "head": {"sha": project.last}}
    return {
        "GitHub Actions": github(project, "pull_request", {"pull_request": shas}, GITHUB_BASE_REF="main"),
        "GitLab CI": {
            "GITLAB_CI": "true",
            "CI_MERGE_REQUEST_IID": "7",
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": project.main,
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
            "CI_COMMIT_BEFORE_SHA": ZEROS,
            "CI_COMMIT_SHA": project.last,
        },
        "Jenkins": {
            "JENKINS_URL": "https://jenkins.example.com/",
            "CHANGE_ID": "7",
            "CHANGE_TARGET": "main",
            "BRANCH_NAME": "PR-7",
            "GIT_COMMIT": project.last,
        },
        "Bitbucket Pipelines": {
            "BITBUCKET_BUILD_NUMBER": "7",
            "BITBUCKET_PR_ID": "7",
            "BITBUCKET_PR_DESTINATION_BRANCH": "main",
            "BITBUCKET_COMMIT": project.last,
        },
        "Azure Pipelines": {
            "TF_BUILD": "True",
            "BUILD_REASON": "PullRequest",
            "BUILD_SOURCEBRANCH": "refs/pull/7/merge",
            "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main",
            "SYSTEM_PULLREQUEST_SOURCECOMMITID": project.last,
        },
        "CircleCI": {"CIRCLECI": "true", "CIRCLE_SHA1": project.last, "CIRCLE_BRANCH": "topic"},
        "Travis CI": {
            "TRAVIS": "true",
            "TRAVIS_PULL_REQUEST": "7",
            "TRAVIS_PULL_REQUEST_SHA": project.last,
            "TRAVIS_BRANCH": "main",
            "TRAVIS_COMMIT_RANGE": f"{project.main}...{project.last}",
        },
        "Alibaba Cloud Flow": {
            "PIPELINE_ID": "7",
            "BUILD_NUMBER": "1",
            "CI_COMMIT_REF_NAME": "topic",
            "CI_COMMIT_SHA": project.last,
        },
        "plain git": {},
    }


@pytest.mark.parametrize(
    "platform",
    [
        "GitHub Actions",
        "GitLab CI",
        "Jenkins",
        "Bitbucket Pipelines",
        "Azure Pipelines",
        "CircleCI",
        "Travis CI",
        "Alibaba Cloud Flow",
        "plain git",
    ],
)
def test_a_change_is_scanned_on_each_platform_and_nothing_older(project: Project, platform: str) -> None:
    done = ci(project.repo, "--output", "json=r.json", **merge_requests(project)[platform])
    assert done.returncode == 1, done.stdout + done.stderr
    first, range_, why = done.stdout.splitlines()[:3]
    assert platform in first
    assert f"{project.main[:10]}..{project.last[:10]}, 3 new commits" in range_
    assert why.startswith("why: ")
    result = json.loads((project.repo.path / "r.json").read_text())
    places = [place for finding in result["findings"] for place in finding["locations"]]
    assert [(place["path"], place["commit"]) for place in places] == [("topic.py", project.head)]
    assert project.new not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("platform", "called"),
    [("GitHub Actions", "pull request"), ("GitLab CI", "merge request"), ("Azure Pipelines", "pull request")],
)
def test_a_request_is_called_as_the_platform_calls_it(project: Project, platform: str, called: str) -> None:
    done = ci(project.repo, **merge_requests(project)[platform])
    assert done.stdout.startswith(f"leakscan ci: {platform}, {called}")


def pushes(project: Project, before: str, after: str) -> dict[str, dict[str, str]]:
    record = {"before": before, "after": after, "repository": {"default_branch": "main"}}
    return {
        "GitHub Actions": github(project, "push", record, GITHUB_SHA=after),
        "GitLab CI": {
            "GITLAB_CI": "true",
            "CI_COMMIT_BEFORE_SHA": before,
            "CI_COMMIT_SHA": after,
            "CI_COMMIT_REF_NAME": "topic",
            "CI_DEFAULT_BRANCH": "main",
        },
        "Jenkins": {
            "JENKINS_URL": "https://jenkins.example.com/",
            "GIT_COMMIT": after,
            "GIT_BRANCH": "origin/topic",
            "GIT_PREVIOUS_SUCCESSFUL_COMMIT": before.strip("0") and before,
        },
        "Travis CI": {
            "TRAVIS": "true",
            "TRAVIS_PULL_REQUEST": "false",
            "TRAVIS_BRANCH": "topic",
            "TRAVIS_COMMIT": after,
            "TRAVIS_COMMIT_RANGE": f"{before}...{after}" if before.strip("0") else "",
        },
    }


PUSHING = ["GitHub Actions", "GitLab CI", "Jenkins", "Travis CI"]


@pytest.mark.parametrize("platform", PUSHING)
def test_a_push_brings_what_came_after_the_old_tip(project: Project, platform: str) -> None:
    clean = ci(project.repo, **pushes(project, project.head, project.last)[platform])
    assert clean.returncode == 0, clean.stdout + clean.stderr
    assert "1 new commit" in clean.stdout
    leaking = ci(project.repo, **pushes(project, project.first, project.last)[platform])
    assert (leaking.returncode, "2 new commits" in leaking.stdout) == (1, True)


@pytest.mark.parametrize("platform", PUSHING)
@pytest.mark.parametrize("before", [ZEROS, "ab" * 20])
def test_the_first_push_and_a_lost_old_tip_are_compared_with_the_default_branch(
    project: Project, platform: str, before: str
) -> None:
    done = ci(project.repo, **pushes(project, before, project.last)[platform])
    assert (done.returncode, "3 new commits" in done.stdout) == (1, True), done.stdout + done.stderr
    assert ("forced push" in done.stdout) == (before != ZEROS)


def test_a_forced_push_with_its_old_tip_at_hand_brings_the_rewritten_commits(project: Project) -> None:
    project.repo.git("reset", "--quiet", "--hard", project.first)
    after = project.repo.commit({"topic.py": "y = 3\n"})
    done = ci(project.repo, **pushes(project, project.last, after)["GitHub Actions"])
    assert (done.returncode, "1 new commit" in done.stdout, "forced push" in done.stdout) == (0, True, True)


def test_without_a_word_on_what_was_there_the_default_branch_is_scanned_whole(project: Project) -> None:
    variables = pushes(project, ZEROS, project.main)["GitLab CI"] | {"CI_COMMIT_REF_NAME": "main"}
    done = ci(project.repo, **variables)
    assert (done.returncode, "the beginning.." in done.stdout) == (1, True)
    assert "all history is new" in done.stdout


def test_a_tag_brings_what_the_default_branch_does_not_have(project: Project) -> None:
    tagged = {"GITLAB_CI": "true", "CI_COMMIT_TAG": "v1", "CI_DEFAULT_BRANCH": "main"}
    assert ci(project.repo, CI_COMMIT_SHA=project.last, **tagged).returncode == 1
    done = ci(project.repo, CI_COMMIT_SHA=project.main, **tagged)
    assert (done.returncode, "0 new commits" in done.stdout) == (0, True)


def test_a_deleted_branch_brings_nothing(project: Project) -> None:
    record = {"before": project.last, "after": ZEROS, "deleted": True}
    done = ci(project.repo, **github(project, "push", record))
    assert (done.returncode, "deleted" in done.stdout) == (0, True)


@pytest.mark.parametrize(
    "platform", ["GitHub Actions", "GitLab CI", "Bitbucket Pipelines", "Azure Pipelines"]
)
@pytest.mark.parametrize("depth", [1, 2])
def test_a_shallow_clone_fails_and_says_how_to_deepen_it(project: Project, platform: str, depth: int) -> None:
    shallow = clone(project.upstream, project.folder / "shallow", f"--depth={depth}", "--no-single-branch")
    done = ci(shallow, **merge_requests(project)[platform])
    assert done.returncode == 3, done.stdout
    assert "depth" in done.stderr.lower()
    assert "CLEAN" not in done.stdout


def test_a_shallow_clone_that_holds_all_that_is_new_is_enough(project: Project) -> None:
    shallow = clone(project.upstream, project.folder / "shallow", "--depth=4")
    done = ci(shallow, **merge_requests(project)["GitLab CI"])
    assert done.returncode == 1, done.stdout + done.stderr


def test_a_failure_is_shown_where_the_platform_shows_things(project: Project) -> None:
    summary = project.folder / "summary.md"
    variables = github(project, "push", {}) | {"GITHUB_EVENT_PATH": "/nowhere"}
    done = ci(project.repo, GITHUB_STEP_SUMMARY=str(summary), **variables)
    assert done.returncode == 3
    assert "::error title=leakscan failed::nothing was scanned" in done.stderr
    assert "leakscan failed" in summary.read_text()


def test_github_gets_annotations_and_a_summary(project: Project) -> None:
    summary = project.folder / "summary.md"
    summary.write_text("from the step before\n")
    done = ci(project.repo, GITHUB_STEP_SUMMARY=str(summary), **merge_requests(project)["GitHub Actions"])
    assert "::error " in done.stdout
    assert "file=topic.py,line=2" in done.stdout
    assert summary.read_text().startswith("from the step before\n")
    assert "topic.py" in summary.read_text()
    assert project.new not in done.stdout + summary.read_text()


def test_gitlab_gets_its_report_and_azure_its_issues(project: Project) -> None:
    ci(project.repo, **merge_requests(project)["GitLab CI"])
    report = json.loads((project.repo.path / "gl-secret-detection-report.json").read_text())
    assert [found["location"]["file"] for found in report["vulnerabilities"]] == ["topic.py"]
    done = ci(project.repo, **merge_requests(project)["Azure Pipelines"])
    assert "##vso[task.logissue type=error;sourcepath=topic.py;linenumber=2;" in done.stdout


def test_a_report_for_programs_has_standard_output_for_itself(project: Project) -> None:
    done = ci(project.repo, "--format", "json", **merge_requests(project)["GitHub Actions"])
    assert len(json.loads(done.stdout)["findings"]) == 1
    assert "GitHub Actions" in done.stderr


def test_only_grave_and_sure_findings_fail_where_that_is_asked_for(project: Project) -> None:
    variables = merge_requests(project)["GitLab CI"]
    assert ci(project.repo, "--fail-on", "high", **variables).returncode == 1
    (project.repo.path / "low.yaml").write_text(
        "rules:\n  - {id: gitlab-personal-access-token, severity: low}\n"
    )
    done = ci(project.repo, "--rules", "low.yaml", "--fail-on", "medium", **variables)
    assert (done.returncode, "topic.py" in done.stdout) == (0, True)


def test_the_base_can_be_given(project: Project) -> None:
    circle = merge_requests(project)["CircleCI"]
    assert ci(project.repo, "--base", project.head, **circle).returncode == 0
    assert ci(project.repo, "--base", "", **circle).returncode == 1
    assert ci(project.repo, "--base", "nowhere", **circle).returncode == 3


def test_a_missing_object_is_never_clean(project: Project) -> None:
    project.repo.git("switch", "--quiet", "-c", "lossy", project.main)
    head = project.repo.commit({"gone.txt": "nothing to see\n"})
    project.repo.lose(project.repo.oid("HEAD:gone.txt"))
    done = ci(project.repo, **pushes(project, project.main, head)["GitLab CI"])
    assert done.returncode == 3
