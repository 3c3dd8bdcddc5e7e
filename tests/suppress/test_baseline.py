"""A baseline through the life of a repository, as a user keeps one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from leakscan.cli.main import main
from leakscan.errors import UsageError
from leakscan.suppress.baseline import Baseline, Entry, new_baseline, read_baseline, write_baseline
from tests.builders import Repo, fake_token, new_repository

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schema/leakscan-baseline-1.json").read_text("utf-8"))
NAME = "leakscan-baseline.json"


def token() -> str:
    return fake_token("gl" + "pat-", 20)


def line(value: str) -> str:
    return f"token = '{value}'\n"


class Keeper:
    """Somebody who keeps a baseline for one repository."""

    def __init__(self, repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
        self.repo, self.capsys = repo, capsys
        self.file = repo.path / NAME

    def run(self, *arguments: str, code: int = 0) -> str:
        assert main([*arguments, str(self.repo.path)]) == code
        return self.capsys.readouterr().out

    def baseline(self, *arguments: str, code: int = 0) -> str:
        return self.run("baseline", *arguments, code=code)

    def scan(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        given = ["scan", "--format", "json", "--reveal", "--baseline", str(self.file), *arguments]
        return dict(json.loads(self.run(*given, code=code)))

    def states(self, *arguments: str, code: int = 0) -> dict[str, str]:
        found = self.scan(*arguments, code=code)["findings"]
        return {finding["secret"]["value"]: finding["state"] for finding in found}


@pytest.fixture
def keeper(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Keeper:
    return Keeper(new_repository(tmp_path / "repo"), capsys)


def test_what_is_in_the_baseline_does_not_fail_a_scan_and_what_is_new_does(keeper: Keeper) -> None:
    old, new = token(), token()
    keeper.repo.commit({"a.py": line(old)})
    keeper.baseline("create")
    assert keeper.states() == {old: "baseline"}
    keeper.repo.commit({"b.py": line(new)})
    assert keeper.states(code=1) == {old: "baseline", new: "new"}
    shown = keeper.run("scan", "--baseline", str(keeper.file), code=1)
    assert "b.py" in shown
    assert "a.py" not in shown
    assert "Not shown: 1 finding of the baseline" in shown
    assert "a.py" in keeper.run("scan", "--baseline", str(keeper.file), "--show-ignored", code=1)


def test_the_file_is_small_sorted_and_tells_nothing(keeper: Keeper) -> None:
    values = [token() for _ in range(5)]
    keeper.repo.commit({f"secret-place-{n}.py": line(value) for n, value in enumerate(values)})
    commit = keeper.repo.oid("HEAD")
    keeper.baseline("create")
    text = keeper.file.read_text()
    assert not any(part in text for value in values for part in (value, value[6:14]))
    assert "secret-place" not in text
    assert commit[:10] not in text
    assert not re.search(r"20\d\d-\d\d", text)
    found = json.loads(text)
    Draft202012Validator(SCHEMA).validate(found)
    ids = [entry["id"] for entry in found["findings"]]
    assert ids == sorted(ids)
    assert len(text.splitlines()) == 7 + len(values)
    before = text
    keeper.baseline("update")
    assert keeper.file.read_text() == before


def test_two_baselines_of_one_secret_have_nothing_in_common(keeper: Keeper) -> None:
    keeper.repo.commit({"a.py": line(token())})
    keeper.baseline("create")
    first = json.loads(keeper.file.read_text())["findings"][0]
    keeper.baseline("create", "--force")
    second = json.loads(keeper.file.read_text())["findings"][0]
    assert first["id"] != second["id"]
    assert first["live"] != second["live"]


def test_it_survives_a_rename_reformatting_and_a_squash(keeper: Keeper) -> None:
    repo, value = keeper.repo, token()
    repo.commit({"a.py": line(value), "README": "hello\n"})
    keeper.baseline("create")
    repo.git("mv", "a.py", "b.py")
    repo.commit(message="rename")
    assert keeper.states() == {value: "baseline"}
    repo.commit({"b.py": f"# a comment\n\n\n  token   =   '{value}'\n"}, "reformat")
    assert keeper.states() == {value: "baseline"}
    repo.git("checkout", "--quiet", "--orphan", "squashed")
    repo.commit(message="all in one")
    repo.git("branch", "-D", "main")
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "--quiet", "--prune=now")
    assert keeper.states() == {value: "baseline"}


def test_a_new_place_of_a_known_secret_counts_unless_the_user_says_otherwise(keeper: Keeper) -> None:
    value = token()
    keeper.repo.commit({"a.py": line(value)})
    keeper.baseline("create")
    keeper.repo.commit({"copy.py": "# copy\n" + line(value)})
    result = keeper.scan(code=1)
    assert result["findings"][0]["state"] == "new"
    assert [warning["what"] for warning in result["scan"]["warnings"]] == ["copy.py:2"]
    assert keeper.states("--known-anywhere") == {value: "baseline"}
    keeper.baseline("update", "--prune")
    assert keeper.states(code=1) == {value: "new"}
    keeper.baseline("update")
    assert keeper.states() == {value: "baseline"}


def test_a_new_place_counts_in_what_is_staged_too(keeper: Keeper) -> None:
    value = token()
    keeper.repo.commit({"a.py": line(value)})
    keeper.baseline("create")
    keeper.repo.add({"copy.py": line(value)})
    assert keeper.states("--staged", code=1) == {value: "new"}
    keeper.repo.git("reset", "--quiet", "--", "copy.py")
    keeper.repo.git("mv", "a.py", "moved.py")
    assert keeper.states("--staged") == {}


def test_what_is_gone_is_reported_and_dropped(keeper: Keeper) -> None:
    old, new = token(), token()
    (keeper.repo.path / "a.py").write_text(line(old))
    keeper.baseline("create")
    (keeper.repo.path / "a.py").write_text(line(new))
    warnings = keeper.scan(code=1)["scan"]["warnings"]
    assert warnings[0]["what"] == str(keeper.file)
    assert "baseline update" in warnings[0]["why"]
    assert "warnings" not in keeper.scan("--no-history", code=1)["scan"]
    assert "0 findings (0 new, 1 gone" in keeper.baseline("update", "--prune")
    assert keeper.states(code=1) == {new: "new"}


def test_a_scan_with_gaps_changes_no_baseline(keeper: Keeper) -> None:
    repo = keeper.repo
    repo.commit({"a.py": line(token()), "b.py": "gone\n"})
    keeper.baseline("create")
    before = keeper.file.read_text()
    repo.lose(repo.oid("HEAD:b.py"))
    keeper.baseline("update", code=3)
    assert keeper.file.read_text() == before


def test_what_a_mark_covers_is_not_in_the_baseline(keeper: Keeper) -> None:
    keeper.repo.commit({"a.py": f"token = '{token()}'  # leakscan:" + "ignore made up\n"})
    assert "0 findings" in keeper.baseline("create")


def test_the_baseline_of_the_repository_counts_only_where_it_is_trusted(keeper: Keeper) -> None:
    keeper.repo.commit({"a.py": line(token())})
    keeper.baseline("create")
    assert "--trust-repo-config" in keeper.run("scan", code=1)
    assert "With the settings of" in keeper.run("scan", "--trust-repo-config")


def test_show_lists_what_is_known(keeper: Keeper) -> None:
    keeper.repo.commit({"a.py": line(token())})
    keeper.baseline("create")
    shown = keeper.baseline("show")
    assert "gitlab-personal-access-token  1 place" in shown
    assert "1 finding in" in shown


def test_a_part_of_a_repository_has_no_baseline(keeper: Keeper, capsys: pytest.CaptureFixture[str]) -> None:
    keeper.repo.commit({"part/a.py": line(token())})
    assert main(["baseline", "update", str(keeper.repo.path / "part")]) == 2
    assert str(keeper.repo.path) in capsys.readouterr().err


def test_create_replaces_nothing_unasked(keeper: Keeper) -> None:
    keeper.baseline("create")
    before = keeper.file.read_text()
    keeper.baseline("create", code=2)
    assert keeper.file.read_text() == before


def test_branches_that_both_change_it_merge(keeper: Keeper) -> None:
    """Entries stand in the order of their hashes, so that most of the time they are no neighbours."""
    repo = keeper.repo
    write_baseline(
        keeper.file, Baseline("ab" * 32, {id: Entry(id, "r") for id in ("1" * 32, "5" * 32, "9" * 32)})
    )
    repo.commit({NAME: keeper.file.read_bytes()})
    for branch, id in (("one", "3" * 32), ("two", "7" * 32)):
        repo.git("switch", "--quiet", "-c", branch, "main")
        known = read_baseline(keeper.file)
        write_baseline(keeper.file, Baseline(known.salt, {**known.entries, id: Entry(id, "r")}))
        repo.commit({NAME: keeper.file.read_bytes()})
    repo.git("merge", "--quiet", "one")
    assert [id[0] for id in read_baseline(keeper.file).entries] == ["1", "3", "5", "7", "9"]


hashes = st.frozensets(st.text("0123456789abcdef", min_size=16, max_size=16), max_size=3)
entries = st.builds(
    Entry,
    st.text("0123456789abcdef", min_size=32, max_size=32),
    st.text(min_size=1, max_size=20),
    hashes,
    hashes,
    st.sampled_from(("", "real", "false", "accepted")),
    st.text(max_size=20),
)


@given(st.lists(entries, max_size=4))
def test_any_baseline_is_read_as_it_was_written_and_keeps_to_the_schema(
    tmp_path_factory: pytest.TempPathFactory, known: list[Entry]
) -> None:
    file = tmp_path_factory.mktemp("baseline") / NAME
    baseline = Baseline(new_baseline(0.3).salt, {entry.id: entry for entry in known}, 0.3)
    write_baseline(file, baseline)
    assert read_baseline(file) == baseline
    Draft202012Validator(SCHEMA).validate(json.loads(file.read_text("utf-8")))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", ":1: not a baseline"),
        ("[]", "its schema is not"),
        ('{"schema": "leakscan-baseline/2"}', "its schema is not"),
        ('{"schema": "leakscan-baseline/1", "salt": "xyz", "findings": []}', "salt"),
        ('{"schema": "leakscan-baseline/1", "salt": "' + "ab" * 32 + '", "findings": [{"id": 1}]}', "id"),
        ("<<<<<<< HEAD\n{}\n=======\n", "merge conflict"),
        ("[" * 100_000, "not a baseline"),
    ],
)
def test_what_is_no_baseline_is_an_error_with_its_file(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / NAME
    file.write_text(content)
    with pytest.raises(UsageError, match=re.escape(str(file))) as caught:
        read_baseline(file)
    assert said in str(caught.value)
