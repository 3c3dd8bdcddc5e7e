"""The working tree as git sees it, and everything else that may be named as a target."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from leakscan.errors import UsageError
from leakscan.git.repository import discover
from leakscan.source.tree import TreeSource
from tests.builders import Repo, fake_token, new_repository
from tests.source.hunt import in_tree, origins

_NOBODY = 65534


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = new_repository(tmp_path / "repo")
    repo.commit({"README": "a start"})
    return repo


@pytest.fixture
def token() -> str:
    return fake_token()


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may read everything; for the time of this, we are somebody who may not."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


def test_tracked_changed_and_untracked_files_are_read(repo: Repo, token: str) -> None:
    repo.commit({"tracked": token, "changed": "old"})
    repo.write("changed", token)
    repo.write("new folder/untracked", token)
    assert sorted(filter(None, in_tree(repo.path, token))) == ["changed", "new folder/untracked", "tracked"]


def test_ignored_files_are_counted_and_read_only_on_request(repo: Repo, token: str) -> None:
    repo.commit({".gitignore": "*.log\nbuild/\n"})
    repo.write("a.log", token)
    repo.write("build/b", token)
    source = TreeSource(repo.path, discover(repo.path))
    assert origins(source, token) == []
    assert [gap.what for gap in source.skipped] == ["2 ignored entries (files and folders)"]
    assert in_tree(repo.path, token, include_ignored=True) == ["a.log", "build/b"]


def test_a_tracked_file_that_is_ignored_as_well_is_read(repo: Repo, token: str) -> None:
    repo.commit({".gitignore": "*.env\n", "prod.env": token})
    assert in_tree(repo.path, token) == ["prod.env"]


def test_the_repositorys_own_files_are_read(repo: Repo) -> None:
    tokens = {name: fake_token() for name in ("config", "hooks/post-checkout", "logs/odd", "MERGE_MSG")}
    tokens["modules/sub/config"] = fake_token()
    for name, token in tokens.items():
        with repo.write(f".git/{name}", "").open("w") as file:
            file.write(f'[core]\nrepositoryformatversion = 0\n[remote "o"]\nurl = https://u:{token}@h/\n')
    for name, token in tokens.items():
        assert in_tree(repo.path, token) == [f".git/{name}"]


def test_a_bare_repositorys_own_files_are_read_but_not_its_object_store(tmp_path: Path, token: str) -> None:
    repo = new_repository(tmp_path / "bare.git", bare=True)
    repo.git("config", "remote.o.url", f"https://x:{token}@example.com/")
    repo.write("objects/pack/stray", token)
    repo.write("logs/refs/heads/objects/x", token)
    assert in_tree(repo.path, token) == ["config", "logs/refs/heads/objects/x"]


def test_a_sub_directory_is_read_alone_with_paths_from_the_top(repo: Repo, token: str) -> None:
    repo.commit({"src/a": token, "other/b": token})
    repo.write("src/new", token)
    assert sorted(filter(None, in_tree(repo.path / "src", token))) == ["src/a", "src/new"]


def test_a_sub_directory_with_a_pathspec_for_a_name_is_that_folder(repo: Repo, token: str) -> None:
    repo.commit({":(exclude)x/a": token, "x/b": token, "*/c": token})
    assert in_tree(repo.path / ":(exclude)x", token) == [":(exclude)x/a"]
    assert in_tree(repo.path / "*", token) == ["*/c"]


def test_a_single_file_is_read_even_if_ignored(repo: Repo, token: str) -> None:
    repo.write(".git/info/exclude", "secret\n")
    repo.write("src/secret", token)
    assert in_tree(repo.path / "src/secret", token) == ["src/secret"]


def test_a_plain_folder_is_read_and_so_is_a_plain_file(tmp_path: Path, token: str) -> None:
    file = tmp_path / "plain/deep/er/file"
    file.parent.mkdir(parents=True)
    file.write_text(token)
    assert in_tree(tmp_path / "plain", token) == ["deep/er/file"]
    assert in_tree(file, token) == ["file"]


def test_a_linked_working_tree_is_read_with_the_files_of_the_shared_git_directory(
    repo: Repo, token: str
) -> None:
    repo.git("worktree", "add", "--quiet", "-b", "other", "../linked")
    repo.git("config", "remote.o.url", f"https://x:{token}@example.com/")
    linked = Repo(repo.path.parent / "linked")
    linked.write("new", token)
    assert in_tree(linked.path, token) == ["new", ".git/config"]


def test_the_files_of_submodules_and_repositories_inside_are_read(repo: Repo, token: str) -> None:
    library = new_repository(repo.path.parent / "library")
    library.commit({"lib.py": token})
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../library", "sub")
    inside = new_repository(repo.path / "inside")
    inside.write("untracked", token)
    inside.git("config", "remote.o.url", f"https://x:{token}@example.com/")
    source = TreeSource(repo.path, discover(repo.path))
    found = [origin.path for origin in origins(source, token)]
    assert sorted(filter(None, found)) == ["inside/.git/config", "inside/untracked", "sub/lib.py"]
    assert [met.where for met in source.repositories.with_history()] == ["", "inside", "sub"]


def test_repositories_in_a_plain_folder_are_read_as_repositories(tmp_path: Path, token: str) -> None:
    repo = new_repository(tmp_path / "projects/one")
    repo.commit({".gitignore": "ignored\n", "a": token})
    repo.write("ignored", token)
    bare = new_repository(tmp_path / "projects/two.git", bare=True)
    bare.git("config", "remote.o.url", f"https://x:{token}@example.com/")
    assert in_tree(tmp_path / "projects", token) == ["one/a", "two.git/config"]


def test_plain_files_under_a_link_to_a_commit_are_read(repo: Repo, token: str) -> None:
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{repo.oid('HEAD')},sub")
    repo.write("sub/file", token)
    assert in_tree(repo.path, token) == ["sub/file"]


def test_symbolic_links_are_never_followed(repo: Repo, token: str) -> None:
    outside = repo.path.parent / "outside"
    outside.mkdir()
    (outside / "secret").write_text(token)
    (repo.path / "file-link").symlink_to(outside / "secret")
    (repo.path / "folder-link").symlink_to(outside)
    (repo.path / ".git/link").symlink_to(outside / "secret")
    source = TreeSource(repo.path, discover(repo.path))
    assert origins(source, token) == []
    assert "3 symbolic links" in [gap.what for gap in source.skipped]


def test_the_text_of_a_symbolic_link_is_read(repo: Repo, token: str) -> None:
    (repo.path / "link").symlink_to(f"https://{token}@example.com/x")
    assert in_tree(repo.path, token) == ["link"]
    assert in_tree(repo.path.parent, token) == [f"{repo.path.name}/link"]


def test_a_folder_that_became_a_link_after_it_was_added_is_not_followed(repo: Repo, token: str) -> None:
    repo.commit({"folder/deep/secret": "harmless"})
    (repo.path / "folder").rename(repo.path.parent / "outside")
    (repo.path.parent / "outside/deep/secret").write_text(token)
    (repo.path / "folder").symlink_to(repo.path.parent / "outside")
    assert in_tree(repo.path, token) == []


def test_a_link_that_the_user_names_is_what_it_points_at(repo: Repo, token: str) -> None:
    repo.commit({"a": token})
    (repo.path.parent / "link").symlink_to(repo.path)
    assert in_tree(repo.path.parent / "link", token) == ["a"]


def test_pipes_and_sockets_are_passed_over_without_waiting(
    tmp_path: Path, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket is limited to 108 bytes
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        (tmp_path / "file").write_text(token)
        source = TreeSource(tmp_path)
        assert [origin.path for origin in origins(source, token)] == ["file"]
        assert [gap.what for gap in source.skipped] == ["2 special files"]
    with pytest.raises(UsageError, match="neither a file nor a folder"):
        TreeSource(tmp_path / "pipe")


def test_names_that_are_no_utf8_or_hold_control_characters_are_shown_safely(repo: Repo, token: str) -> None:
    names = [b"caf\xe9", b"new\nline", b"esc\x1b[2J", "Schlüssel 密钥".encode()]
    for name in names:
        Path(os.fsdecode(os.fsencode(repo.path) + b"/" + name)).write_text(token)
    expected = ["Schlüssel 密钥", r"caf\xe9", r"esc\x1b[2J", r"new\nline"]
    assert sorted(filter(None, in_tree(repo.path, token))) == expected
    (repo.path / ".git").rename(repo.path.parent / "elsewhere")
    assert sorted(filter(None, in_tree(repo.path, token))) == expected


def test_two_names_that_are_shown_alike_are_both_read(repo: Repo, token: str) -> None:
    repo.write("a\x1b", token)
    repo.write(r"a\x1b", token)
    assert in_tree(repo.path, token) == [r"a\x1b", r"a\x1b"]


def test_a_file_over_the_limit_is_named_and_the_rest_is_read(tmp_path: Path, token: str) -> None:
    (tmp_path / "large").write_text("x" * 200)
    (tmp_path / "small").write_text(token)
    source = TreeSource(tmp_path, max_bytes=100)
    assert len(origins(source, token)) == 1
    assert [(gap.what, "--max-bytes" in gap.why) for gap in source.incomplete] == [("large", True)]


def test_unreadable_files_and_folders_are_named_and_the_rest_is_read(token: str) -> None:
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base)
        folder.chmod(0o755)
        (folder / "open").write_text(token)
        (folder / "closed").write_text(token)
        (folder / "closed").chmod(0)
        (folder / "locked").mkdir(mode=0)
        with as_nobody():
            source = TreeSource(folder)
            found = origins(source, token)
            with pytest.raises(UsageError, match="permission denied"):
                TreeSource(folder / "locked")
        assert [origin.path for origin in found] == ["open"]
        assert sorted(gap.what for gap in source.incomplete) == ["closed", "locked"]


def test_an_unreadable_folder_of_a_repository_is_named(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as base:
        monkeypatch.setenv("HOME", base)  # where git looks for its user's configuration
        repo = new_repository(Path(base))
        repo.write("locked/secret", token)
        repo.write("open", token)
        if os.geteuid() == 0:
            for path in (repo.path, *repo.path.rglob("*")):
                os.chown(path, _NOBODY, -1)
        (repo.path / "locked").chmod(0)
        with as_nobody():
            source = TreeSource(repo.path, discover(repo.path))
            found = origins(source, token)
        assert [origin.path for origin in found] == ["open"]
        assert [gap.what for gap in source.incomplete] == ["locked/"]
        (repo.path / "locked").chmod(0o700)


def test_a_damaged_index_is_named_and_the_files_are_read_all_the_same(repo: Repo, token: str) -> None:
    repo.commit({"a": token})
    (repo.path / ".git/index").write_bytes(b"DIRC, or so it says")
    source = TreeSource(repo.path, discover(repo.path))
    assert [origin.path for origin in origins(source, token)] == ["a"]
    assert [gap.what for gap in source.incomplete] == ["index"]


def test_a_damaged_repository_inside_is_named_and_its_files_are_read(repo: Repo, token: str) -> None:
    inside = new_repository(repo.path / "inside")
    inside.write("file", token)
    (inside.path / ".git/HEAD").write_text("nonsense")
    source = TreeSource(repo.path, discover(repo.path))
    assert "inside/file" in [origin.path for origin in origins(source, token)]


def test_a_setting_cannot_move_or_hide_the_working_tree(repo: Repo, token: str) -> None:
    repo.write("untracked", token)
    empty = repo.path.parent / "empty"
    empty.mkdir()
    repo.git("config", "core.worktree", str(empty))
    assert in_tree(repo.path, token) == ["untracked"]
    repo.git("config", "--unset", "core.worktree")
    repo.git("config", "core.bare", "true")
    assert in_tree(repo.path, token) == ["untracked"]


def test_a_target_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        TreeSource(tmp_path / "nowhere")
