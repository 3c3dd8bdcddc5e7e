"""Settings: where they come from, which of them wins, and what is said of mistakes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from leakscan.cli.main import main
from leakscan.document import read_yaml
from leakscan.errors import LeakscanError, RuleError
from leakscan.settings.keys import read_settings
from leakscan.settings.toml import read_pyproject
from tests.builders import Repo, fake_token, new_repository

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schema/leakscan-config-1.json").read_text("utf-8"))
RULE = "gitlab-personal-access-token"


def token() -> str:
    return fake_token("gl" + "pat-", 20)


class User:
    """Somebody with a repository, a configuration folder and an environment."""

    def __init__(self, repo: Repo, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.repo, self.home, self.capsys = repo, home, capsys

    def scan(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        assert main(["scan", "--format", "json", "--reveal", *arguments, str(self.repo.path)]) == code
        return dict(json.loads(self.capsys.readouterr().out))

    def shown(self, *arguments: str) -> dict[str, list[str]]:
        """What ``config show`` says of each key: its lines, the name cut off."""
        assert main(["config", "show", *arguments, str(self.repo.path)]) == 0
        lines: dict[str, list[str]] = {}
        for line in self.capsys.readouterr().out.splitlines():
            name, _, rest = line.partition(" ")
            lines.setdefault(name, []).append(" ".join(rest.split()))
        return lines

    def error(self, *arguments: str) -> str:
        assert main(["scan", *arguments, str(self.repo.path)]) == 2
        return self.capsys.readouterr().err


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> User:
    home = tmp_path / "config"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    (home / "leakscan").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return User(new_repository(tmp_path / "repo"), home / "leakscan" / "config.yaml", capsys)


def test_the_nearest_source_of_a_setting_wins(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assert user.shown()["fail_on"] == ["info default"]
    user.home.write_text("min_confidence: 0.6\nfail_on: low\n")
    assert user.shown()["fail_on"] == [f"low {user.home}:2"]
    user.repo.write("leakscan.yaml", "fail_on: medium\n")
    assert user.shown()["fail_on"] == [f"low {user.home}:2"]
    assert user.shown("--trust-repo-config")["fail_on"] == ["medium repo/leakscan.yaml:1"]
    Path("mine.yaml").write_text("fail_on: high\n")
    given = ("--trust-repo-config", "--config", "mine.yaml")
    assert user.shown(*given)["fail_on"] == ["high mine.yaml:1"]
    monkeypatch.setenv("LEAKSCAN_FAIL_ON", "critical")
    shown = user.shown(*given)
    assert shown["fail_on"] == ["critical LEAKSCAN_FAIL_ON"]
    assert shown["min_confidence"] == [f"0.6 {user.home}:1"]


def test_leaks_below_the_severity_that_fails_are_reported_and_fail_nothing(user: User) -> None:
    user.repo.commit({"a.yml": f"password: '{fake_token('', 24)}'\n"})
    (finding,) = user.scan(code=1)["findings"]
    assert finding["severity"] != "critical"
    assert len(user.scan("--fail-on", "critical")["findings"]) == 1
    user.scan("--fail-on", finding["severity"], code=1)


@pytest.mark.parametrize("file", ["leakscan.yaml", "pyproject.toml"])
def test_the_settings_of_the_repository_count_only_where_the_user_trusts_it(user: User, file: str) -> None:
    text = {
        "leakscan.yaml": "exclude: [tests/]\n",
        "pyproject.toml": "[tool.leakscan]\nexclude = ['tests/']\n",
    }
    user.repo.commit({file: text[file], "tests/a.py": f"token = '{token()}'\n"})
    result = user.scan(code=1)
    assert result["findings"][0]["state"] == "new"
    assert file in result["scan"]["skipped"][-1]["what"]
    result = user.scan("--trust-repo-config")
    (finding,) = result["findings"]
    line = 1 if file == "leakscan.yaml" else 2
    assert finding["suppression"] == {"by": "exclude", "source": f"repo/{file}:{line}", "reason": ""}
    assert result["scan"]["settings"] == [f"repo/{file}"]


def test_a_repository_without_settings_of_ours_is_reported_as_before(user: User) -> None:
    user.repo.commit({"pyproject.toml": "[tool.other]\nx = 1\n"})
    scan = user.scan("--trust-repo-config")["scan"]
    assert {"settings", "warnings"}.isdisjoint(scan)
    assert scan["skipped"] == []


def test_an_allowlist_covers_what_meets_all_its_conditions(user: User) -> None:
    by_value, by_hash, elsewhere = token(), token(), token()
    other_rule = fake_token("gl" + "dt-", 20)
    user.repo.commit(
        {
            "docs/a.py": f"a = '{by_value}'\n",
            "src/b.py": f"b = '{by_hash}'\n",
            "src/c.py": f"c = '{elsewhere}'\n",
            "docs/d.py": f"d = '{other_rule}'\n",
        }
    )
    digest = hashlib.sha256(by_hash.encode()).hexdigest()
    Path("mine.yaml").write_text(
        f"allow:\n"
        f"  - {{values: ['^{by_value[:12]}'], reason: a made up one}}\n"
        f"  - {{hashes: ['{digest}']}}\n"
        f"  - {{rules: [{RULE}], paths: [docs/]}}\n"
    )
    result = user.scan("--config", "mine.yaml", code=1)
    states = {finding["secret"]["value"]: finding["state"] for finding in result["findings"]}
    assert states == {by_value: "ignored", by_hash: "ignored", elsewhere: "new", other_rule: "new"}
    found = {finding["secret"]["value"]: finding for finding in result["findings"]}
    assert found[by_value]["suppression"]["reason"] == "a made up one"
    assert "warnings" not in result["scan"]


def test_the_id_that_a_report_shows_can_be_allowed(user: User) -> None:
    user.repo.commit({"a.py": f"a = '{token()}'\n"})
    id = user.scan(code=1)["findings"][0]["id"]
    Path("mine.yaml").write_text(f"allow:\n  - hashes: ['{id}']\n")
    user.scan("--config", "mine.yaml")


def test_an_entry_that_covers_nothing_is_reported(user: User) -> None:
    Path("mine.yaml").write_text("allow:\n  - rules: [github-pat]\n    values: ['^abc$']\n")
    (warning,) = user.scan("--config", "mine.yaml")["scan"]["warnings"]
    assert warning["what"] == "mine.yaml:2"
    assert "warnings" not in user.scan("--config", "mine.yaml", "--no-history")["scan"]


def test_a_baseline_and_rules_are_relative_to_the_file_that_names_them(user: User) -> None:
    user.repo.commit(
        {"a.py": f"a = '{token()}'\n", "ci/leakscan.yaml": "baseline: known.json\nrules: [r.yaml]\n"}
    )
    user.repo.write("ci/r.yaml", f"rules:\n  - id: {RULE}\n    severity: low\n")
    known = str(user.repo.path / "ci/known.json")
    assert main(["baseline", "create", "--baseline", known, str(user.repo.path)]) == 0
    user.capsys.readouterr()
    (finding,) = user.scan("--config", str(user.repo.path / "ci/leakscan.yaml"))["findings"]
    assert (finding["state"], finding["severity"]) == ("baseline", "low")


MISTAKES = {
    "exclud: [a]\n": "1: unknown key 'exclud' (did you mean 'exclude'?)",
    "# settings\nmin_confidence: 2\n": "2: '2' is out of range",
    "fail_on: urgent\n": "1: unknown value 'urgent' (one of: info, low",
    "allow:\n  - reason: all of it\n": "2: an entry without a condition",
    "allow:\n  - values:\n    - '.*'\n": "3: this pattern matches everything",
    "allow:\n  - values:\n    - '('\n": "3: the pattern does not compile",
    "allow:\n  - hashes: [abc]\n": "2: 'abc…' is neither the SHA-256",
    "exclude: ['!a']\n": "1: '!a' is no pattern",
    "marks: perhaps\n": "1: expected true or false",
    "a: [\n": "mend the YAML",
}


@pytest.mark.parametrize(("content", "said"), MISTAKES.items())
def test_a_mistake_is_named_with_file_line_and_mend(user: User, content: str, said: str) -> None:
    Path("mine.yaml").write_text(content)
    error = user.error("--config", "mine.yaml")
    assert "mine.yaml:" in error
    assert said in error


def test_mistakes_elsewhere_are_named_too(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no such configuration" in user.error("--config", "nowhere.yaml")
    assert "no such baseline" in user.error("--baseline", "nowhere.json")
    monkeypatch.setenv("LEAKSCAN_MIN_CONFIDENCE", "high")
    assert "LEAKSCAN_MIN_CONFIDENCE is 'high' and not a number from 0 to 1" in user.error()
    monkeypatch.delenv("LEAKSCAN_MIN_CONFIDENCE")
    user.repo.write("leakscan.yaml", "fail_on: low\n")
    user.repo.write("pyproject.toml", "[tool.leakscan]\nfail_on = 'low'\n")
    assert "two configurations" in user.error("--trust-repo-config")
    assert "one repository" in user.error("--trust-repo-config", "-")


TOML = """\
[project]
name = "x"

[tool.leakscan]
min_confidence = 0.7
marks = false
exclude = [
    "a/",
    "b/",
]

[[tool.leakscan.allow]]
rules = ["r"]

[[tool.leakscan.allow]]
paths = ["p"]
reason = "why"
"""


def test_a_pyproject_reads_like_the_yaml_file_with_its_own_lines() -> None:
    root = read_pyproject("pyproject.toml", TOML.encode())
    assert root is not None
    found = read_settings(root)
    assert {name: line for name, (_, line) in found.items()} == {
        "min_confidence": 5,
        "marks": 6,
        "exclude": 7,
        "allow": 12,
    }
    assert (found["min_confidence"][0], found["marks"][0]) == (0.7, False)
    assert [entry.source for entry in found["allow"][0]] == ["pyproject.toml:12", "pyproject.toml:15"]
    with pytest.raises(RuleError, match=r"expected a text, not a number \(put it in quotes\)"):
        read_settings(read_pyproject("pyproject.toml", b"[tool.leakscan]\nexclude = [17]\n"))  # type: ignore[arg-type]
    with pytest.raises(RuleError, match=r"pyproject.toml:16: unknown key 'path'"):
        read_settings(read_pyproject("pyproject.toml", TOML.replace("paths", "path").encode()))  # type: ignore[arg-type]
    with pytest.raises(RuleError, match=r"pyproject.toml:4: .* \(mend the TOML\)"):
        read_pyproject("pyproject.toml", TOML.replace("leakscan]", "leakscan").encode())


@given(st.text(max_size=80))
def test_any_text_is_settings_or_an_error_that_names_the_file(text: str) -> None:
    for read, name in ((read_yaml, "x.yaml"), (read_pyproject, "x.toml")):
        try:
            root = read(name, text.encode())
            if root is not None:
                read_settings(root)
        except LeakscanError as error:
            told = str(error)
        else:
            continue
        assert told.startswith(f"{name}:")


strings = st.sampled_from(
    ("", "a", "a/", "*.lock", "!a", "#a", "x" * 64, "ab" * 32, "sha256:" + "ab" * 16, "^a")
)
lists = st.lists(strings, max_size=2)
allowances = st.dictionaries(
    st.sampled_from(("values", "hashes", "paths", "rules", "other")), lists, max_size=2
)
documents = st.fixed_dictionaries(
    {},
    optional={
        "min_confidence": st.sampled_from((0, 0.5, 1, 1.5, -1)),
        "fail_on": st.sampled_from(("low", "high", "urgent")),
        "marks": st.booleans(),
        "known_anywhere": st.booleans(),
        "baseline": strings,
        "honour": st.lists(st.sampled_from(("gitleaks", "detect-secrets", "other")), max_size=2),
        "exclude": lists,
        "rules": lists,
        "allow": st.lists(allowances, max_size=2),
        "other": st.just(1),
    },
)


@given(documents)
def test_the_schema_accepts_what_leakscan_accepts(document: dict[str, Any]) -> None:
    root = read_yaml("x.yaml", yaml.safe_dump(document).encode())
    assert root is not None
    try:
        read_settings(root)
    except RuleError:
        accepted = False
    else:
        accepted = True
    assert accepted == Draft202012Validator(SCHEMA).is_valid(document)
