"""``leakscan scan`` as a user runs it: a process, its output and its exit code."""

from __future__ import annotations

import json
import random
import string
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.builders import Repo, clone, new_repository

WORDS = string.ascii_letters + string.digits


def random_word(length: int, alphabet: str = WORDS) -> str:
    """Random characters with digits and both cases among them; with one digit it might read like a name."""
    while True:
        word = "".join(random.choices(alphabet, k=length))
        if sum(c.isdigit() for c in word) > length // 7 and word.lower() != word and word.upper() != word:
            return word


def leak() -> tuple[str, str]:
    """A line that leaks a GitLab token, and the token."""
    token = "gl" + "pat-" + random_word(20)
    return f"token = '{token}'\n", token


def leakscan(*arguments: str | Path, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [sys.executable, "-m", "leakscan", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        env={**os.environ, **variables},
        check=False,
    )


def scanned(*arguments: str | Path, code: int = 1, stdin: str = "") -> dict[str, Any]:
    """The JSON result of a scan that must end with this exit code."""
    done = leakscan("scan", "--format", "json", "--reveal", *arguments, stdin=stdin)
    assert done.returncode == code, done.stdout + done.stderr
    return dict(json.loads(done.stdout))


def values(result: dict[str, Any]) -> set[str]:
    return {finding["secret"]["value"] for finding in result["findings"]}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = new_repository(tmp_path / "repo")
    repo.commit({"README": "hello\n"})
    return repo


def test_a_secret_that_was_removed_is_found_with_its_commit(repo: Repo) -> None:
    line, token = leak()
    repo.commit({"app.py": "x = 1\n" + line}, "add the client")
    introduced = repo.oid("HEAD")
    repo.commit({"app.py": "x = 1\n"}, "remove it")
    result = scanned(repo.path)
    (finding,) = result["findings"]
    assert finding["secret"]["value"] == token
    assert finding["rule"] == "gitlab-personal-access-token"
    assert finding["in_head"] is False
    assert finding["first_seen"]["commit"] == introduced
    assert finding["first_seen"]["subject"] == "add the client"
    (location,) = finding["locations"]
    assert (location["where"], location["path"], location["line"]) == ("history", "app.py", 2)
    assert result["scan"]["complete"] is True


def test_formats_and_files_have_short_names(repo: Repo, tmp_path: Path) -> None:
    _, token = leak()
    repo.commit({"app.py": f"x = '{token}'\n"})
    assert leakscan("scan", "-f", "sarif", "-o", tmp_path / "report", repo.path).returncode == 1
    assert json.loads((tmp_path / "report").read_bytes())["version"] == "2.1.0"


def test_the_commit_that_brought_a_secret_in_is_named_and_no_later_one_with_an_older_date(repo: Repo) -> None:
    line, _ = leak()
    introduced = repo.commit({"app.py": line})
    repo.add({"app.py": "x = 1\n" + line})
    repo.git("commit", "--quiet", "--date", "2001-01-01T00:00:00Z", "-m", "rebased")
    (finding,) = scanned(repo.path)["findings"]
    assert finding["first_seen"]["commit"] == introduced
    assert [(place["where"], place["line"]) for place in finding["locations"]] == [
        ("worktree", 2),
        ("history", 1),
    ]


def test_one_secret_in_many_files_and_commits_is_one_finding(repo: Repo) -> None:
    line, token = leak()
    for number in range(4):
        repo.commit({f"file{number}.py": "#\n" * number + line, "app.py": f"n = {number}\n" + line})
    (finding,) = scanned(repo.path)["findings"]
    assert finding["secret"]["value"] == token
    assert finding["in_head"] is True
    paths = {place["path"] for place in finding["locations"] if place["where"] == "history"}
    assert paths == {"app.py", *(f"file{number}.py" for number in range(4))}


def test_a_report_redacts_and_tells_what_to_do(repo: Repo) -> None:
    key_id, secret = "LTAI5t" + random_word(18), random_word(30)
    repo.commit({"app.properties": f"oss.accessKeyId={key_id}\noss.accessKeySecret={secret}\n"})
    done = leakscan("scan", repo.path)
    assert done.returncode == 1
    assert secret not in done.stdout + done.stderr
    assert key_id not in done.stdout + done.stderr
    for text in (
        "AccessKey pair",
        "app.properties:2",
        key_id[:6],
        "disable",
        "recycle bin",
        "restrictive protection",
        "STS",
    ):
        assert text.lower() in done.stdout.lower(), text


def test_a_clean_repository_is_said_to_be_clean_and_how_much_was_read(repo: Repo) -> None:
    done = leakscan("scan", repo.path)
    assert (done.returncode, "CLEAN" in done.stdout, "1 commit" in done.stdout) == (0, True, True)


@pytest.mark.parametrize("damage", ["lose", "damage"])
def test_a_blob_that_cannot_be_read_is_never_clean(repo: Repo, damage: str) -> None:
    line, token = leak()
    repo.commit({"gone.txt": "nothing to see\n"})
    gone = repo.oid("HEAD:gone.txt")
    repo.remove("gone.txt")
    getattr(repo, damage)(gone)
    result = scanned("--no-history", repo.path, code=0)
    assert result["scan"]["complete"] is True
    result = scanned(repo.path, code=3)
    assert result["scan"]["complete"] is False
    assert any(gone in gap["what"] for gap in result["scan"]["incomplete"])
    assert "CLEAN" not in leakscan("scan", repo.path).stdout
    assert leakscan("scan", "--allow-incomplete", repo.path).returncode == 0
    repo.commit({"app.py": line})
    assert values(scanned(repo.path, code=1)) == {token}


def test_a_shallow_clone_is_incomplete_and_the_mend_is_told(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"b.txt": "two\n"})
    shallow = clone(repo, tmp_path / "shallow", "--depth=1")
    done = leakscan("scan", shallow.path)
    assert done.returncode == 3
    assert "--unshallow" in done.stdout


def test_without_a_path_the_whole_repository_is_scanned_from_any_of_its_folders(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit({"app.py": leak()[0], "src/clean.py": "x = 1\n"})
    repo.commit({"app.py": "x = 1\n"})
    monkeypatch.chdir(repo.path / "src")
    (finding,) = scanned()["findings"]
    assert [place["path"] for place in finding["locations"]] == ["app.py"]
    assert scanned(".", code=0)["findings"] == []


def test_staged_reports_only_what_the_commit_would_add(repo: Repo) -> None:
    (old, old_token), (new, new_token) = leak(), leak()
    repo.commit({"app.py": old})
    repo.add({"app.py": old + new})
    repo.write("app.py", "nothing\n")
    result = scanned("--staged", repo.path)
    assert values(result) == {new_token}
    assert old_token not in json.dumps(result)
    assert result["findings"][0]["locations"][0]["where"] == "index"


def test_a_repository_that_ignores_case_hides_no_file(repo: Repo) -> None:
    line, token = leak()
    repo.commit({"readme": "hello\n"})
    repo.git("config", "core.ignoreCase", "true")
    repo.write("ReadMe", line)
    assert values(scanned("--no-history", repo.path)) == {token}


def test_an_ignored_folder_is_read_when_it_is_named(repo: Repo) -> None:
    line, token = leak()
    repo.commit({".gitignore": "build/\n"})
    repo.write("build/app.py", line)
    assert values(scanned(repo.path / "build")) == {token}
    scanned("--no-history", repo.path, code=0)


def test_what_git_lfs_keeps_is_read(repo: Repo) -> None:
    line, token = leak()
    repo.write(".git/lfs/objects/ab/cd/abcd", line)
    assert values(scanned(repo.path)) == {token}


@pytest.mark.parametrize("commit", [["-a"], ["app.py"], []])
def test_in_a_hook_the_index_of_that_commit_counts(repo: Repo, commit: list[str]) -> None:
    line, _ = leak()
    repo.commit({"app.py": "x = 1\n"})
    hook = repo.path / ".git" / "hooks" / "pre-commit"
    hook.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m leakscan scan --staged\n")
    hook.chmod(0o755)
    repo.write("app.py", "x = 1\n" + line)
    if not commit:
        repo.git("add", "app.py")
    with pytest.raises(AssertionError, match="git commit"):
        repo.git("commit", "-m", "leak", *commit)
    repo.write("app.py", "x = 2\n")
    repo.git("add", "app.py")
    repo.git("commit", "-m", "clean", *commit)


def test_a_range_reports_what_its_commits_add_and_by_whom(repo: Repo) -> None:
    (old, _), (new, new_token) = leak(), leak()
    base = repo.commit({"app.py": old})
    added = repo.commit({"app.py": old + new}, "second client")
    (finding,) = scanned("--range", f"{base}..HEAD", repo.path)["findings"]
    assert finding["secret"]["value"] == new_token
    assert finding["first_seen"]["commit"] == added
    assert leakscan("scan", "--range", "nope..HEAD", repo.path).returncode == 2


def test_standard_input_files_and_folders_without_git(tmp_path: Path) -> None:
    line, token = leak()
    assert values(scanned("-", stdin=line)) == {token}
    (tmp_path / "plain").mkdir()
    file = tmp_path / "plain" / "notes.md"
    file.write_text(line)
    assert values(scanned(file)) == {token}
    (finding,) = scanned(tmp_path / "plain")["findings"]
    assert finding["in_head"] is None
    assert finding["locations"][0]["path"] == "notes.md"


def test_a_diff_that_is_piped_in_has_the_places_of_its_files(repo: Repo) -> None:
    (old, old_token), (new, new_token) = leak(), leak()
    repo.commit({"app.py": "x = 1\n" * 20 + old})
    repo.write("app.py", "x = 1\n" * 20 + new)
    result = scanned("-", stdin=repo.git("diff") + "\n")
    places = {
        finding["secret"]["value"]: [(place["where"], place["path"], place["line"])]
        for finding in result["findings"]
        for place in finding["locations"]
    }
    assert places == {new_token: [("stdin", "app.py", 21)], old_token: [("stdin", None, 9)]}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "latin-1"])
def test_texts_in_other_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    line, token = leak()
    (tmp_path / "notes.txt").write_bytes(("\u00e4rger mit dem Schl\u00fcssel\n" + line * 3).encode(encoding))
    (finding,) = scanned(tmp_path)["findings"]
    assert finding["secret"]["value"] == token
    assert finding["locations"][0]["line"] == 2


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_what_powershell_appends_to_a_text_is_read_as_text(tmp_path: Path, encoding: str) -> None:
    password = random_word(14)
    (tmp_path / "notes.txt").write_bytes(
        b"the notes of this week, and what is to be done\n" + f'password = "{password}"\r\n'.encode(encoding)
    )
    assert values(scanned(tmp_path)) == {password}


def test_a_stray_nul_hides_no_password(tmp_path: Path) -> None:
    password = random_word(14)
    (tmp_path / "job.log").write_text("the job has begun\n" * 9 + f'\0password = "{password}"\n')
    assert values(scanned(tmp_path)) == {password}


def test_a_token_in_a_wide_string_of_a_program_is_found(tmp_path: Path) -> None:
    _, token = leak()
    program = b"MZ" + bytes(range(256)) * 20
    (tmp_path / "tool.exe").write_bytes(program + token.encode("utf-16-le") + bytes(2) + program)
    assert values(scanned(tmp_path)) == {token}


def test_binaries_are_searched_for_tokens_only(tmp_path: Path) -> None:
    line, token = leak()
    password = random_word(14)
    (tmp_path / "program").write_bytes(
        b"\x7fELF" + bytes(60) + line.encode() + f'\0password = "{password}"\0'.encode()
    )
    assert values(scanned(tmp_path)) == {token}


def test_json_lines_have_the_findings_of_the_json(repo: Repo) -> None:
    repo.commit({"a.py": leak()[0] + leak()[0]})
    done = leakscan("scan", "--format", "jsonl", repo.path)
    ids = {json.loads(line)["id"] for line in done.stdout.splitlines()}
    assert ids == {finding["id"] for finding in scanned(repo.path)["findings"]}
    assert len(ids) == 2


def test_a_fingerprint_key_of_ones_own_changes_the_ids(repo: Repo) -> None:
    repo.commit({"a.py": leak()[0]})
    one, two = (
        json.loads(leakscan("scan", "--format", "json", repo.path, LEAKSCAN_FINGERPRINT_KEY=key).stdout)
        for key in ("one", "two")
    )
    assert one["findings"][0]["id"] != two["findings"][0]["id"]


def test_a_repository_that_several_paths_name_is_read_once_for_what_is_staged(repo: Repo) -> None:
    (line, token), (other, other_token) = leak(), leak()
    second = new_repository(repo.path.parent / "second")
    repo.add({"a.py": line, "src/b.py": "x = 1\n"})
    second.add({"a.py": other})
    result = scanned("--staged", repo.path / "src", repo.path / "a.py", second.path)
    assert values(result) == {token, other_token}
    assert result["scan"]["counts"]["files"] == 3


def test_staged_outside_a_repository_is_refused(tmp_path: Path) -> None:
    done = leakscan("scan", "--staged", tmp_path)
    assert done.returncode == 2
    assert "in no git repository" in done.stderr


def test_rules_can_be_listed_as_json_and_shown() -> None:
    rules = json.loads(leakscan("rules", "list", "--format", "json").stdout)
    assert {"id", "title", "provider", "severity"} <= rules[0].keys()
    shown = leakscan("rules", "show", "alibaba-access-key-pair").stdout
    assert "within_lines: 10" in shown


def test_version_and_help() -> None:
    assert leakscan("--version").stdout.startswith("leakscan ")
    assert "full history" in leakscan("--help").stdout


def test_a_profile_names_the_steps_on_standard_error(repo: Repo) -> None:
    line, _ = leak()
    repo.commit({"app.py": line})
    done = leakscan("scan", "--profile", "--format", "json", str(repo.path))
    steps = {line.partition(" s  ")[2] for line in done.stderr.splitlines()}
    assert {"working tree", "scan", "extract", "attribution", "report"} <= steps
    assert json.loads(done.stdout)["findings"]
    assert "time by step" not in leakscan("scan", str(repo.path)).stderr


def test_a_hook_does_not_wait_for_what_only_whole_histories_need(repo: Repo) -> None:
    line, token = leak()
    repo.add({"new.py": line})
    program = (
        "import sys; from leakscan import Options, scan_targets\n"
        f"(found,) = scan_targets([{str(repo.path)!r}], Options(staged=True)).findings\n"
        "print(found.secret.reveal(), {'numpy', 'isal', 'multiprocessing'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == f"{token} set()\n"
