"""Marks beside a secret: what they cover, what they do not, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakscan import Options, ScanResult, scan_targets
from leakscan.suppress.inline import mark_in
from tests.builders import Repo, fake_token, new_repository

RULE = "gitlab-personal-access-token"
MARK = "leakscan" + ":ignore"  # in two parts, so that this file has no marks of its own


def token() -> str:
    return fake_token("gl" + "pat-", 20)


def scanned(path: Path, **options: object) -> ScanResult:
    return scan_targets([str(path)], Options(**options))  # type: ignore[arg-type]


def states(result: ScanResult) -> dict[str, str]:
    """The state of each finding by its value."""
    return {finding.secret.reveal(): finding.state for finding in result.findings}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return new_repository(tmp_path / "repo")


@pytest.mark.parametrize(
    "text",
    [
        "token = '{}'  # @ made up\n",
        f"token = '{{}}'  # @[{RULE}] made up\n",
        f"token = '{{}}'  # noqa @[aws-access-key, {RULE}]: made up\n",
        "  // @ made up\n  token = '{}'\n",
        "<!-- @ made up -->\r\n<token>{}</token>\r\n",
        "token = '{}' /* @ made up */\n",
        "x = 1\ntoken = '{}'  -- @ made up",
    ],
)
def test_a_mark_on_the_line_or_alone_above_it_covers_the_secret(tmp_path: Path, text: str) -> None:
    value = token()
    (tmp_path / "app.txt").write_text(text.replace("@", MARK).format(value))
    result = scanned(tmp_path)
    (finding,) = result.findings
    assert finding.state == "ignored"
    assert finding.suppression is not None
    assert (finding.suppression.by, finding.suppression.reason) == ("mark", "made up")
    assert result.warnings == ()


@pytest.mark.parametrize(
    "text",
    [
        "token = '{}'  # @[aws-access-key] another rule\n",
        "other = 1  # @ not alone on its line\ntoken = '{}'\n",
        "# @ two lines above\n\ntoken = '{}'\n",
        "token = '{}'\n# @ below\n",
        "token = '{}' @ no comment\n",
        "token = '{}'  # @d is another word\n",
    ],
)
def test_what_is_no_mark_for_the_secret_hides_nothing(tmp_path: Path, text: str) -> None:
    value = token()
    (tmp_path / "app.txt").write_text(text.replace("@", MARK).format(value))
    assert states(scanned(tmp_path)) == {value: "new"}


def test_a_secret_at_another_place_without_a_mark_is_new(repo: Repo) -> None:
    value = token()
    repo.commit({"a.py": f"token = '{value}'  # {MARK} made up\n", "b.py": f"token = '{value}'\n"})
    assert states(scanned(repo.path)) == {value: "new"}


def test_one_file_with_the_secret_twice_needs_two_marks(tmp_path: Path) -> None:
    value = token()
    marked = f"token = '{value}'  # {MARK} made up\n"
    (tmp_path / "a.py").write_text(marked + f"again = '{value}'\n")
    assert states(scanned(tmp_path)) == {value: "new"}
    (tmp_path / "a.py").write_text(marked * 2)
    assert states(scanned(tmp_path)) == {value: "ignored"}


def test_a_mark_in_the_newest_version_counts_for_the_older_ones_and_the_reverse_does_not(repo: Repo) -> None:
    line, value = "token = '{}'\n", token()
    repo.commit({"a.py": line.format(value)})
    repo.commit({"a.py": f"# {MARK} made up\n{line.format(value)}"})
    assert states(scanned(repo.path)) == {value: "ignored"}
    repo.commit({"a.py": f"# this one is real\n{line.format(value)}"})
    assert states(scanned(repo.path)) == {value: "new"}


@pytest.mark.parametrize("engine", ["packs", "reference"])
def test_a_mark_in_a_file_that_is_gone_counts_in_the_history(repo: Repo, engine: str) -> None:
    value = token()
    repo.commit({"a.py": f"token = '{value}'  # {MARK} made up\n"})
    repo.commit({"a.py": f"x = 1\ntoken = '{value}'  # {MARK} made up\n"})
    repo.git("gc", "--quiet")
    repo.remove("a.py")
    assert states(scanned(repo.path, engine=engine)) == {value: "ignored"}


@pytest.mark.parametrize("engine", ["packs", "reference"])
def test_the_last_version_decides_where_a_file_is_gone(repo: Repo, engine: str) -> None:
    bare, marked = token(), token()
    for number, mark in enumerate(("", MARK, MARK, "")):
        texts = f"x = '{bare}'  # {mark}", f"x = '{marked}'  # {mark or MARK * bool(number)}"
        repo.commit({f"{name}.py": f"n = {number}\n{text}\n" for name, text in zip("ab", texts, strict=True)})
    repo.remove("a.py", "b.py")
    assert states(scanned(repo.path, engine=engine)) == {bare: "new", marked: "ignored"}


@pytest.mark.parametrize("engine", ["packs", "reference"])
def test_each_file_has_its_own_versions_of_a_secret_that_stands_in_two(repo: Repo, engine: str) -> None:
    value = token()
    for number, marks in enumerate(((MARK, MARK), (MARK, ""), (MARK, ""))):
        files = zip("ab", marks, strict=True)
        repo.commit({f"{name}.py": f"n = {number}{name}\nx = '{value}'  # {mark}\n" for name, mark in files})
    repo.remove("a.py")
    (finding,) = scanned(repo.path, engine=engine, history=True).findings
    assert finding.state == "new"
    assert finding.in_head


def test_marks_count_in_what_is_staged(repo: Repo) -> None:
    repo.commit({"a.py": "x = 1\n"})
    marked, bare = token(), token()
    repo.add({"a.py": f"x = '{marked}'  # {MARK} made up\ny = '{bare}'\n"})
    assert states(scanned(repo.path, staged=True)) == {marked: "ignored", bare: "new"}


def test_a_mark_counts_for_the_versions_that_were_only_staged(repo: Repo) -> None:
    marked, removed = token(), token()
    repo.commit({"b.py": "x = 1\n"})
    repo.add({"a.py": f"x = '{marked}'\n", "b.py": f"y = '{removed}'\n"})
    repo.commit({"a.py": f"x = '{marked}'  # {MARK} made up\n", "b.py": "y = 2\n"})
    assert states(scanned(repo.path)) == {marked: "ignored", removed: "new"}


def test_marks_count_for_nothing_where_the_user_says_so(tmp_path: Path) -> None:
    value = token()
    (tmp_path / "a.py").write_text(f"token = '{value}'  # {MARK}\n# {MARK}\n")
    result = scanned(tmp_path, marks=False)
    assert (states(result), result.warnings) == ({value: "new"}, ())


def test_a_mark_that_covers_nothing_and_one_without_a_reason_are_reported(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        f"token = '{token()}'  # {MARK}\nx = 1  # {MARK}[{RULE}] it was here once\n"
    )
    first, second = scanned(tmp_path).warnings
    assert (first.what, "no reason" in first.why) == ("a.py:1", True)
    assert (second.what, "covers no finding" in second.why) == ("a.py:2", True)


def test_a_mark_that_covers_nothing_in_documentation_is_an_example(tmp_path: Path) -> None:
    text = f"```python\nkey = '…'  # {MARK}[{RULE}] made up\n```\n"
    for name in ("README.md", "docs/use.rst", "docs/use.adoc"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert scanned(tmp_path).warnings == ()
    (tmp_path / "README.md").write_text(f"key = '{token()}'  <!-- {MARK} -->\n")
    (warning,) = scanned(tmp_path).warnings
    assert "no reason" in warning.why


def test_a_mark_among_gits_own_files_is_no_warning(tmp_path: Path) -> None:
    repo = new_repository(tmp_path / "repo")
    repo.write(".git/rr-cache/1/postimage", f"x = 1  # {MARK}[{RULE}] made up\n")
    assert scanned(repo.path).warnings == ()


def test_a_mark_far_from_the_secret_on_a_long_line_is_seen(tmp_path: Path) -> None:
    value = token()
    (tmp_path / "a.js").write_text(f"f('{value}', '{'x ' * 400}'); // {MARK} made up\n")
    assert states(scanned(tmp_path)) == {value: "ignored"}


@given(st.binary(max_size=200))
def test_any_line_can_be_looked_at(line: bytes) -> None:
    mark = mark_in(f"# {MARK}".encode() + line)
    assert mark is None or len(mark.reason) <= 200
