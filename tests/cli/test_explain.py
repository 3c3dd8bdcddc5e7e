"""``leakscan explain``: what spoke for a finding and against it, by its id or how that begins."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.builders import Repo, fake_token, new_repository
from tests.cli.test_scan import leakscan, random_word, scanned


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repository with a token in a test, a password, and a token that was removed."""
    repo = new_repository(tmp_path_factory.mktemp("explain") / "repo")
    gone = f"token = '{fake_token('gl' + 'pat-', 20)}'\n"
    repo.commit({"gone.py": gone}, "add the client")
    repo.remove("gone.py")
    token = fake_token("gl" + "pat-", 20)
    repo.commit({"tests/test_app.py": f"token = '{token}'\n", "db.py": f'password = "{random_word(14)}"\n'})
    return repo


@pytest.fixture(scope="module")
def findings(repo: Repo) -> dict[str, dict[str, Any]]:
    """What a scan reports, by path."""
    found = scanned(repo.path)["findings"]
    return {finding["locations"][0]["path"]: finding for finding in found}


def weights(text: str) -> list[float]:
    """The numbers of the table, without their sum."""
    rows = re.findall(r"^ +([+−]\d+\.\d\d)  (?:\+|−)+ ", text, re.MULTILINE)
    return [float(row.replace("−", "-")) for row in rows]


def test_it_shows_every_reason_with_its_weight_and_how_they_come_to_the_confidence(
    repo: Repo, findings: dict[str, dict[str, Any]]
) -> None:
    for path, finding in findings.items():
        done = leakscan("explain", finding["id"], repo.path)
        assert (done.returncode, done.stderr) == (0, "")
        assert weights(done.stdout) == [reason["weight"] for reason in finding["reasons"]]
        total = sum(reason["weight"] for reason in finding["reasons"])
        assert f"+{total:.2f} in sum" in done.stdout
        for text in (path, finding["rule"], finding["id"], finding["severity"].upper()):
            assert text in done.stdout
        assert finding["secret"]["value"] not in done.stdout


def test_what_speaks_against_it_is_said_in_words(repo: Repo, findings: dict[str, dict[str, Any]]) -> None:
    text = leakscan("explain", findings["tests/test_app.py"]["id"], repo.path).stdout
    assert re.search(r"−0\.70  −+ +path +its path says test", text)
    assert re.search(r"\+3\.20  \++ +pattern +the shape alone says what it is", text)
    assert "add the client" in leakscan("explain", findings["gone.py"]["id"], repo.path).stdout


def test_the_beginning_of_an_id_is_enough_where_it_is_the_only_one(
    repo: Repo, findings: dict[str, dict[str, Any]]
) -> None:
    finding = findings["db.py"]
    done = leakscan("explain", finding["id"][:12].upper(), repo.path)
    assert (done.returncode, finding["id"] in done.stdout) == (0, True)


def test_a_json_result_is_explained_without_a_scan(
    tmp_path: Path, findings: dict[str, dict[str, Any]], repo: Repo
) -> None:
    finding = findings["gone.py"]
    for options in ((), ("--reveal",)):
        file = tmp_path / "leaks.json"
        leakscan("scan", "--output", file, *options, repo.path)
        for name, stdin in ((str(file), ""), ("-", file.read_text())):
            done = leakscan("explain", finding["id"][:12], "--report", name, stdin=stdin)
            assert (done.returncode, done.stderr) == (0, "")
            assert weights(done.stdout) == [reason["weight"] for reason in finding["reasons"]]
            assert finding["secret"]["value"] not in done.stdout


def test_an_id_that_fits_several_findings_is_an_error_that_lists_them(tmp_path: Path, repo: Repo) -> None:
    file = tmp_path / "leaks.json"
    leakscan("scan", "--output", file, repo.path)
    result = json.loads(file.read_text())
    for number, finding in enumerate(result["findings"]):
        finding["id"] = f"abc{number:029}"
    file.write_text(json.dumps(result))
    done = leakscan("explain", "abc", "--report", file)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{len(result['findings'])} findings have ids that begin so" in done.stderr
    assert f"abc{0:029} (" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("0" * 32,), "none of 3 findings has an id that begins with 000000"),
        (("xyz",), "'xyz' is no id of a finding"),
        (("",), "'' is no id of a finding"),
        (("abc", "--report", "leaks.json", "--no-history"), "cannot read"),
    ],
)
def test_what_cannot_be_explained_is_exit_code_2(repo: Repo, arguments: tuple[str, ...], told: str) -> None:
    given = arguments if "--report" in arguments else (*arguments, repo.path)
    done = leakscan("explain", *given)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


def test_a_report_and_a_path_are_too_much(repo: Repo) -> None:
    done = leakscan("explain", "abc", repo.path, "--report", "leaks.json")
    assert done.returncode == 2
    assert "leave out --report or PATH" in done.stderr


def test_an_ignored_finding_is_explained_with_what_ignores_it(tmp_path: Path) -> None:
    repo = new_repository(tmp_path / "repo")
    token = fake_token("gl" + "pat-", 20)
    mark = ":".join(("leakscan", "ignore made up"))
    repo.commit({"app.py": f"token = '{token}'  # {mark}\n"})
    (finding,) = scanned(repo.path, code=0)["findings"]
    done = leakscan("explain", finding["id"], repo.path)
    assert done.returncode == 0
    assert "by a mark, app.py:1: made up" in done.stdout
