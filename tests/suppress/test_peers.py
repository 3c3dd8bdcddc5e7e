"""Marks and files of other tools: they count where the user asks for it, and nowhere else."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from leakscan.cli.main import main
from tests.builders import Repo, fake_token, new_repository

GITLEAKS, PRAGMA = "gitleaks" + ":allow", "pragma" + ": allowlist secret"


def token() -> str:
    return fake_token("gl" + "pat-", 20)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return new_repository(tmp_path / "repo")


def scanned(repo: Repo, capsys: pytest.CaptureFixture[str], *tools: str) -> dict[str, Any]:
    honour = [part for tool in tools for part in ("--honour", tool)]
    main(["scan", "--format", "json", "--reveal", *honour, str(repo.path)])
    return dict(json.loads(capsys.readouterr().out))


def hidden(result: dict[str, Any]) -> set[str]:
    return {found["secret"]["value"] for found in result["findings"] if found["state"] == "ignored"}


def test_marks_count_only_for_the_tool_that_is_honoured(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two, three = token(), token(), token()
    below = PRAGMA.replace("secret", "nextline secret")
    repo.commit({"a.py": f"a = '{one}'  # {GITLEAKS}\nb = '{two}'  # {PRAGMA}\n\n# {below}\nc = '{three}'\n"})
    assert hidden(scanned(repo, capsys)) == set()
    assert hidden(scanned(repo, capsys, "gitleaks")) == {one}
    assert hidden(scanned(repo, capsys, "detect-secrets")) == {two, three}
    assert hidden(scanned(repo, capsys, "gitleaks", "detect-secrets")) == {one, two, three}


def test_a_fingerprint_covers_its_file_and_the_later_versions_of_it(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    by_commit, everywhere, other = token(), token(), token()
    commit = repo.commit({"a.py": f"x = 1\na = '{by_commit}'\n", "b.py": f"b = '{everywhere}'\n"})
    repo.commit({"a.py": f"y = 2\nx = 1\na = '{by_commit}'\nz = '{other}'\n"})
    repo.write(
        ".gitleaksignore",
        f"# known\n{commit}:a.py:gitlab-pat:2\nb.py:gitlab-pat:1\nb.py:gitlab-pat:7\nnonsense\n",
    )
    result = scanned(repo, capsys, "gitleaks")
    assert hidden(result) == {by_commit, everywhere}
    warnings = [f"{warning['what']}: {warning['why']}" for warning in result["scan"]["warnings"]]
    assert warnings == [
        ".gitleaksignore:5: this is no fingerprint, and not honoured",
        ".gitleaksignore: 1 of its 3 entries cover no finding",
    ]


@pytest.mark.parametrize(
    ("entry", "hides"),
    [
        ("paths = ['^docs/']", True),
        ("paths = ['^src/']", False),
        ("regexes = ['(?i)^GLPAT-']", True),
        ("regexTarget = 'line'\nregexes = ['for the test']", True),
        ("regexes = ['for the test']", False),
        ("condition = 'AND'\npaths = ['^docs/']\nregexes = ['^nothing']", False),
        ("condition = 'AND'\npaths = ['^docs/']\nregexes = ['^gl']", True),
        ("condition = 'AND'\npaths = ['^docs/']\nregexes = ['(']", False),
        ("targetRules = ['aws-access-token']\npaths = ['^docs/']", False),
        ("stopwords = ['pat-']", True),
        ("description = 'no condition'", False),
    ],
)
def test_the_allowlists_of_a_gitleaks_configuration_count(
    repo: Repo, capsys: pytest.CaptureFixture[str], entry: str, hides: bool
) -> None:
    repo.commit({"docs/a.py": f"a = '{token()}'  # for the test\n"})
    for table in ("[allowlist]", "[[allowlists]]"):
        repo.write(".gitleaks.toml", f"title = 'x'\n{table}\n{entry}\n")
        assert len(hidden(scanned(repo, capsys, "gitleaks"))) == hides
        assert hidden(scanned(repo, capsys)) == set()


def test_what_of_a_gitleaks_configuration_is_not_honoured_is_named(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.write(".gitleaks.toml", "[extend]\npath = 'other.toml'\n[[allowlists]]\nregexes = ['(']\n")
    warnings = [warning["why"] for warning in scanned(repo, capsys, "gitleaks")["scan"]["warnings"]]
    assert "is not read" in warnings[0]
    assert "not honoured" in warnings[1]
    repo.write(".gitleaks.toml", "x = 1\n[[allowlists\n")
    assert main(["scan", "--honour", "gitleaks", str(repo.path)]) == 2
    assert ".gitleaks.toml:2: " in capsys.readouterr().err


def test_a_baseline_of_detect_secrets_covers_its_places_but_not_what_an_audit_found_real(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    known, real, elsewhere, prefixed = fake_token("gl" + "dt-", 20), token(), token(), token()

    def entry(value: str, **more: bool) -> dict[str, Any]:
        return {"type": "x", "hashed_secret": hashlib.sha1(value.encode()).hexdigest(), **more}

    values = {"a": known, "b": real, "c": elsewhere, "d": prefixed}
    repo.commit({name: f"a = '{value}'\n" for name, value in values.items()})
    results = {
        "a": [entry(known)],
        "b": [entry(real, is_secret=True)],
        "a/other": [entry(elsewhere)],
        "d": [entry("gl" + "pat")],  # all that it keeps of such a token is the prefix
    }
    trap = repo.path / "trap"
    plugin = repo.write("p.py", f"open({str(trap)!r}, 'w')\n")
    plugins = [{"name": "Trap", "path": f"file://{plugin}"}]
    baseline = {"version": "1.5.0", "plugins_used": plugins, "results": results}
    repo.write(".secrets.baseline", json.dumps(baseline))
    result = scanned(repo, capsys, "detect-secrets")
    assert hidden(result) == {known, prefixed}
    assert "1 of its 3 entries" in result["scan"]["warnings"][0]["why"]
    assert not trap.exists()


@pytest.mark.parametrize("content", ["", "[]", '{"results": {"a": [1]}}', '{"results": []}'])
def test_what_is_no_baseline_of_detect_secrets_is_an_error(
    repo: Repo, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    repo.write(".secrets.baseline", content)
    assert main(["scan", "--honour", "detect-secrets", str(repo.path)]) == 2
    assert ".secrets.baseline: not a baseline" in capsys.readouterr().err
