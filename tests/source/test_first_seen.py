"""The commit that brought a secret in is named, in whatever order a scan comes across it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from leakscan import Finding, Options, scan_targets
from tests.builders import Repo, evil_merge, fake_token, new_repository


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return new_repository(tmp_path / "repo")


def token() -> str:
    return fake_token("glpat-", 20)


def found(*paths: Path, **options: object) -> Finding:
    (finding,) = scan_targets([str(path) for path in paths], Options(**options)).findings  # type: ignore[arg-type]
    return finding


def first(*paths: Path, **options: object) -> str:
    commit = found(*paths, **options).first_seen
    assert commit is not None
    return commit.oid


BOTH = pytest.mark.parametrize("engine", ["packs", "reference"])


@pytest.mark.parametrize("options", [{}, {"range": "HEAD~2..HEAD"}, {"since": 1}])
def test_a_file_came_before_a_message(repo: Repo, options: dict[str, object]) -> None:
    value = token()
    repo.commit({"README": "nothing"})
    brought = repo.commit({"a": value})
    repo.commit({"README": "more"}, f"about {value}")
    assert first(repo.path, **options) == brought


@BOTH
def test_the_message_of_a_tag_may_be_the_first(repo: Repo, engine: str) -> None:
    value = token()
    repo.commit({"README": "nothing"})
    repo.git("tag", "-a", "-m", f"about {value}", "v1")
    repo.commit({"a": value})
    assert first(repo.path, engine=engine) == repo.oid("refs/tags/v1")


@BOTH
def test_several_targets_are_compared_by_date(tmp_path: Path, engine: str) -> None:
    value, repos = token(), [new_repository(tmp_path / name) for name in ("one", "two")]
    older, _ = [repo.commit({"a": value}) for repo in repos]
    for order in (repos, repos[::-1]):
        assert first(*(repo.path for repo in order), engine=engine) == older


@BOTH
def test_what_only_a_merge_has_came_with_it(repo: Repo, engine: str) -> None:
    value = token()
    merge = evil_merge(repo, {"a": value})
    repo.remove("a")
    repo.commit({"a": f"{value}\n# again"})
    repo.git("repack", "-adq")
    assert first(repo.path, engine=engine) == merge


@BOTH
def test_each_member_of_an_archive_came_with_its_own_version(repo: Repo, engine: str) -> None:
    value = token()
    brought = {}
    for name in ("one.txt", "two.txt"):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr(name, f"x = '{value}'\n")
        brought[f"a.zip!{name}"] = repo.commit({"a.zip": content.getvalue()})
    places = found(repo.path, engine=engine).locations
    assert {place.path: place.commit for place in places if place.where == "history"} == brought


@BOTH
@pytest.mark.parametrize("header", [f"tree {'0' * 40}", f"tree {'a' * 64}", f"tree {{}}\nparent {'b' * 64}"])
def test_what_a_garbled_commit_names_is_a_gap(repo: Repo, engine: str, header: str) -> None:
    repo.commit({"README": "nothing"})
    head = header.format(repo.oid("HEAD^{tree}"))
    raw = f"{head}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\ngarbled\n"
    oid = repo.git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", stdin=raw)
    (repo.path / ".git/refs/heads/main").write_text(f"{oid}\n")
    gaps = scan_targets([str(repo.path)], Options(engine=engine)).incomplete
    assert f"object {header.split()[-1]}" in {gap.what for gap in gaps}
