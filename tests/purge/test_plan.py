"""A plan, carried out with the real git-filter-repo: the secrets are gone from all that a clone gets."""

from __future__ import annotations

import base64
import gzip
import json
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from git_filter_repo import FilteringOptions
from hypothesis import given, settings
from hypothesis import strategies as st

from leakscan import scan_targets
from leakscan.purge.plan import Plan
from tests.builders import Repo, fake_token, new_repository
from tests.cli.test_scan import leakscan, scanned
from tests.source.archives import zipped
from tests.test_everywhere import pair, planted

_COMMAND = ("   cd ", "   git ", "   leakscan ", "       --")


def served(repo: Repo, path: Path) -> Repo:
    """The repository's history on a server, to which it is a clone."""
    server = new_repository(path, bare=True)
    server.git("config", "receive.denyDeleteCurrent", "ignore")
    repo.git("config", "remote.origin.url", str(path))
    repo.git("push", "--quiet", "--mirror", "origin")
    return server


def planned(repo: Repo, folder: Path, *arguments: str | Path, code: int = 0) -> str:
    done = leakscan("purge-plan", repo.path, "--output", folder, *arguments)
    assert done.returncode == code, done.stderr
    return done.stdout


def carried_out(plan: str) -> None:
    """Runs the plan's commands in their order, each of which must succeed; the scan among them too."""
    script = "\n".join(line for line in plan.splitlines() if line.startswith(_COMMAND))
    assert "filter-repo" in script
    assert "leakscan scan" in script
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {**os.environ, "PATH": path, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_PAGER": "cat"}
    done = subprocess.run(
        ["sh", "-eu", "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def all_of(repo: Repo, report: Path) -> Path:
    leakscan("scan", "--format", "json", "--output", report, repo.path)
    return report


def everything_in(repo: Repo) -> str:
    """All objects of the store, as text."""
    listing = repo.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)")
    oids = [line.split()[0] for line in listing.splitlines() if not line.endswith("tree")]
    return "\n".join(repo.git("cat-file", "-p", oid) for oid in oids)


def a_private_key(body: str = "") -> str:
    label = "RSA PRIVATE " + "KEY-----\n"
    body = body or "".join(fake_token("", 64) + "\n" for _ in range(12))
    return f"-----BEGIN {label}{body}-----END {label}"


def test_a_secret_in_each_of_a_repositorys_places_is_gone_from_what_a_clone_gets(tmp_path: Path) -> None:
    repo, pairs = planted(tmp_path / "repo")
    server = served(repo, tmp_path / "server.git")
    folder = tmp_path / "plan"
    plan = planned(repo, folder)
    assert not any(secret in plan for _, secret in pairs.values())
    for path in ("a.zip", "program.bin", "marked.txt"):  # which no text can be replaced in
        assert f"     {path}" in plan
    carried_out(plan)
    new = Repo(folder / "cleaned.git")
    server.git("gc", "--quiet", "--prune=now")
    assert not scan_targets([str(server.path)]).findings
    text = everything_in(new)
    assert not [place for place, (_, secret) in pairs.items() if secret in text]
    names = new.git("ls-tree", "--name-only", "main").split("\n")
    assert "config.yml" in names
    assert "a.zip" not in names


def test_keys_of_many_lines_and_encoded_ones_are_replaced_in_their_place(tmp_path: Path) -> None:
    repo = new_repository(tmp_path / "repo")
    key, token = a_private_key(), fake_token("gl" + "pat-", 20)
    wrapped = base64.b64encode(f"[api]\ntoken = {token}\n".encode()).decode()
    packed = base64.b64encode(gzip.compress(f"token = {token}\n".encode())).decode()
    crlf = a_private_key().replace("\n", "\r\n")
    inline = "KEY='" + key.replace("\n", "\\n") + "'\n"
    repo.commit({"id_rsa": key, ".env": inline, "windows.pem": crlf})
    repo.commit({"notes.txt": f"the token\nis {token}, they say\n"})
    repo.commit({"secret.yaml": f"kind: Secret\ndata:\n  a: {wrapped}\n  b: {packed}\n"}, f"Use {token}")
    repo.git("tag", "-a", "v1", "-m", f"with {token}")
    server = served(repo, tmp_path / "server.git")
    plan = planned(repo, tmp_path / "plan")
    assert "lose" not in plan
    carried_out(plan)
    server.git("gc", "--quiet", "--prune=now")
    assert scanned(server.path, code=0)["findings"] == []
    assert server.git("show", "main:notes.txt") == "the token\nis ***REMOVED***, they say"
    assert server.git("show", "main:secret.yaml").startswith("kind: Secret\ndata:\n  a: ")
    assert "Use ***REMOVED***" in server.git("log", "main")
    assert "with ***REMOVED***" in server.git("cat-file", "-p", "v1")
    assert token not in everything_in(server)


def test_all_versions_of_a_file_are_cleaned_and_not_only_the_one_that_is_reported(tmp_path: Path) -> None:
    repo = new_repository(tmp_path / "repo")
    token = fake_token("gl" + "pat-", 20)
    for lead in ("", "#", "##", "### "):  # moves the token against base64's groups of three
        text = base64.b64encode(f"{lead}\ntoken = {token}\n".encode()).decode()
        repo.commit({"env.txt": f"x: {text}\n"})
    server = served(repo, tmp_path / "server.git")
    carried_out(planned(repo, tmp_path / "plan"))
    server.git("gc", "--quiet", "--prune=now")
    assert scanned(server.path, code=0)["scan"]["counts"]["commits"] == 4


def test_a_value_that_holds_another_or_the_files_own_signs_is_replaced_too(tmp_path: Path) -> None:
    repo = new_repository(tmp_path / "repo")
    body = "".join(fake_token("", 64) + "\n" for _ in range(12))
    key = a_private_key(body)
    inner, arrow = body[70:90], fake_token("", 12) + "==>" + fake_token("", 12)
    repo.commit({"key.pem": key, "app.py": f"password = '{inner}'\nsecret_key = '{arrow}'\n"})
    served(repo, tmp_path / "server.git")
    found = {finding["secret"]["value"] for finding in scanned(repo.path)["findings"]}
    assert {inner, arrow} <= found
    carried_out(planned(repo, tmp_path / "plan"))


TEXTS = st.lists(
    st.sampled_from([b"regex:", b"glob:", b"#", b"==>", b"\n", b"\r", b"\\n", b"(", b" ", b"x", b"y9"])
)


@settings(max_examples=300, deadline=None)
@given(values=st.sets(TEXTS.map(b"".join).filter(bool), min_size=1, max_size=5))
def test_git_filter_repo_reads_every_text_as_it_was_meant(values: set[bytes]) -> None:
    ordered = tuple(sorted(values, key=lambda text: (-len(text), text)))
    with tempfile.NamedTemporaryFile() as file:
        file.write(Plan((), ordered, {}, {}).expressions())
        file.flush()
        read = FilteringOptions.get_replace_text(file.name)
    for value in values:
        content = b"|" + value + b"|"
        for literal, replacement in read["literals"]:
            content = content.replace(literal, replacement)
        for regex, replacement in read["regexes"]:
            content = regex.sub(replacement, content)
        assert content == b"|***REMOVED***|"


def test_the_files_are_for_the_user_only_and_nothing_else_shows_a_secret(tmp_path: Path) -> None:
    repo = new_repository(tmp_path / "repo")
    key, secret = pair()
    repo.commit({"app.yml": f"accessKeyId: {key}\naccessKeySecret: {secret}\n"})
    done = leakscan("purge-plan", repo.path, TMPDIR=str(tmp_path))
    (folder,) = tmp_path.glob("leakscan-purge-*")
    assert secret not in done.stdout + done.stderr
    assert key not in done.stdout + done.stderr
    assert f"{folder} holds secrets in plain text: delete it" in done.stderr
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() == f"literal:{secret}==>***REMOVED***\nliteral:{key}==>***REMOVED***\n"
    assert str(repo.path) in done.stdout  # there is no origin: the clone is of the repository itself
    assert repo.git("status", "--porcelain") == ""


def test_a_folder_in_a_repository_is_refused_because_it_could_be_committed(tmp_path: Path) -> None:
    repo = new_repository(tmp_path / "repo")
    repo.commit({"app.py": f"token = '{fake_token('gl' + 'pat-', 20)}'\n"})
    done = leakscan("purge-plan", repo.path, "--output", repo.path / "new" / "plan")
    assert done.returncode == 2
    assert "name a folder outside of any repository" in done.stderr
    assert not (repo.path / "new").exists()
    assert leakscan("purge-plan", repo.path, TMPDIR=str(repo.path)).returncode == 2
    assert repo.git("status", "--porcelain") == ""


def test_a_repository_without_an_origin_is_cloned_itself_without_its_stash(tmp_path: Path) -> None:
    repo, pairs = planted(tmp_path / "repo")
    repo.git("config", "--remove-section", "remote.origin")
    plan = planned(repo, tmp_path / "plan").replace("NEW-FOLDER", "new")
    assert "push" not in plan.partition("6. ")[2].partition("7. ")[0]
    carried_out(plan)
    assert Repo(tmp_path / "plan/new").git("log", "--oneline")
    bare = new_repository(tmp_path / "bare.git", bare=True)
    repo.git("push", "--quiet", "--mirror", str(bare.path))
    carried_out(planned(bare, tmp_path / "other"))
    bare.git("gc", "--quiet", "--prune=now")
    assert not [secret for _, secret in pairs.values() if secret in everything_in(bare)]


def test_a_report_chooses_what_is_purged(tmp_path: Path) -> None:
    repo = new_repository(tmp_path / "repo")
    tokens = [fake_token("gl" + "pat-", 20) for _ in range(2)]
    key, secret = pair()
    repo.commit({"a.py": f"token = '{tokens[0]}'\n", "b.py": f"token = '{tokens[1]}'\n"})
    repo.commit({"app.yml": f"accessKeyId: {key}\naccessKeySecret: {secret}\n"})
    report = tmp_path / "leaks.json"
    leakscan("scan", "--format", "json", "--output", report, "--path", "a.py", repo.path)
    assert tokens[0] not in report.read_text()
    planned(repo, tmp_path / "plan", "--report", report)
    assert (tmp_path / "plan" / "replacements.txt").read_text() == f"literal:{tokens[0]}==>***REMOVED***\n"
    assert "filter-repo" in planned(repo, tmp_path / "all", "--report", all_of(repo, tmp_path / "all.json"))
    assert len((tmp_path / "all/replacements.txt").read_text().splitlines()) == 4
    text = report.read_text().replace(json.loads(report.read_text())["findings"][0]["rule"], "private-key")
    report.write_text(text)
    done = leakscan("purge-plan", repo.path, "--report", report)
    assert "1 of the findings" in done.stderr
    assert "Nothing to purge" in done.stdout


def test_what_no_rewrite_reaches_is_named_with_what_to_do(tmp_path: Path) -> None:
    repo = new_repository(tmp_path / "repo")
    token = fake_token("gl" + "pat-", 20)
    repo.commit({"README": "hello\n"})
    repo.write("app.py", f"token = '{token}'\n")
    plan = planned(repo, tmp_path / "plan")
    assert "there is no history to rewrite" in plan
    assert "In files of the working tree" in plan
    assert not (tmp_path / "plan").exists()
    repo.add({"app.py": f"token = '{token}'\n"})
    repo.blob(f"token = '{fake_token('gl' + 'pat-', 20)}'\n")
    repo.write("app.py", "x = 1\n")
    plan = planned(repo, tmp_path / "plan")
    assert "there is no history to rewrite" in plan
    for text in ("Staged", "In objects of this clone that no branch"):
        assert text in plan
    repo.write("app.py", f"token = '{token}'\n")
    repo.git("stash", "push", "--quiet")
    repo.git("branch", fake_token("gl" + "pat-", 20))
    inner = new_repository(repo.path / "inner")
    inner.commit({"x.py": f"token = '{fake_token('gl' + 'pat-', 20)}'\n"})
    repo.git(
        "commit",
        "--quiet",
        "--allow-empty",
        "-m",
        "x",
        "--author",
        f"{fake_token('gl' + 'pat-', 20)} <a@example.com>",
    )
    plan = planned(repo, tmp_path / "plan")
    for text in ("In a stash", "In a repository inside", "In the name of a branch", "In the author"):
        assert text in plan


@pytest.mark.parametrize("broken", [False, True])
def test_a_plan_after_an_incomplete_scan_is_made_and_says_so(tmp_path: Path, broken: bool) -> None:
    repo = new_repository(tmp_path / "repo")
    repo.commit({"a.txt": "lost\n", "app.py": f"token = '{fake_token('gl' + 'pat-', 20)}'\n"})
    if broken:
        repo.lose(repo.oid("HEAD:a.txt"))
    plan = planned(repo, tmp_path / "plan", code=3 if broken else 0)
    assert "filter-repo" in plan


def test_where_nothing_leaks_there_is_nothing_to_purge(tmp_path: Path) -> None:
    repo = new_repository(tmp_path / "repo")
    repo.commit({"a.txt": "hello\n", "a.zip": zipped({"a.txt": b"hello\n"})})
    assert "Nothing to purge" in planned(repo, tmp_path / "plan")
    done = leakscan("purge-plan", tmp_path)
    assert done.returncode == 2
    assert "is in no git repository" in done.stderr
