"""Repositories inside the target: all that git has of them is read, once, and said to be where they lie."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from leakscan import Finding, Options, ScanResult, scan_targets
from tests.builders import Repo, fake_token, new_repository


def leak() -> tuple[str, str]:
    """A line that leaks a token, and the token."""
    token = fake_token("gl" + "pat-", 20)
    return f"token = '{token}'\n", token


def scanned(path: Path, **options: bool) -> tuple[ScanResult, dict[str, Finding]]:
    """The result of a scan, and its findings by their secrets."""
    result = scan_targets([str(path)], Options(**options))  # type: ignore[arg-type]
    return result, {finding.secret.reveal(): finding for finding in result.findings}


def places(finding: Finding) -> list[tuple[str, str | None]]:
    return [(place.where, place.path) for place in finding.locations]


def gone(path: Path, line: str, *, bare: bool = False) -> str:
    """A repository whose history alone holds the line; the commit that brought it in."""
    work = new_repository(path.with_name("work") if bare else path)
    commit = work.commit({"app.py": line})
    work.remove("app.py")
    if bare:
        work.git("clone", "--quiet", "--bare", ".", str(path))
        shutil.rmtree(work.path)
    return commit


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = new_repository(tmp_path / "repo")
    repo.commit({"README": "a start\n"})
    return repo


def in_a_folder_of_its_own(repo: Repo, line: str) -> tuple[str, str]:
    return "inside", gone(repo.path / "inside", line)


def in_a_folder_with_tracked_files(repo: Repo, line: str) -> tuple[str, str]:
    repo.commit({"folder/inside/tracked": "by the outer one\n"})
    return "folder/inside", gone(repo.path / "folder/inside", line)


def as_a_bare_repository(repo: Repo, line: str) -> tuple[str, str]:
    return "folder/bare.git", gone(repo.path / "folder/bare.git", line, bare=True)


def as_a_bare_repository_that_is_tracked(repo: Repo, line: str) -> tuple[str, str]:
    commit = gone(repo.path / "bare.git", line, bare=True)
    repo.git("add", "bare.git")
    repo.commit()
    return "bare.git", commit


def submodule(repo: Repo, line: str) -> str:
    commit = gone(repo.path.parent / "library", line)
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../library", "sub")
    repo.commit()
    shutil.rmtree(repo.path.parent / "library")
    return commit


def as_a_submodule(repo: Repo, line: str) -> tuple[str, str]:
    return "sub", submodule(repo, line)


def as_a_submodule_that_was_removed(repo: Repo, line: str) -> tuple[str, str]:
    commit = submodule(repo, line)
    repo.git("rm", "--quiet", "-f", "sub")
    repo.commit()
    return ".git/modules/sub", commit


def as_a_submodule_whose_folder_was_deleted(repo: Repo, line: str) -> tuple[str, str]:
    commit = submodule(repo, line)
    shutil.rmtree(repo.path / "sub")
    return ".git/modules/sub", commit


def as_a_working_tree_linked_to_a_repository_elsewhere(repo: Repo, line: str) -> tuple[str, str]:
    commit = gone(repo.path.parent / "elsewhere", line)
    Repo(repo.path.parent / "elsewhere").git("worktree", "add", "--quiet", "-b", "b", str(repo.path / "wt"))
    return "wt", commit


PLACES = [
    in_a_folder_of_its_own,
    in_a_folder_with_tracked_files,
    as_a_bare_repository,
    as_a_bare_repository_that_is_tracked,
    as_a_submodule,
    as_a_submodule_that_was_removed,
    as_a_submodule_whose_folder_was_deleted,
    as_a_working_tree_linked_to_a_repository_elsewhere,
]


@pytest.mark.parametrize("build", PLACES)
def test_the_history_of_a_repository_inside_is_read(
    repo: Repo, build: Callable[[Repo, str], tuple[str, str]]
) -> None:
    line, token = leak()
    where, commit = build(repo, line)
    result, found = scanned(repo.path)
    assert places(found[token]) == [("history", f"{where}/app.py")]
    first = found[token].first_seen
    assert first is not None
    assert (first.oid, found[token].in_head) == (commit, False)
    assert not result.incomplete


@pytest.mark.parametrize("kind", ["work tree", "bare"])
def test_the_history_of_repositories_in_a_plain_folder_is_read(tmp_path: Path, kind: str) -> None:
    line, token = leak()
    gone(tmp_path / "projects/one", line, bare=kind == "bare")
    result, found = scanned(tmp_path / "projects")
    assert places(found[token]) == [("history", "one/app.py")]
    assert result.complete


def test_messages_and_tags_of_a_repository_inside_are_found_where_it_lies(repo: Repo) -> None:
    (line, token), (other, tagged) = leak(), leak()
    inside = new_repository(repo.path / "inside")
    commit = inside.commit(message=line)
    inside.git("tag", "-a", "v1", "-m", other)
    _, found = scanned(repo.path)
    (place,) = [place for place in found[token].locations if place.where == "message"]
    assert (place.path, place.commit) == ("inside", commit)
    assert ("message", "inside/refs/tags/v1") in places(found[tagged])


def test_one_store_is_read_once_however_many_working_trees_it_has(repo: Repo) -> None:
    submodule(repo, "x\n")
    repo.git("worktree", "add", "--quiet", "-b", "other", "linked")
    stores = (repo, Repo(repo.path / "sub"))
    listings = [store.git("cat-file", "--batch-all-objects", "--batch-check") for store in stores]
    lines = [line for listing in listings for line in listing.splitlines() if " tree " not in line]
    assert scanned(repo.path)[0].counts.objects == len(lines)


def test_what_lies_beside_the_tracked_files_of_the_outer_repository_is_read(repo: Repo) -> None:
    (line, token), (_, configured) = leak(), leak()
    repo.commit({"inside/tracked": "x\n", "inside/.gitignore": "hidden\n"})
    repo.git("add", "--force", str(repo.write("inside/hidden", line)))
    inside = new_repository(repo.path / "inside")
    inside.git("config", "remote.o.url", f"https://x:{configured}@example.com/")
    result, found = scanned(repo.path, history=False)
    assert places(found[configured]) == [("worktree", "inside/.git/config")]
    assert ("worktree", "inside/hidden") in places(found[token])
    assert result.complete


def test_without_history_what_is_staged_in_a_repository_inside_is_read(repo: Repo) -> None:
    line, token = leak()
    inside = new_repository(repo.path / "inside")
    inside.add({"staged": line})
    inside.write("staged", "changed again\n")
    _, found = scanned(repo.path, history=False)
    assert places(found[token]) == [("index", "inside/staged")]


@pytest.mark.parametrize(
    "damage", ["no HEAD", "a junk HEAD", "a junk file", "a junk folder", "a link to nothing"]
)
@pytest.mark.parametrize("tracked", [True, False])
def test_a_repository_inside_that_git_refuses_is_a_gap_and_its_files_are_read(
    repo: Repo, damage: str, tracked: bool
) -> None:
    (line, token), (config, configured) = leak(), leak()
    if tracked:
        repo.commit({"inside/tracked": "x\n"})
    inside = new_repository(repo.path / "inside")
    inside.write("file", line)
    dot_git = inside.path / ".git"
    if damage == "no HEAD":
        (dot_git / "HEAD").unlink()
        (dot_git / "config").write_text(config)
    elif damage == "a junk HEAD":
        (dot_git / "HEAD").write_text("junk")
        (dot_git / "config").write_text(config)
    else:
        shutil.rmtree(dot_git)
        if damage == "a junk file":
            dot_git.write_text("junk " + config)
        elif damage == "a junk folder":
            inside.write(".git/config", config)
        else:
            dot_git.symlink_to("nowhere")
    for history in (True, False):
        result, found = scanned(repo.path, history=history)
        assert [gap.what for gap in result.incomplete] == ["inside"]
        assert ("worktree", "inside/file") in places(found[token])
        assert (configured in found) is (damage != "a link to nothing")


def test_an_empty_folder_with_a_repository_that_git_refuses_is_a_gap(repo: Repo) -> None:
    gone(repo.path / "inside", "x\n")
    (repo.path / "inside/.git/HEAD").unlink()
    assert [gap.what for gap in scanned(repo.path)[0].incomplete] == ["inside"]


def test_the_store_of_a_submodule_that_lost_its_head_is_a_gap(repo: Repo) -> None:
    submodule(repo, "x\n")
    shutil.rmtree(repo.path / "sub")
    (repo.path / ".git/modules/sub/HEAD").unlink()
    (gap,) = scanned(repo.path)[0].incomplete
    assert (gap.what, "HEAD" in gap.why) == (".git/modules/sub", True)


@pytest.mark.parametrize("plain", [True, False])
def test_a_bare_repository_that_git_refuses_is_a_gap_and_its_files_are_read(
    repo: Repo, tmp_path: Path, plain: bool
) -> None:
    line, token = leak()
    top = tmp_path / "plain" if plain else repo.path
    gone(top / "bare.git", "x\n", bare=True)
    (top / "bare.git/HEAD").unlink()
    (top / "bare.git/config").write_text(line)
    result, found = scanned(top)
    assert [gap.what for gap in result.incomplete] == ["bare.git"]
    assert places(found[token]) == [("worktree", "bare.git/config")]


def test_folders_called_objects_and_refs_make_no_repository(repo: Repo) -> None:
    repo.commit({"src/objects/a": "x\n", "src/refs/b": "x\n", "src/HEAD/c": "x\n"})
    assert scanned(repo.path)[0].complete


def test_damage_in_a_repository_inside_is_named_with_its_place(repo: Repo) -> None:
    inside = new_repository(repo.path / "inside")
    inside.commit({"a": "one\n"})
    blob = inside.oid("HEAD:a")
    inside.lose(blob)
    assert [gap.what for gap in scanned(repo.path)[0].incomplete] == [f"object {blob} in inside"]


def test_a_git_file_that_names_a_repository_elsewhere_opens_nothing_there(repo: Repo) -> None:
    line, token = leak()
    gone(repo.path.parent / "private", line)
    repo.write("inside/.git", f"gitdir: {repo.path.parent / 'private/.git'}\n")
    result, found = scanned(repo.path)
    assert token not in found
    assert [gap.what for gap in result.skipped] == ["history of inside"]


def test_repositories_in_ignored_folders_are_skipped_with_them_unless_asked_for(repo: Repo) -> None:
    line, token = leak()
    repo.commit({".gitignore": "node_modules/\n"})
    gone(repo.path / "node_modules/one", line)
    result, found = scanned(repo.path)
    assert token not in found
    assert any("ignored" in gap.why for gap in result.skipped)
    _, found = scanned(repo.path, include_ignored=True)
    assert places(found[token]) == [("history", "node_modules/one/app.py")]


def test_a_part_of_a_repository_is_read_with_the_repositories_inside_it(repo: Repo) -> None:
    line, token = leak()
    gone(repo.path / "part/inside", line)
    result, found = scanned(repo.path / "part")
    assert places(found[token]) == [("history", "part/inside/app.py")]
    assert [gap.what for gap in result.skipped] == ["history"]


@pytest.mark.parametrize("folder", ["objects", "objects/info", "refs", "logs/refs", "hooks"])
def test_a_folder_of_a_git_directory_is_read_as_files_and_said_to_be_no_history(
    repo: Repo, folder: str
) -> None:
    line, token = leak()
    repo.write(f".git/{folder}/notes", line)
    result, found = scanned(repo.path / ".git" / folder)
    assert places(found[token]) == [("worktree", f"{folder}/notes")]
    (gap,) = result.incomplete
    assert gap.what == "history"
    assert str(repo.path / ".git") in gap.why


def test_a_file_of_a_git_directory_is_no_history_unless_it_is_of_its_objects(repo: Repo) -> None:
    line, token = leak()
    result, found = scanned(repo.write(".git/COMMIT_EDITMSG", line))
    assert places(found[token]) == [("worktree", "COMMIT_EDITMSG")]
    assert result.complete
    assert not scanned(repo.object_file(repo.oid("HEAD")))[0].complete


def test_a_chain_of_repositories_that_is_too_long_ends_in_a_gap(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(33):
        folder = new_repository(folder / "in").path
    (gap,) = scanned(tmp_path / "in", history=False)[0].incomplete
    assert "inside each other" in gap.why


def test_a_working_tree_outside_the_target_is_named(repo: Repo) -> None:
    linked = repo.path.parent / "linked"
    repo.git("worktree", "add", "--quiet", "-b", "other", str(linked))
    repo.git("worktree", "add", "--quiet", "-b", "third", "within")
    repo.git("worktree", "add", "--quiet", "-b", "fourth", "../deleted")
    shutil.rmtree(repo.path.parent / "deleted")
    assert [gap.what for gap in scanned(repo.path)[0].skipped] == [f"working tree {linked}"]
    others = [f"working tree {repo.path}", f"working tree {repo.path / 'within'}"]
    assert [gap.what for gap in scanned(linked)[0].skipped] == others


@pytest.mark.parametrize("history", [True, False])
def test_a_file_that_is_staged_as_in_head_but_changed_on_disk_is_read(repo: Repo, history: bool) -> None:
    line, token = leak()
    repo.commit({"a": "clean\n"})
    repo.write("a", line)
    repo.git("update-index", "--assume-unchanged", "a")
    _, found = scanned(repo.path, history=history)
    assert places(found[token]) == [("worktree", "a")]


@pytest.mark.parametrize("target", ["store.git", "store.git/objects"])
def test_a_store_without_a_head_is_no_clean_folder(target: str, tmp_path: Path) -> None:
    repo = new_repository(tmp_path / "repo")
    repo.commit({"leak": leak()[0]})
    shutil.copytree(repo.path / ".git", tmp_path / "store.git")
    (tmp_path / "store.git/HEAD").unlink()
    result, _ = scanned(tmp_path / target)
    assert not result.complete
    assert [gap.why for gap in result.incomplete] == ["an object store without a HEAD, which git refuses"]


def test_a_file_below_a_thousand_folders_is_read(tmp_path: Path) -> None:
    here = Path.cwd()
    line, token = leak()
    os.chdir(tmp_path)
    try:
        for _ in range(1100):
            Path("d").mkdir()
            os.chdir("d")
        Path("leak").write_text(line)
    finally:
        os.chdir(here)
    _, found = scanned(tmp_path)
    assert token in found
    subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)  # Python's own gives up
