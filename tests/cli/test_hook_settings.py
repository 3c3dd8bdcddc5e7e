"""``leakscan hook`` with the repository's own settings and baseline, which count there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import Repo, new_repository
from tests.cli.test_scan import leak, leakscan

PROGRAM = Path(sys.executable).with_name("leakscan")

pytestmark = pytest.mark.skipif(not PROGRAM.is_file(), reason="leakscan is not installed beside Python")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return new_repository(tmp_path / "repo")


def hook(folder: Path, *options: str, **more: str) -> subprocess.CompletedProcess[str]:
    command, environment = [str(PROGRAM), "hook", *options], {**os.environ, **more}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("leakscan.yaml", "allow:\n  - paths: [tests/]\n    reason: made for the tests\n"),
        ("pyproject.toml", '[project]\nname = "x"\n\n[tool.leakscan]\nexclude = ["tests/"]\n'),
    ],
)
def test_what_the_repository_allows_stops_no_commit(repo: Repo, name: str, text: str) -> None:
    repo.write(name, text)
    repo.add({"tests/app.py": leak()[0]})
    for folder in (repo.path, repo.path / "tests"):
        done = hook(folder)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert hook(repo.path, "--no-repo-config").returncode == 1
    repo.add({"app.py": leak()[0]})
    done = hook(repo.path)
    assert (done.returncode, "1 secret" in done.stdout, "tests/" in done.stdout) == (1, True, False)


def test_what_the_baseline_knows_stops_no_commit_at_the_places_that_it_knows(repo: Repo) -> None:
    line, _ = leak()
    repo.commit({"app.py": line})
    assert leakscan("baseline", "create", str(repo.path)).returncode == 0
    repo.commit({"app.py": "x = 1\n"})
    repo.add({"app.py": line})
    assert hook(repo.path).returncode == 0
    repo.add({"elsewhere.py": line})
    assert hook(repo.path).returncode == 1
    repo.write("leakscan.yaml", "known_anywhere: true\n")
    assert hook(repo.path).returncode == 0


def test_less_severe_than_fail_on_is_told_and_stops_nothing(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "low.yaml").write_text("rules:\n  - {id: gitlab-personal-access-token, severity: low}\n")
    repo.write("leakscan.yaml", "fail_on: high\nrules: [../low.yaml]\n")
    line, token = leak()
    repo.add({"app.py": line})
    done = hook(repo.path)
    assert done.returncode == 0
    assert "1 secret in what is staged, which is allowed: less severe than high" in done.stdout
    assert token not in done.stdout
    assert hook(repo.path, LEAKSCAN_FAIL_ON="low").returncode == 1


def test_a_mistake_in_the_settings_is_named_and_no_clean_commit(repo: Repo) -> None:
    repo.write("leakscan.yaml", "min_confidence: high\n")
    repo.add({"app.py": "x = 1\n"})
    done = hook(repo.path)
    assert done.returncode == 2
    assert "leakscan.yaml:1: expected a number" in done.stderr


def test_an_agent_cannot_allow_itself_a_secret(repo: Repo) -> None:
    repo.write("leakscan.yaml", "min_confidence: 1\nexclude: ['*.py']\n")
    event = {
        "hook_event_name": "PreToolUse",
        "tool_name": "Write",
        "tool_input": {"file_path": "app.py", "content": leak()[0]},
    }
    done = subprocess.run(
        [str(PROGRAM), "hook", "--agent"],
        cwd=repo.path,
        input=json.dumps(event),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr


def imported(repo: Repo) -> str:
    """The exit code of a hook, and what it has imported of what reads settings."""
    program = (
        "import os, sys\n"
        "from leakscan.cli.main import main\n"
        f"os.chdir({str(repo.path)!r})\n"
        "code = main(['hook'])\n"
        "readers = {'argparse', 'yaml', 'tomllib', 'leakscan.settings.settings'}\n"
        "print(code, sorted(readers & sys.modules.keys()))"
    )
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    return done.stdout.splitlines()[-1] if done.stdout else done.stderr


def test_nothing_is_imported_for_settings_that_nobody_has_made(repo: Repo) -> None:
    repo.write("pyproject.toml", '[project]\nname = "x"\n')
    repo.add({"app.py": "x = 1\n"})
    assert imported(repo) == "0 []"
    repo.add({"app.py": leak()[0]})
    assert hook(repo.path).returncode == 1  # the first one reads all advice, and keeps it
    assert imported(repo) == "1 []"
    repo.write("leakscan.yaml", "min_confidence: 0.4\n")
    assert hook(repo.path).returncode == 1  # the first one parses it, and keeps what it says
    assert imported(repo) == "1 ['leakscan.settings.settings']"
