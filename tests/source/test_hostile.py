"""A repository that plants a program at every extension point of git: none runs, and nothing is hidden."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from leakscan import scan_targets
from leakscan.git.attribution import Attribution
from leakscan.git.repository import discover, require_repository
from leakscan.source.history import HistorySource
from leakscan.source.staged import StagedSource
from leakscan.source.tree import TreeSource
from tests.builders import Repo, fake_token, multiplied, new_repository
from tests.source.hunt import in_history, in_range, in_tree, origins

_HOOKS = """
applypatch-msg pre-applypatch post-applypatch pre-commit pre-merge-commit prepare-commit-msg
commit-msg post-commit pre-rebase post-checkout post-merge pre-push pre-receive update
proc-receive post-receive post-update reference-transaction push-to-checkout pre-auto-gc
post-rewrite sendemail-validate fsmonitor-watchman post-index-change
"""

# Settings whose value is a program; its first argument says which of them ran.
_PROGRAMS = """
core.fsmonitor core.pager core.editor core.askPass core.sshCommand core.gitProxy
core.alternateRefsCommand credential.helper credential.https://example.com.helper gpg.program
gpg.ssh.program gpg.x509.program gpg.ssh.defaultKeyCommand diff.external diff.planted.textconv
diff.planted.command filter.planted.clean filter.planted.smudge filter.planted.process
merge.planted.driver pager.diff pager.log pager.cat-file pager.rev-list pager.ls-files
pager.diff-tree pager.diff-index pager.for-each-ref pager.rev-parse sequence.editor
uploadpack.packObjectsHook remote.origin.uploadpack remote.origin.receivepack
remote.origin.proxy difftool.planted.cmd mergetool.planted.cmd interactive.diffFilter
browser.planted.cmd man.planted.cmd instaweb.httpd sendemail.smtpServer trailer.planted.command
trailer.planted.cmd guitool.planted.cmd
"""

_ALIASES = """
cat-file rev-list diff-tree diff-index ls-files ls-tree for-each-ref rev-parse config status log
"""


def plant(repo: Repo, marker: Path) -> None:
    """Put a program that writes its name into ``marker`` at every place where git could start one."""
    program = repo.path.parent / "program"
    # Whoever talks to a remote waits for it to speak first; whoever filters reads to the end.
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> "{marker}"\n[ "$1" = lazy-fetch ] || exec cat\n')
    program.chmod(0o755)
    hooks = repo.path / ".git/planted-hooks"
    for folder in (hooks, repo.path / ".git/hooks"):
        folder.mkdir(exist_ok=True)
        for name in _HOOKS.split():
            (folder / name).unlink(missing_ok=True)
            (folder / name).symlink_to(program)
    lines = [f"{name} {program} {name}" for name in _PROGRAMS.split()]
    included = repo.path / ".git/included"
    for line in lines:
        name, _, value = line.partition(" ")
        repo.git("config", "--file", str(included), name, value)
    for name in _ALIASES.split():
        repo.git("config", "--file", str(included), f"alias.{name}", f"!{program} alias")
    for name, value in _settings(repo, program, hooks).items():
        repo.git("config", "--file", str(included), name, value)
    repo.write(".git/info/attributes", "* diff=planted filter=planted merge=planted\n")
    repo.write(".git/config.worktree", f"[core]\n\tfsmonitor = {program} config.worktree\n")
    repo.git("config", "extensions.worktreeConfig", "true")
    repo.git("config", "extensions.partialClone", "origin")
    repo.git("config", "core.repositoryFormatVersion", "1")
    repo.git("config", "include.path", str(included))


def _settings(repo: Repo, program: Path, hooks: Path) -> dict[str, str]:
    return {
        "core.hooksPath": str(hooks),
        "core.fsmonitorHookVersion": "2",
        "core.untrackedCache": "true",
        "log.showSignature": "true",
        "remote.origin.url": f"ext::{program} lazy-fetch %S",
        "remote.origin.promisor": "true",
        "remote.origin.partialclonefilter": "blob:none",
        "protocol.allow": "always",
        "protocol.ext.allow": "always",
        "submodule.sub.update": f"!{program} submodule-update",
        "submodule.recurse": "true",
        "fetch.recurseSubmodules": "true",
        "gc.auto": "1",
    }


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "marker"


@pytest.fixture
def tokens() -> dict[str, str]:
    return {place: fake_token() for place in ("history", "tree", "untracked", "staged", "message")}


@pytest.fixture
def repo(tmp_path: Path, marker: Path, tokens: dict[str, str]) -> Repo:
    repo = new_repository(tmp_path / "repo")
    repo.commit({"lost": "a blob that a lazy fetch would ask for", "old": tokens["history"]})
    repo.commit({"old": "clean", "tree": tokens["tree"]}, message=tokens["message"])
    repo.add({"staged": tokens["staged"]})
    repo.write("untracked", tokens["untracked"])
    repo.lose(repo.oid("HEAD:lost"))
    plant(repo, marker)
    return repo


def test_the_planted_programs_do_run_when_git_is_used_as_usual(repo: Repo, marker: Path) -> None:
    """Else the other tests would show nothing."""
    for command in ("status", "log -p --textconv", "log -p --ext-diff", "add .", "commit -m x"):
        repo.git(*command.split(), check=False)
    ran = marker.read_text()
    known = "config.worktree filter.planted.process diff.planted lazy-fetch pre-commit post-index-change"
    for program in known.split():
        assert program in ran


def test_no_planted_program_runs_and_all_is_found(repo: Repo, marker: Path, tokens: dict[str, str]) -> None:
    assert [o.path for o in in_history(repo.path, tokens["history"])] == ["old"]
    assert [o.path for o in in_history(repo.path, tokens["staged"])] == ["staged"]
    assert [o.where for o in in_history(repo.path, tokens["message"])] == ["message"]
    for include_ignored in (False, True):
        for place in ("tree", "untracked", "staged"):
            assert in_tree(repo.path, tokens[place], include_ignored=include_ignored) == [place]
    repository = require_repository(repo.path, "a test")
    assert [o.path for o in origins(StagedSource(repository), tokens["staged"])] == ["staged"]
    assert [o.path for o in origins(in_range(repository, "HEAD~1..HEAD"), tokens["tree"])] == ["tree"]
    history = Attribution(repository)
    assert len(history.in_head()) == 3
    assert len(history.commits([repository.head])) == 1
    assert not marker.exists(), marker.read_text()


def test_the_blob_that_was_not_fetched_is_named(repo: Repo, marker: Path) -> None:
    source = HistorySource(require_repository(repo.path, "a test"))
    list(source.blobs())
    assert any("partial clone" in gap.why for gap in source.incomplete)
    assert not marker.exists()


def test_nothing_is_written_into_the_scanned_repository(repo: Repo) -> None:
    def state() -> dict[str, tuple[int, int]]:
        files = [path for path in repo.path.rglob("*") if path.is_file()]
        return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in files}

    before = state()
    test_paths = (repo.path, repo.path / "tree")
    for path in test_paths:
        list(TreeSource(path, discover(path)).blobs())
    repository = require_repository(repo.path, "a test")
    for source in (HistorySource(repository), StagedSource(repository), in_range(repository, "HEAD~1..")):
        list(source.blobs())
    assert state() == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("color.ui", "always"),
        ("color.diff", "always"),
        ("core.bigFileThreshold", "1"),
        ("core.attributesFile", "hide"),
        ("core.excludesFile", "hide"),
        ("diff.orderFile", "nowhere/at/all"),
        ("diff.relative", "true"),
        ("diff.ignoreSubmodules", "all"),
        ("diff.noprefix", "true"),
        ("log.showRoot", "false"),
        ("core.quotePath", "true"),
        ("i18n.logOutputEncoding", "UTF-16"),
        ("core.packedGitWindowSize", "1"),
        ("core.deltaBaseCacheLimit", "1"),
        ("core.sparseCheckout", "true"),
        ("transfer.hideRefs", "refs"),
        ("core.logAllRefUpdates", "false"),
        ("core.commitGraph", "true"),
        ("pager.diff-tree", "true"),
    ],
)
def test_no_setting_hides_anything(tmp_path: Path, name: str, value: str) -> None:
    old, new, staged = fake_token(), fake_token(), fake_token()
    repo = new_repository(tmp_path / "repo")
    repo.commit({"hide": "* -diff\n*\n"})
    repo.commit({"folder/old": old})
    repo.remove("folder/old")
    repo.commit({"folder/new": new})
    repo.add({"folder/staged": staged})
    repo.write("folder/untracked", new)
    repo.git("config", name, str(tmp_path / "repo/hide") if value == "hide" else value)
    repository = require_repository(repo.path / "folder", "a test")
    assert [o.path for o in in_history(repo.path, old)] == ["folder/old"]
    assert sorted(filter(None, in_tree(repo.path, new))) == ["folder/new", "folder/untracked"]
    assert [o.path for o in origins(StagedSource(repository), staged)] == ["folder/staged"]
    assert [o.path for o in origins(in_range(repository, "HEAD~1.."), new)] == ["folder/new"]


def test_variables_of_the_environment_do_not_redirect_the_scan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, marker: Path
) -> None:
    token = fake_token()
    repo = new_repository(tmp_path / "right")
    repo.commit({"a": token})
    repo.commit({"a": "clean", "b": token})
    wrong = new_repository(tmp_path / "wrong")
    wrong.commit({"x": "x"})
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\necho "$0" >> "{marker}"\nexec cat\n')
    program.chmod(0o755)
    for name, value in {
        "GIT_DIR": wrong.path / ".git",
        "GIT_WORK_TREE": wrong.path,
        "GIT_OBJECT_DIRECTORY": wrong.path / ".git/objects",
        "GIT_COMMON_DIR": wrong.path / ".git",
        "GIT_INDEX_FILE": wrong.path / ".git/index",
        "GIT_NAMESPACE": "nowhere",
        "GIT_CEILING_DIRECTORIES": tmp_path / "right",
        "GIT_EXTERNAL_DIFF": program,
        "GIT_PAGER": program,
        "PAGER": program,
        "GIT_SSH_COMMAND": program,
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": program,
        "GIT_TRACE": tmp_path / "trace",
    }.items():
        monkeypatch.setenv(name, os.fspath(value))
    assert [o.path for o in in_history(repo.path, token)] == ["a", "b"]
    assert in_tree(repo.path, token) == ["b"]
    assert not marker.exists()
    assert not (tmp_path / "trace").exists()


def test_a_replaced_object_does_not_hide_the_one_it_replaces(tmp_path: Path) -> None:
    token = fake_token()
    repo = new_repository(tmp_path / "repo")
    repo.commit({"a": token})
    repo.git("replace", repo.oid("HEAD:a"), repo.blob("harmless"))
    assert [o.path for o in in_history(repo.path, token)] == ["a"]


def test_a_forged_commit_graph_does_not_hide_history(tmp_path: Path) -> None:
    token = fake_token()
    repo = new_repository(tmp_path / "repo")
    repo.commit({"a": token})
    repo.git("commit-graph", "write", "--reachable")
    graph = (repo.path / ".git/objects/info/commit-graph").read_bytes()
    repo.commit({"a": "clean", "b": token})
    repo.write(".git/objects/info/commit-graph-forged", graph)
    (repo.path / ".git/objects/info/commit-graph").chmod(0o644)
    repo.write(".git/objects/info/commit-graph", b"CGPH" + graph[4:-30] + bytes(30))
    assert [o.path for o in in_history(repo.path, token)] == ["a", "b"]


@pytest.mark.parametrize("packed", [True, False])
def test_folders_that_multiply_without_end_do_not_keep_a_scan_from_ending(
    tmp_path: Path, packed: bool
) -> None:
    token = fake_token("gl" + "pat-", 20)
    repo = new_repository(tmp_path / "repo")
    _, tree = multiplied(repo, f"token = '{token}'\n")
    repo.git("update-ref", "refs/heads/main", repo.git("commit-tree", tree, "-m", "bomb"))
    if packed:
        repo.git("repack", "--quiet", "-a", "-d")
    (finding,) = scan_targets([str(repo.path)]).findings
    assert finding.secret.reveal() == token
    assert 0 < len(finding.locations) <= 1000
