"""What a hook keeps of compiled patterns finds what they find, and is never believed where it can't be."""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
import regex

from leakscan.detect.programs import Programs
from leakscan.ruleset.files import builtin_rules, rule_files
from leakscan.ruleset.load import parse_rules

PATTERN = r"(?i)\bkey[ :=]{1,3}(?P<secret>[a-z0-9]{12,20}+)(?!-)"
TEXT = b"KEY: abcdef0123456789\nkey=zzzzzzzzzzzz-\n"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("LEAKSCAN_CACHE_DIR", str(folder))
    return folder


def keep(*patterns: str) -> None:
    programs = Programs()
    for pattern in patterns:
        programs.expression(pattern)
    programs.keep()


def found(pattern: str, text: bytes) -> list[tuple[tuple[int, int], dict[str, bytes]]]:
    """The matches in a run after :func:`keep`."""
    matches = Programs().expression(pattern).finditer(text, overlapped=True, timeout=5.0)
    return [(match.span(), match.groupdict()) for match in matches]


def expected(pattern: str, text: bytes) -> list[tuple[tuple[int, int], dict[str, bytes]]]:
    matches = regex.finditer(pattern.encode(), text, regex.MULTILINE, overlapped=True)
    return [(match.span(), match.groupdict()) for match in matches]


def test_what_was_kept_finds_what_the_pattern_finds(cache: Path) -> None:
    keep(PATTERN)
    assert [file.name.partition("-")[0] for file in cache.iterdir()] == ["programs"]
    assert found(PATTERN, TEXT) == expected(PATTERN, TEXT) != []


def test_the_built_in_patterns_can_be_kept() -> None:
    rules = parse_rules(rule_files(builtin_rules()), ())
    patterns = [pattern.text for _, pattern in rules.patterns()][::20]
    keep(*patterns)
    text = "\n".join(patterns).encode()  # each has the literals that it looks for
    programs = Programs()
    for pattern in patterns:
        matches = programs.expression(pattern).finditer(text, overlapped=True)
        assert [(match.span(), match.groupdict()) for match in matches] == expected(pattern, text)


def test_the_other_half_of_regex_is_not_imported_for_it() -> None:
    keep(PATTERN)
    code = f"""
import sys
from leakscan.detect.programs import Programs
found = Programs().expression({PATTERN!r}).search({TEXT!r})
print(found["secret"].decode(), "regex" in sys.modules)
import regex
print(regex.sub(r"a(.)", r"\\1", "ab"))
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["abcdef0123456789", "False", "b"]


def test_the_time_limit_holds() -> None:
    pattern = r"(?P<secret>(?:a|aa|a?a)+)b"
    keep(pattern)
    with pytest.raises(TimeoutError):
        list(Programs().expression(pattern).finditer(b"a" * 200 + b"cb", timeout=0.1))


def test_what_is_kept_is_added_to() -> None:
    keep(PATTERN)
    keep("other")
    assert found(PATTERN, TEXT) == expected(PATTERN, TEXT)
    assert found("other", b"another") == expected("other", b"another")


@pytest.mark.parametrize("damage", [b"", b"x", b"....{}"])
def test_what_is_damaged_is_made_anew(cache: Path, damage: bytes) -> None:
    keep(PATTERN)
    (file,) = cache.iterdir()
    file.write_bytes(damage)
    assert found(PATTERN, TEXT) == expected(PATTERN, TEXT)
    keep(PATTERN)
    assert file.stat().st_size > len(damage)


@pytest.mark.skipif(sys.platform == "win32", reason="it has other permissions")
def test_what_others_can_write_is_not_read(cache: Path) -> None:
    keep("nothing")
    (file,) = cache.iterdir()
    forged = json.dumps({PATTERN: json.loads(file.read_bytes()[4:])["nothing"]}).encode()
    file.write_bytes(zlib.crc32(forged).to_bytes(4, "big") + forged)
    assert found(PATTERN, TEXT) == []
    file.chmod(0o666)
    assert found(PATTERN, TEXT) == expected(PATTERN, TEXT)
