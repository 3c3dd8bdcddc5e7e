"""``leakscan triage``: decisions are asked for once, and kept in the baseline."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.builders import Repo, fake_token, new_repository
from tests.cli.test_scan import leakscan


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = new_repository(tmp_path / "repo")
    repo.commit({f"{name}.py": f"x = '{fake_token('gl' + 'pat-', 20)}'\n" for name in "abc"}, "three of them")
    return repo


def states(repo: Repo) -> list[str]:
    file = repo.path / "leakscan-baseline.json"
    done = leakscan("scan", "--format", "jsonl", "--baseline", file, repo.path)
    return [json.loads(line)["state"] for line in done.stdout.splitlines()]


def test_findings_are_decided_one_by_one_and_asked_once(repo: Repo) -> None:
    done = leakscan("triage", repo.path, stdin="what?\nf made up\nr\nq\n")
    assert done.returncode == 0, done.stderr
    assert "r is real, f false, a accepted, s skip, q quit" in done.stdout
    for text in ("1 of 3", "a.py:1", "three of them", "2 of 3", "2 findings decided, 1 left"):
        assert text in done.stdout
    entries = json.loads((repo.path / "leakscan-baseline.json").read_text())["findings"]
    assert {(entry["decision"], entry.get("note", "")) for entry in entries} == {
        ("false", "made up"),
        ("real", ""),
    }
    assert states(repo) == ["baseline", "new", "new"]
    done = leakscan("triage", repo.path, stdin="accepted for the demo\n")
    assert ("1 of 1" in done.stdout, "c.py:1" in done.stdout) == (True, True)
    assert states(repo) == ["baseline", "new", "baseline"]
    assert "accepted: for the demo" in leakscan("baseline", "show", repo.path).stdout
    assert "0 findings decided, 0 left" in leakscan("triage", repo.path).stdout
    assert "1 of 3" in leakscan("triage", "--all", repo.path, stdin="q\n").stdout


def test_an_update_of_the_baseline_keeps_decisions_and_shows_no_secret(repo: Repo) -> None:
    done = leakscan("triage", repo.path, stdin="f one\na two\nr three\n")
    token = (repo.path / "a.py").read_text()[5:-2]
    assert token not in done.stdout + done.stderr
    before = (repo.path / "leakscan-baseline.json").read_text()
    leakscan("baseline", "update", repo.path)
    assert (repo.path / "leakscan-baseline.json").read_text() == before


def test_the_end_of_the_input_keeps_what_was_decided(repo: Repo) -> None:
    done = leakscan("triage", repo.path, stdin="s\nf")
    assert "1 finding decided, 2 left" in done.stdout
