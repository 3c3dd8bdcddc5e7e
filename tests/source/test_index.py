"""Without its history, a repository is its working tree and what the index holds beside that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from leakscan import Options, ScanResult, scan_targets
from leakscan.git.repository import require_repository
from leakscan.source.index import IndexSource
from tests.builders import Repo, fake_token, new_repository


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return new_repository(tmp_path / "repo")


def without_history(path: Path) -> ScanResult:
    return scan_targets([str(path)], Options(history=False))


def places(result: ScanResult) -> dict[str, list[tuple[str, str | None]]]:
    return {
        finding.secret.reveal(): [(place.where, place.path) for place in finding.locations]
        for finding in result.findings
    }


def delete(repo: Repo) -> None:
    (repo.path / "part/app.py").unlink()


def change(repo: Repo) -> None:
    repo.write("part/app.py", "nothing\n")


def skip(repo: Repo) -> None:
    repo.git("update-index", "--skip-worktree", "part/app.py")
    delete(repo)


def assume(repo: Repo) -> None:
    repo.git("update-index", "--assume-unchanged", "part/app.py")
    change(repo)


def leave_out(repo: Repo) -> None:
    repo.git("sparse-checkout", "set", "other")
    assert not (repo.path / "part").exists()


def become_a_link(repo: Repo) -> None:
    (repo.path / "part").rename(repo.path.parent / "elsewhere")
    (repo.path / "part").symlink_to(repo.path.parent / "elsewhere")


@pytest.mark.parametrize("how", [delete, change, skip, assume, leave_out, become_a_link])
def test_what_the_index_has_and_the_disk_has_not_is_read(repo: Repo, how: Callable[[Repo], None]) -> None:
    token = fake_token("gl" + "pat-", 20)
    repo.commit({"part/app.py": f"token = '{token}'\n", "other/b": "x\n"})
    how(repo)
    assert places(without_history(repo.path)) == {token: [("index", "part/app.py")]}


def test_what_the_disk_has_too_is_read_once(repo: Repo) -> None:
    token = fake_token("gl" + "pat-", 20)
    repo.commit({"a": f"token = '{token}'\n"})
    (repo.path / "link").symlink_to("a")
    repo.git("add", "link")
    assert not list(IndexSource(require_repository(repo.path, "a test")).blobs())
    assert places(without_history(repo.path)) == {token: [("worktree", "a")]}


@pytest.mark.parametrize("history", [True, False])
def test_a_folder_is_read_with_what_the_index_has_in_it(repo: Repo, history: bool) -> None:
    (token, other) = (fake_token("gl" + "pat-", 20) for _ in range(2))
    repo.commit({"part/app.py": f"token = '{token}'\n", "part/b": "x\n", "partly": f"token = '{other}'\n"})
    delete(repo)
    (repo.path / "partly").unlink()
    result = scan_targets([str(repo.path / "part")], Options(history=history))
    assert places(result) == {token: [("index", "part/app.py")]}


def test_a_lost_object_of_a_deleted_file_is_a_gap_and_so_is_one_that_is_too_large(repo: Repo) -> None:
    repo.commit({"part/app.py": "x\n", "large": "y" * 100})
    lost, large = repo.oid("HEAD:part/app.py"), repo.oid("HEAD:large")
    assert without_history(repo.path).complete
    delete(repo)
    repo.lose(lost)
    (repo.path / "large").unlink()
    source = IndexSource(require_repository(repo.path, "a test"), max_bytes=50)
    assert not list(source.blobs())
    assert {gap.what for gap in source.incomplete} == {f"object {lost}", f"object {large}"}
