"""The options of ``leakscan scan`` that choose commits and findings."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.builders import Repo, new_repository
from tests.cli.test_scan import leak, leakscan, scanned, values


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = new_repository(tmp_path / "repo")
    repo.commit({"README": "hello\n"})
    return repo


def test_a_branch_is_scanned_by_itself(repo: Repo) -> None:
    (here, here_token), (there, _) = leak(), leak()
    repo.commit({"main.py": here})
    repo.git("switch", "--quiet", "-c", "other")
    repo.commit({"other.py": there})
    assert values(scanned("--branch", "main", repo.path)) == {here_token}
    done = leakscan("scan", "--branch", "nowhere", repo.path)
    assert (done.returncode, "no branch 'nowhere'" in done.stderr) == (2, True)


def test_since_a_date_each_commit_counts_by_its_own_date(repo: Repo) -> None:
    (old, _), (new, new_token), (late, late_token) = leak(), leak(), leak()
    repo.commit({"old.py": old})  # at the beginning of 2024, as the builder dates it
    for content, date in ((new, "2026-01-02"), (late, "2026-01-03")):
        repo._environment["GIT_COMMITTER_DATE"] = f"{date}T00:00:00 +0000"
        repo.commit({f"{date}.py": content})
    repo._environment["GIT_COMMITTER_DATE"] = (
        "2000-01-01T00:00:00 +0000"  # a wrong clock hides nothing below it
    )
    repo.commit({"README": "bye\n"})
    assert values(scanned("--since", "2026-01-02", repo.path)) == {new_token, late_token}
    assert values(scanned("--since", "2026-01-03", "--branch", "main", repo.path)) == {late_token}
    years = int(time.time() - 1_767_400_000) // 31_536_000 + 1
    assert values(scanned("--since", f"{years}y", repo.path)) >= {new_token, late_token}


@pytest.mark.parametrize(
    ("choice", "why"),
    [
        (["--since", "2999-01-01"], "--since is in the future"),
        (["--since", "1h"], "none is so new as --since asks for"),
        (["--range", "HEAD..HEAD"], "none is in HEAD..HEAD"),
    ],
)
def test_a_choice_that_leaves_no_commit_is_told(repo: Repo, choice: list[str], why: str) -> None:
    done = leakscan("scan", *choice, repo.path)
    assert done.returncode == 0
    assert f"Warning: no commit of {repo.path} was scanned: {why}" in " ".join(done.stdout.split())
    (warning,) = scanned(*choice, repo.path, code=0)["scan"]["warnings"]
    assert warning["why"].startswith(why)


def test_in_an_empty_repository_only_gits_own_files_are_scanned(tmp_path: Path) -> None:
    empty = new_repository(tmp_path / "empty")
    (empty.path / ".git" / "description").write_text("nothing yet\n")
    assert "Scanned git's own files (" in leakscan("scan", empty.path).stdout


@pytest.mark.parametrize("arguments", [["--since", "yesterday"], ["--since", "1", "--staged"]])
def test_what_is_no_date_or_no_choice_is_an_error(repo: Repo, arguments: list[str]) -> None:
    assert leakscan("scan", *arguments, repo.path).returncode == 2
    assert leakscan("scan", "--since", "90d", "--no-history", repo.path).returncode == 2


def test_findings_are_chosen_by_rule_provider_severity_and_path(repo: Repo) -> None:
    (one, one_token), (two, two_token) = leak(), leak()
    repo.commit({"src/one.py": one, "docs/two.md": two})
    rule = "gitlab-personal-access-token"
    both = {one_token, two_token}
    assert values(scanned("--only-rule", rule, repo.path)) == both
    assert values(scanned("--provider", "gitlab", "--severity", "high", repo.path)) == both
    assert values(scanned("--path", "src/", repo.path)) == {one_token}
    result = scanned("--skip-rule", rule, repo.path, code=0)
    assert {"what": "other findings", "why": "2 left out by the filters that were given"} in result["scan"][
        "skipped"
    ]
    assert values(scanned("--provider", "GitHub", repo.path, code=0)) == set()


def test_what_stands_at_excluded_paths_is_counted_and_shown_only_when_asked_for(repo: Repo) -> None:
    (one, one_token), (two, two_token) = leak(), leak()
    repo.commit({"src/one.py": one, "docs/two.md": two})
    states = {f["secret"]["value"]: f["state"] for f in scanned("--exclude", "*.md", repo.path)["findings"]}
    assert states == {one_token: "new", two_token: "ignored"}
    shown = leakscan("scan", "--exclude", "*.md", repo.path).stdout
    assert ("src/one.py" in shown, "docs/two.md" in shown) == (True, False)
    assert "1 " in shown.partition("by an excluded path")[0].splitlines()[-1]
    shown = leakscan("scan", "--exclude", "*.md", "--show-ignored", repo.path).stdout
    assert "docs/two.md" in shown
    done = leakscan("scan", "--exclude", "*.md", "--exclude", "src/", repo.path)
    assert done.returncode == 0
    done = leakscan("scan", "--exclude-path", "*.md", repo.path)
    assert (done.returncode, "did you mean --exclude?" in done.stderr) == (2, True)


def test_a_rule_or_provider_that_does_not_exist_is_an_error(repo: Repo) -> None:
    done = leakscan("scan", "--only-rule", "gitlab-personal-acess-token", repo.path)
    assert (done.returncode, "did you mean" in done.stderr) == (2, True)
    done = leakscan("scan", "--provider", "Gitlub", repo.path)
    assert (done.returncode, "did you mean" in done.stderr) == (2, True)


def test_a_scan_fails_only_on_what_is_grave_enough(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"app.py": leak()[0]})
    rules = tmp_path / "low.yaml"
    rules.write_text("rules:\n  - {id: gitlab-personal-access-token, severity: low}\n")
    scanned("--rules", rules, "--fail-on", "low", repo.path, code=1)
    assert scanned("--rules", rules, "--fail-on", "medium", repo.path, code=0)["findings"]
