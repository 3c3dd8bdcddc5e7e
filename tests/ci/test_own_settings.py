"""Whose settings count in ``leakscan ci``: those of the base; what a request changes is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from leakscan.ci.changes import AT_ONCE, LATER
from tests.builders import Repo, clone, new_repository
from tests.ci.test_ci import ZEROS, ci
from tests.cli.test_scan import leak, leakscan

RULE = "gitlab-personal-access-token"
MARK = "leakscan" + ":ignore"  # in two parts, so that this file has no marks of its own


class Request:
    """A merge request: a target branch, and what is to come to it."""

    def __init__(self, folder: Path) -> None:
        self.repo = new_repository(folder / "repo")
        self.base = self.repo.commit({"README": "hello\n"})

    def target(self, files: dict[str, str]) -> None:
        self.base = self.repo.commit(files)

    def run(self, *options: str, **variables: str) -> tuple[int, dict[str, Any], str]:
        """The exit code, the result, and all that was said."""
        request = {
            "GITLAB_CI": "true",
            "CI_MERGE_REQUEST_IID": "7",
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": self.base,
            "CI_COMMIT_SHA": self.repo.oid("HEAD"),
        }
        done = ci(self.repo, "--output", "json=../r.json", *options, **(request | variables))
        file = self.repo.path.parent / "r.json"
        return (
            done.returncode,
            json.loads(file.read_text()) if file.exists() else {},
            done.stdout + done.stderr,
        )


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    return Request(tmp_path)


def test_a_request_cannot_switch_its_own_check_off(request_: Request) -> None:
    line, token = leak()
    settings = "min_confidence: 1\nfail_on: critical\nexclude: ['*']\nallow: [{values: ['^gl']}]\n"
    request_.repo.commit({"app.py": line, "leakscan.yaml": settings})
    code, result, told = request_.run()
    assert code == 1
    assert "settings: min_confidence becomes 1.0 instead of 0.5, so that less counts" in told
    assert "settings: fail_on becomes critical instead of info, so that less counts" in told
    assert "settings: exclude: + *" in told
    assert "settings: allow: + values: ^gl" in told
    assert {warning["why"] for warning in result["scan"]["warnings"]} == {LATER}
    assert "settings" not in result["scan"]
    assert token not in told


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("leakscan.yaml", "allow: [{paths: [tests/], reason: made up}]\n"),
        ("pyproject.toml", "[[tool.leakscan.allow]]\npaths = ['tests/']\nreason = 'made up'\n"),
    ],
)
def test_the_settings_of_the_base_count(request_: Request, name: str, text: str) -> None:
    request_.target({name: text})
    request_.repo.commit({"tests/app.py": leak()[0], name: text.replace("tests/", "src/")})
    code, result, told = request_.run()
    assert code == 0, told
    base = request_.base[:10]
    assert result["scan"]["settings"] == [f"{base}:{name}"]
    assert result["findings"][0]["suppression"]["source"].startswith(f"{base}:{name}:")
    assert f"settings: {base}:{name}" in told
    assert "settings: allow: - paths: tests/ (made up)" in told
    assert "settings: allow: + paths: src/ (made up)" in told


def test_what_the_target_changed_meanwhile_is_no_change_of_the_request(request_: Request) -> None:
    request_.repo.git("switch", "--quiet", "-c", "topic")
    request_.repo.commit({"tests/app.py": leak()[0]})
    request_.repo.git("switch", "--quiet", "main")
    request_.target({"leakscan.yaml": "exclude: [tests/]\n", "marked.py": f"x = 1  # {MARK} why\n"})
    request_.repo.git("switch", "--quiet", "topic")
    code, result, told = request_.run()
    assert (code, "changed here" in told, "warnings" in result["scan"]) == (0, False, False)


def test_the_baseline_of_the_base_counts_and_not_what_is_added_to_it(request_: Request) -> None:
    known, new = leak()[0], leak()[0]
    request_.target({"app.py": known})
    assert leakscan("baseline", "create", str(request_.repo.path)).returncode == 0
    request_.repo.git("add", ".")
    request_.target({"app.py": "x = 1\n"})
    request_.repo.commit({"app.py": known})
    code, result, _ = request_.run()
    assert code == 0
    source = f"{request_.base[:10]}:leakscan-baseline.json"
    assert result["findings"][0]["suppression"]["source"] == source
    request_.repo.commit({"new.py": new})
    assert leakscan("baseline", "update", str(request_.repo.path)).returncode == 0
    request_.repo.git("add", ".")
    request_.repo.commit()
    code, _, told = request_.run()
    assert code == 1
    assert f"leakscan-baseline.json: + 1 known of rule {RULE}" in told
    assert request_.run("--baseline", "leakscan-baseline.json")[0] == 0


def test_marks_that_are_added_are_listed(request_: Request) -> None:
    request_.target({"old.py": f"x = 1  # {MARK}[{RULE}] an old mark\n"})
    line, token = leak()
    reason_line, reason = leak()
    request_.repo.git("mv", "old.py", "moved.py")
    request_.repo.commit(
        {
            "app.py": f"\n{line.rstrip()}  # {MARK}[{RULE}] a demo\n",
            "doc.py": f"# {MARK} like {reason_line}",
        }
    )
    code, result, told = request_.run()
    assert f"{AT_ONCE}:\n" in told
    assert f"  app.py:2: leakscan:ignore[{RULE}] a demo" in told
    assert "doc.py:1: leakscan:ignore like" in told
    assert "old mark" not in told
    assert token not in told
    assert reason not in told + json.dumps(result["scan"])
    assert (code, {finding["state"] for finding in result["findings"]}) == (0, {"ignored"})


def test_rule_files_are_those_of_the_base(request_: Request) -> None:
    rules = "rules:\n  - {id: gitlab-personal-access-token, severity: low}\n"
    off = "rules:\n  - {id: gitlab-personal-access-token, enabled: false}\n"
    request_.target({"leakscan.yaml": "rules: [ci/own.yaml]\n", "ci/own.yaml": rules})
    request_.repo.commit({"ci/own.yaml": off, "app.py": leak()[0]})
    code, result, told = request_.run()
    assert code == 1
    assert result["findings"][0]["severity"] == "low"
    assert "ci/own.yaml has another content" in told


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("min_confidence: high\n", "leakscan.yaml:1: expected a number"),
        ("rules: [gone.yaml]\n", "has no gone.yaml"),
        ("rules: [../elsewhere.yaml]\n", "it lies outside the repository"),
        ("rules: [README]\n", ":README:1: "),
    ],
)
def test_a_mistake_in_the_settings_of_the_base_is_named_as_of_that_commit(
    request_: Request, text: str, complaint: str
) -> None:
    request_.target({"leakscan.yaml": text})
    request_.repo.commit({"app.py": "x = 1\n"})
    code, _, told = request_.run()
    assert code == 2
    assert complaint in told
    assert request_.base[:10] in told
    assert "/tmp" not in told


def test_a_mistake_in_the_settings_that_come_is_shown_and_the_scan_goes_on(request_: Request) -> None:
    request_.repo.commit({"leakscan.yaml": "min_confidence: high\n", "app.py": leak()[0]})
    code, _, told = request_.run()
    assert code == 1
    assert "what is changed about them cannot be said" in told
    assert "leakscan.yaml:1: expected a number" in told


def test_the_files_that_another_tool_is_honoured_for_are_those_of_the_base(request_: Request) -> None:
    request_.target(
        {"leakscan.yaml": "honour: [gitleaks]\n", ".gitleaks.toml": "[allowlist]\npaths = ['tests/']\n"}
    )
    request_.repo.commit({"tests/app.py": leak()[0]})
    assert request_.run()[0] == 0
    request_.repo.commit(
        {
            ".gitleaks.toml": "[allowlist]\npaths = ['src/']\n",
            "src/app.py": leak()[0],
            "b.py": "x = 1 # gitleaks:allow\n",
        }
    )
    code, _, told = request_.run()
    assert code == 1
    assert ".gitleaks.toml has another content" in told
    assert "b.py:1: gitleaks:allow" in told


def test_without_a_commit_before_the_repository_has_no_say(request_: Request) -> None:
    request_.repo.commit({"leakscan.yaml": "exclude: ['*']\n", "app.py": leak()[0]})
    first = {"CI_MERGE_REQUEST_IID": "", "CI_COMMIT_BEFORE_SHA": ZEROS}
    code, result, told = request_.run(**first)
    assert code == 1
    assert "the repository's leakscan.yaml does not count: no commit was there before" in told
    assert "the repository's leakscan.yaml" in [gap["what"] for gap in result["scan"]["skipped"]]


def test_what_the_user_names_wins(request_: Request) -> None:
    request_.target({"leakscan.yaml": "fail_on: critical\n"})
    request_.repo.commit({"app.py": leak()[0], "leakscan.yaml": "exclude: ['*.py']\n"})
    (request_.repo.path.parent / "mine.yaml").write_text("exclude: ['*.py']\n")
    assert request_.run("--config", "../mine.yaml")[0] == 0
    assert request_.run("--exclude", "app.py")[0] == 0
    assert request_.run()[0] == 1


@pytest.mark.parametrize("nested", [False, True])
def test_the_message_of_a_tag_is_read(request_: Request, nested: bool) -> None:
    line, token = leak()
    request_.repo.git("tag", "-a", "inner" if nested else "v1", "-m", f"release\n\n{line}")
    if nested:
        request_.repo.git("tag", "-a", "v1", "-m", "again", "inner")
    copy = clone(request_.repo, request_.repo.path.parent / "clone")
    variables = {
        "GITLAB_CI": "true",
        "CI_COMMIT_TAG": "v1",
        "CI_COMMIT_REF_NAME": "v1",
        "CI_DEFAULT_BRANCH": "main",
    }
    done = ci(copy, "--output", "json=r.json", CI_COMMIT_SHA=request_.base, **variables)
    assert done.returncode == 1, done.stderr
    assert "0 new commits and the tag's message" in done.stdout
    assert token not in done.stdout
    (finding,) = json.loads((copy.path / "r.json").read_text())["findings"]
    assert finding["locations"][0]["where"] == "message"
    assert finding["locations"][0]["path"] == f"refs/tags/{'inner' if nested else 'v1'}"
    copy.git("tag", "-d", "v1")
    done = ci(copy, CI_COMMIT_SHA=request_.base, **variables)
    assert "the message of tag v1: this clone has not the tag itself" in " ".join(done.stdout.split())


def test_a_summary_shows_reviewers_what_changes(request_: Request, tmp_path: Path) -> None:
    base = request_.base
    head = request_.repo.commit({"leakscan.yaml": "exclude: ['<b>*']\n"})
    event, summary = tmp_path / "event.json", tmp_path / "summary.md"
    event.write_text(json.dumps({"pull_request": {"base": {"sha": base}, "head": {"sha": head}}}))
    variables = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(event),
    }
    done = ci(request_.repo, GITHUB_STEP_SUMMARY=str(summary), **variables)
    assert done.returncode == 0, done.stderr
    assert "changed here" in summary.read_text()
    assert "exclude" in summary.read_text()
    assert "<b>" not in summary.read_text()


def test_a_folder_of_rules_and_links_in_it(request_: Request) -> None:
    repo: Repo = request_.repo
    (repo.path / "link.yaml").symlink_to("/etc/passwd")
    repo.git("add", "link.yaml")
    request_.target(
        {"leakscan.yaml": "rules: [rules]\n", "rules/a.yaml": f"rules: [{{id: {RULE}, severity: low}}]\n"}
    )
    repo.commit({"app.py": leak()[0]})
    code, result, told = request_.run()
    assert (code, result["findings"][0]["severity"]) == (1, "low"), told
    request_.target({"leakscan.yaml": "rules: [link.yaml]\n"})
    assert "has no link.yaml" in request_.run()[2]


def test_settings_of_the_base_that_are_lost_are_never_clean(request_: Request) -> None:
    request_.target({"leakscan.yaml": "fail_on: high\n"})
    request_.repo.lose(request_.repo.oid("HEAD:leakscan.yaml"))
    request_.repo.git("rm", "--quiet", "leakscan.yaml")
    request_.repo.commit({"app.py": "x = 1\n"})
    code, _, told = request_.run()
    assert (code, "leakscan.yaml of commit" in told) == (3, True), told
