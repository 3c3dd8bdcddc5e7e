"""A secret in every place that git has, all in one repository: each is found, and said to be where it is."""

from __future__ import annotations

import base64
import gzip
import json
import random
import string
from pathlib import Path

import pytest

from leakscan import Finding, Options, ScanResult, scan_targets
from tests.builders import Repo, evil_merge, new_repository
from tests.source.archives import tarred, zipped

PLACES = {
    "a file of HEAD": "history",
    "a file that was removed": "history",
    "another branch": "history",
    "a commit that only a tag reaches": "history",
    "a file that attributes hide from diffs": "history",
    "a binary": "history",
    "UTF-16 with a mark": "history",
    "UTF-16 without a mark": "history",
    "latin-1": "history",
    "base64": "history",
    "a Kubernetes Secret": "history",
    "gzip in base64": "history",
    "a zip archive": "history",
    "a compressed tar archive": "history",
    "a notebook": "history",
    "only a merge commit": "history",
    "a commit message": "message",
    "a tag message": "message",
    "a note": "message",
    "a stash": "stash",
    "an untracked file in a stash": "stash",
    "only the reflog": "reflog",
    "a dangling blob": "dangling",
    "a dangling commit": "dangling",
    "the index": "index",
    "an untracked file": "worktree",
    "the repository's configuration": "worktree",
}


def pair() -> tuple[str, str]:
    """An Alibaba Cloud AccessKey ID and a secret for it."""
    return "LTAI5t" + _random(18), _random(30)


def _random(length: int) -> str:
    while True:
        text = "".join(random.choices(string.ascii_letters + string.digits, k=length))
        if any(c.isdigit() for c in text) and text.lower() != text != text.upper():
            return text


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def notebook(printed: str) -> str:
    """A notebook with a cell that prints this: its text is in strings of JSON, with escaped line ends."""
    output = {"output_type": "stream", "text": [json.dumps({"config": printed})]}
    return json.dumps({"cells": [{"cell_type": "code", "source": ["print(config)\n"], "outputs": [output]}]})


def planted(path: Path) -> tuple[Repo, dict[str, tuple[str, str]]]:
    """The repository, and which pair stands in which place."""
    pairs = {place: pair() for place in PLACES}
    lines = {
        place: f"accessKeyId: {key}\naccessKeySecret: {secret}\n" for place, (key, secret) in pairs.items()
    }
    repo = new_repository(path)
    evil_merge(repo, {"merged.yml": lines["only a merge commit"]})
    repo.commit({"config.yml": lines["a file of HEAD"], "old.yml": lines["a file that was removed"]})
    repo.remove("old.yml")
    repo.commit(
        {
            ".gitattributes": "hidden.yml -diff\n",
            "hidden.yml": lines["a file that attributes hide from diffs"],
        }
    )
    repo.commit(
        {
            "program.bin": b"\x7fELF" + bytes(60) + lines["a binary"].encode(),
            "marked.txt": lines["UTF-16 with a mark"].encode("utf-16"),
            "unmarked.txt": lines["UTF-16 without a mark"].encode("utf-16-be"),
            "latin1.txt": ("Schl\u00fcssel\n" + lines["latin-1"]).encode("latin-1"),
        }
    )
    key, secret = pairs["a Kubernetes Secret"]
    repo.commit(
        {
            "encoded.txt": b"x: " + base64.b64encode(lines["base64"].encode()),
            "secret.yaml": f"data:\n  id: {_base64(key)}\n  secret: {_base64(secret)}\n",
            "release.txt": b"y: " + base64.b64encode(gzip.compress(lines["gzip in base64"].encode())),
            "a.zip": zipped({"a.yml": lines["a zip archive"].encode()}),
            "b.tgz": gzip.compress(tarred({"b.yml": lines["a compressed tar archive"].encode()})),
            "c.ipynb": notebook(lines["a notebook"]),
        }
    )
    repo.commit(message="Try it\n\n" + lines["a commit message"])
    repo.git("tag", "-a", "v1", "-m", lines["a tag message"])
    repo.git("notes", "add", "-m", lines["a note"])
    for place, branch in (
        ("another branch", "other"),
        ("a commit that only a tag reaches", "tagged"),
        ("only the reflog", "gone"),
    ):
        repo.git("switch", "--quiet", "-c", branch)
        repo.commit({f"{branch}.yml": lines[place]})
        repo.git("switch", "--quiet", "main")
    repo.git("tag", "light", "tagged")
    repo.git("branch", "--quiet", "-D", "tagged", "gone")
    repo.write("config.yml", lines["a file of HEAD"] + lines["a stash"])
    repo.write("loose.yml", lines["an untracked file in a stash"])
    repo.git("stash", "push", "--quiet", "--include-untracked")
    repo.blob(lines["a dangling blob"])
    tree = repo.git("mktree", stdin=f"100644 blob {repo.blob(lines['a dangling commit'])}\tlost.yml\n")
    repo.git("commit-tree", "-m", "lost", tree)
    repo.add({"staged.yml": lines["the index"]})
    repo.write("staged.yml", "nothing\n")
    repo.write("untracked.yml", lines["an untracked file"])
    key, secret = pairs["the repository's configuration"]
    repo.git("config", "remote.origin.url", f"https://{key}:{secret}@code.example.com/app.git")
    return repo, pairs


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> tuple[ScanResult, dict[str, tuple[str, str]]]:
    repo, pairs = planted(tmp_path_factory.mktemp("planted") / "repo")
    return scan_targets([str(repo.path)]), pairs


@pytest.mark.parametrize("place", PLACES)
def test_a_pair_is_found_in(place: str, scanned: tuple[ScanResult, dict[str, tuple[str, str]]]) -> None:
    result, pairs = scanned
    key, secret = pairs[place]
    by_secret: dict[str, Finding] = {f.secret.reveal(): f for f in result.findings}
    assert secret in by_secret, f"not found in {place}"
    finding = by_secret[secret]
    if place != "a binary":  # there only the shape of the ID counts
        assert finding.rule == "alibaba-access-key-pair"
    assert finding.parts["access_key_id"].reveal() == key
    assert PLACES[place] in {location.where for location in finding.locations}
    assert finding.in_head is (place not in _GONE)


_GONE = {place for place, where in PLACES.items() if where != "history"} | {
    "a file that was removed",
    "another branch",
    "a commit that only a tag reaches",
}


def test_nothing_else_is_found_and_the_scan_is_complete(
    scanned: tuple[ScanResult, dict[str, tuple[str, str]]],
) -> None:
    result, pairs = scanned
    assert result.complete
    assert {f.secret.reveal() for f in result.findings} == {secret for _, secret in pairs.values()}


def test_ignored_files_are_read_only_when_asked_for_and_counted_otherwise(tmp_path: Path) -> None:
    repo = new_repository(tmp_path / "repo")
    repo.commit({".gitignore": ".env\n"})
    key, secret = pair()
    repo.write(".env", f"ALIBABA_CLOUD_ACCESS_KEY_ID={key}\nALIBABA_CLOUD_ACCESS_KEY_SECRET={secret}\n")
    result = scan_targets([str(repo.path)])
    assert not result.findings
    assert any("--include-ignored" in gap.why for gap in result.skipped)
    (finding,) = scan_targets([str(repo.path)], Options(include_ignored=True)).findings
    assert finding.secret.reveal() == secret
