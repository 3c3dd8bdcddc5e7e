"""One private key is one finding, in whichever ways it is written."""

from __future__ import annotations

import base64
import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakscan import scan_text
from leakscan.corridor import scan_targets
from leakscan.finding import Finding
from leakscan.options import Options
from leakscan.score.spelling import canonical
from tests.builders import new_repository
from tests.cli.test_scan import leakscan, scanned


def pem(label: str = "RSA PRIVATE KEY", width: int = 64) -> str:
    """A PEM block of DER that never was a key."""
    body = base64.b64encode(b"\x30\x82\x04\xa2\x02\x01\x00\x02" + random.randbytes(1190)).decode()
    lines = [body[at : at + width] for at in range(0, len(body), width)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def spellings(key: str) -> dict[str, str]:
    """Files that hold the key in all the ways in which people write one."""
    one_line = key.replace("\n", "\\n")
    joined = '\\n" +\n        "'.join(key.split("\n"))
    indented = "\n    ".join(key.split("\n"))
    return {
        "key.pem": key,
        "windows.pem": key.replace("\n", "\r\n"),
        "key.json": json.dumps({"private_key": key}),
        "key.env": f'KEY="{one_line}"\n',
        "Key.java": f'String KEY = "{joined}";\n',
        "key.yaml": f"key: |\n    {indented}\n",
        "spaces.env": f"KEY='{key.replace(chr(10), ' ')}'\n",
        "key.diff": "".join(f"+{line}\n" for line in key.split("\n")),
        "kubeconfig": f"client-key-data: {base64.b64encode(key.encode()).decode()}\n",
        "secret.yaml": f"data:\n  key: {base64.b64encode(base64.b64encode(key.encode())).decode()}\n",
        "escaped.env": f"KEY={base64.b64encode(one_line.encode()).decode()}\n",
    }


def in_one_text(text: str) -> Finding:
    (finding,) = scan_text(text.encode(), "app/key.txt")
    return finding


@pytest.mark.parametrize(
    "label", ["RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]
)
def test_all_spellings_of_a_key_have_one_id(label: str) -> None:
    key = pem(label)
    ids = {name: in_one_text(text).id for name, text in spellings(key).items()}
    assert len(set(ids.values())) == 1, ids
    assert in_one_text(pem(label)).id not in ids.values()
    assert in_one_text(key.replace("\n", "")).id in ids.values()


def test_a_key_that_stands_in_many_files_is_one_finding_with_all_its_places(tmp_path: Path) -> None:
    files = spellings(pem())
    repo = new_repository(tmp_path / "repo")
    repo.commit(files)
    results = [
        scan_targets([str(repo.path)], Options(engine=engine)).findings for engine in ("packs", "reference")
    ]
    for (finding,) in results:
        assert finding.rule == "private-key"
        assert {place.path for place in finding.locations} == set(files)
    assert results[0] == results[1]


def test_a_key_beside_its_own_base64_is_one_finding() -> None:
    key = pem()
    finding = in_one_text(f"{key}\nkey: {base64.b64encode(key.encode()).decode()}\n")
    assert finding.rule == "private-key"


def test_base64_of_a_key_with_a_passphrase_is_what_it_is() -> None:
    body = pem().split("\n", 1)[1]
    key = (
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
        f"DEK-Info: AES-128-CBC,{random.randbytes(16).hex().upper()}\n\n{body}"
    )
    finding = in_one_text(f"client-key-data: {base64.b64encode(key.encode()).decode()}\n")
    assert (finding.rule, finding.severity) == ("private-key-encrypted", "medium")
    assert finding.locations[0].encoding == ("base64",)


def test_a_baseline_with_a_key_covers_its_other_spelling_in_the_same_file(tmp_path: Path) -> None:
    repo, files = new_repository(tmp_path / "repo"), spellings(pem())
    repo.commit({"key.txt": files["key.pem"]})
    assert leakscan("baseline", "create", repo.path).returncode == 0
    repo.commit({"key.txt": files["kubeconfig"]})
    (finding,) = scanned("--baseline", repo.path / "leakscan-baseline.json", repo.path, code=0)["findings"]
    assert finding["state"] == "baseline"


def test_no_spelling_of_a_key_is_shown(tmp_path: Path) -> None:
    """A commit's subject may hold a key in one line, while the finding is its PEM block."""
    repo, key = new_repository(tmp_path / "repo"), pem()
    one_line = key.strip().replace("\n", "\\n")
    repo.commit({"key.pem": key}, f"Add {one_line}")
    line = key.split("\n")[3]
    for name in ("terminal", "json", "csv", "markdown"):
        done = leakscan("scan", "--format", name, repo.path)
        assert done.returncode == 1
        assert line not in done.stdout + done.stderr, name


@given(st.binary())
def test_what_is_not_lines_of_base64_stays_as_it_is(value: bytes) -> None:
    assert canonical(value) == value or canonical(value).isascii()
    assert canonical(canonical(value)) == canonical(value)


def test_passphrases_tokens_and_addresses_stay_as_they_are() -> None:
    for value in (
        b"correct horse battery staple and some more words",
        b"a" * 39 + b" b",
        b"https://a/b?c=d e",
    ):
        assert canonical(value) == value
