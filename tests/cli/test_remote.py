"""``leakscan scan URL``: cloned from real servers, scanned, and removed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakscan.errors import UsageError
from leakscan.git.clone import PROTOCOLS, remote
from tests.builders import Repo, fake_token, new_repository
from tests.cli.test_scan import leak
from tests.git.http_server import git_server, silent_server


class Scanner:
    """A user whose clones are made in a folder of their own, with no configuration of git's."""

    def __init__(self, folder: Path) -> None:
        self.temporary, self.folder = folder / "tmp", folder
        self.temporary.mkdir()

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        from leakscan.ruleset.cache import cache_folder

        kept["LEAKSCAN_CACHE_DIR"] = str(cache_folder())
        return {**kept, "TMPDIR": str(self.temporary), "XDG_CONFIG_HOME": str(self.folder / "none")}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "leakscan", "scan", *arguments]

    def scan(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            env=self.environment | more,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def result(self, *arguments: str, **more: str) -> dict[str, Any]:
        done = self.scan("--format", "json", *arguments, **more)
        assert done.stdout, done.stderr
        assert not [*self.temporary.iterdir()]
        return dict(json.loads(done.stdout))


@pytest.fixture
def scanner(tmp_path: Path) -> Scanner:
    return Scanner(tmp_path)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """One with a leak in each part that only a mirror has."""
    repo = new_repository(tmp_path / "srv" / "app.git")
    repo.commit({"gone.py": leak()[0]})
    repo.remove("gone.py")
    repo.git("switch", "--quiet", "-c", "topic")
    repo.commit({"topic.py": leak()[0]})
    repo.git("update-ref", "refs/pull/7/head", repo.commit({"pull.py": leak()[0]}))
    repo.git("switch", "--quiet", "main")
    repo.git("branch", "--quiet", "--force", "topic", "topic~1")
    repo.git("tag", "-a", "v1", "-m", f"release {leak()[0]}")
    return repo


def places(result: dict[str, Any]) -> set[str]:
    return {place["path"] for finding in result["findings"] for place in finding["locations"]}


ALL = {"gone.py", "topic.py", "pull.py", "refs/tags/v1"}


def test_a_url_is_scanned_with_all_its_refs_and_nothing_is_left(repo: Repo, scanner: Scanner) -> None:
    url = f"file://{repo.path}"
    result = scanner.result(url)
    assert (places(result), result["scan"]["targets"], result["scan"]["complete"]) == (ALL, [url], True)
    with git_server(repo.path.parent) as address:
        result = scanner.result(f"{address}/app.git")
        assert (places(result), result["scan"]["targets"]) == (ALL, [f"{address}/app.git"])


def test_a_login_in_the_url_is_used_and_shown_and_kept_nowhere(repo: Repo, scanner: Scanner) -> None:
    password = fake_token("", 20)
    with git_server(repo.path.parent, f"me:{password}") as address:
        url = f"{address}/app.git".replace("http://", f"http://me:{password}@")
        done = scanner.scan("--keep", "kept", "--format", "json", url)
        assert places(json.loads(done.stdout)) == ALL
        assert password not in done.stdout + done.stderr
        assert password not in (scanner.folder / "kept" / "config").read_text()
        done = scanner.scan("--keep", "kept", url)
        assert (done.returncode, "kept is there already" in done.stderr) == (2, True)
        for wrong in (url.replace(password, "wrong-" + password), url.replace(f":{password}", "")):
            done = scanner.scan(wrong)
            assert (done.returncode, "asks for a login" in done.stderr) == (2, True), done.stderr
            assert password not in done.stderr


def test_a_token_alone_is_a_login_too(repo: Repo, scanner: Scanner) -> None:
    token = fake_token("ghp_")
    with git_server(repo.path.parent, f"{token}:") as address:
        done = scanner.scan("--format", "json", f"{address}/app.git".replace("://", f"://{token}@"))
        assert places(json.loads(done.stdout)) == ALL
        assert token not in done.stdout + done.stderr


def test_a_helper_of_the_users_gives_the_login(repo: Repo, scanner: Scanner, tmp_path: Path) -> None:
    config = tmp_path / ".gitconfig"
    config.write_text("[credential]\n\thelper = \"!printf 'username=me\\\\npassword=pass\\\\n'; :\"\n")
    with git_server(repo.path.parent, "me:pass") as address:
        assert places(scanner.result(f"{address}/app.git", HOME=str(tmp_path))) == ALL


def test_what_cannot_be_cloned_says_why_and_what_to_do(repo: Repo, scanner: Scanner) -> None:
    with git_server(repo.path.parent) as address:
        closed = address
        missing = scanner.scan(f"{address}/other.git")
        assert (missing.returncode, "there is no git repository" in missing.stderr) == (2, True)
    with git_server(repo.path.parent, "me:pass") as address:
        locked = scanner.scan(f"{address}/app.git")
        assert (locked.returncode, "asks for a login" in locked.stderr) == (2, True)
    for url, why in (
        ("https://no-such-host.invalid/x.git", "its host is unknown"),
        (f"{closed}/app.git", "onnect"),
        (f"file://{repo.path.parent}", "there is no git repository"),
        ("file:///nowhere/x.git", "there is no git repository"),
        ("ext::sh -c true", "ext:: is no protocol"),
        ("ftp://example.com/x.git", "ftp:// is no protocol"),
        ("https://example.com", "names no repository"),
    ):
        done = scanner.scan(url)
        assert (done.returncode, done.stdout, why in done.stderr) == (2, "", True), done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert not [*scanner.temporary.iterdir()]


def test_ssh_is_asked_for_nothing(repo: Repo, scanner: Scanner, tmp_path: Path) -> None:
    ssh, asked = tmp_path / "ssh", tmp_path / "asked"
    # What a server's sshd does with the last argument: it runs it.
    ssh.write_text(
        f'#!/bin/sh\n[ "$1" = -G ] && exit\necho "$@" > {asked}\nfor last; do :; done\neval "$last"\n'
    )
    ssh.chmod(0o755)
    for url in (f"git@git.example.com:{repo.path}", f"ssh://git@git.example.com:2222{repo.path}"):
        result = scanner.result(url, GIT_SSH_COMMAND=str(ssh))
        assert (places(result), result["scan"]["targets"]) == (ALL, [url])
        assert "-o BatchMode=yes" in asked.read_text()


def test_nothing_of_the_server_or_the_user_is_run(repo: Repo, scanner: Scanner, tmp_path: Path) -> None:
    ran, template = tmp_path / "ran", tmp_path / "template" / "hooks"
    template.mkdir(parents=True)
    hook = template / "reference-transaction"
    hook.write_text(f"#!/bin/sh\necho ran >> {ran}\n")
    hook.chmod(0o755)
    (tmp_path / ".gitconfig").write_text(
        f"[init]\n\ttemplateDir = {template.parent}\n[core]\n\thooksPath = {template}\n\tfsmonitor = {hook}\n"
    )
    repo.git("config", "core.hooksPath", str(template))
    repo.git("config", "core.fsmonitor", str(hook))
    repo.git("config", "uploadpack.packObjectsHook", str(hook))
    url = f"file://{repo.path}"
    assert places(scanner.result(url, HOME=str(tmp_path), GIT_DIR=str(tmp_path / "elsewhere"))) == ALL
    assert not ran.exists()


def test_several_targets_are_told_apart(repo: Repo, scanner: Scanner, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(leak()[0])
    with git_server(repo.path.parent) as address:
        result = scanner.result(f"{address}/app.git", "own.py")
        host = address.removeprefix("http://")
    assert places(result) == {"own.py", *(f"{host}/app.git/{path}" for path in ALL)}
    assert str(scanner.temporary) not in json.dumps(result)


def test_an_empty_repository_is_clean(scanner: Scanner, tmp_path: Path) -> None:
    new_repository(tmp_path / "empty")
    assert scanner.scan(f"file://{tmp_path}/empty").returncode == 0


def test_commits_are_chosen_as_in_any_repository(repo: Repo, scanner: Scanner) -> None:
    url = f"file://{repo.path}"
    assert places(scanner.result("--branch", "topic", url)) == {"gone.py", "topic.py"}
    assert places(scanner.result("--range", "main..topic", url)) == {"topic.py"}


@pytest.mark.parametrize(
    "options",
    [("--staged",), ("--no-history",), ("--since-last",), ("--state", "s"), ("--trust-repo-config",)],
)
def test_an_option_that_needs_a_repository_on_disk_is_an_error(
    repo: Repo, scanner: Scanner, options: tuple[str, ...]
) -> None:
    done = scanner.scan(*options, f"file://{repo.path}")
    assert (done.returncode, f"leave out {options[0]}" in done.stderr) == (2, True)
    assert scanner.scan("--keep", "kept", str(repo.path)).returncode == 2


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130)])
def test_a_clone_that_is_interrupted_leaves_nothing(scanner: Scanner, number: int, code: int) -> None:
    with silent_server() as address:
        process = subprocess.Popen(
            scanner.command(f"{address}/x.git"), env=scanner.environment, stderr=subprocess.PIPE, text=True
        )
        deadline = time.monotonic() + 20
        while not [*scanner.temporary.rglob("HEAD")]:  # git has begun
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(number)
        _, complaints = process.communicate(timeout=20)
    assert (process.returncode, complaints) == (code, "leakscan: interrupted\n")
    assert not [*scanner.temporary.iterdir()]


@pytest.mark.parametrize(
    "path", [".", "-", "src/app.py", "C:/src", "a:b", "x@y/z:1", "./git@host:x", "no-colon"]
)
def test_a_path_is_no_url(path: str) -> None:
    assert remote(path) is None


def test_a_file_that_is_called_like_a_url_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "git@host:x").write_text("")
    assert remote("git@host:x") is None
    assert remote("git@host:y") is not None


@given(
    protocol=st.sampled_from(PROTOCOLS),
    user=st.text(min_size=1),
    password=st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=12),
    host=st.from_regex(r"[a-z][a-z0-9.-]{0,9}(:[1-9][0-9]{0,3})?", fullmatch=True),
    path=st.from_regex(r"/[a-z0-9/]{1,8}\.git", fullmatch=True),
)
def test_a_password_is_never_in_what_is_shown(
    protocol: str, user: str, password: str, host: str, path: str
) -> None:
    login = f"{quote(user, safe='')}:{quote(password, safe='')}"
    found = remote(f"{protocol}://{login}@{host}{path}")
    assert found is not None
    assert (found.user, found.password) == (user, password)
    parts = {*re.split("[:/@]", f"{found.url} {found.name}")} - {quote(user, safe="")}  # which ssh needs
    assert not {password, quote(password, safe="")} & parts
    assert found.url.endswith(f"{host}{path}")


@pytest.mark.parametrize(
    "url", ["me:secretword@host.example/x.git", "https:/me:secretword@host.example/x.git"]
)
def test_a_login_without_a_protocol_is_an_error_that_does_not_show_it(url: str) -> None:
    with pytest.raises(UsageError) as error:
        remote(url)
    assert "secretword" not in str(error.value)


@pytest.mark.parametrize("url", ["https://", "https:///x", "https://host/", "http://[::1/x", "svn://host/x"])
def test_a_url_that_is_none_is_an_error(url: str) -> None:
    with pytest.raises(UsageError):
        remote(url)
