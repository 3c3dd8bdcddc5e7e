"""Rules of other tools, written for these tests, converted and used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from leakscan.errors import UsageError
from leakscan.ruleset.bounds import bounded
from leakscan.ruleset.convert import convert
from tests.builders import fake_token
from tests.cli.test_scan import leakscan, scanned, values

TOML = r"""
title = "ours"
[extend]
useDefault = true

[[rules]]
id = "Zebra_Token"
description = "A token of the zebra service"
regex = '''(?i)zebra_(?:key|token)\s*=\s*["']?(zbr_[a-z0-9]{24,})["']?'''
entropy = 3.0
keywords = ["zbr_"]
tags = ["zoo"]
[[rules.allowlists]]
regexTarget = "line"
regexes = ['''zebra-test''']
stopwords = ["sample"]
[[rules.allowlists]]
condition = "AND"
paths = ['''^docs/''']
regexes = ['''zbr_0''']

[[rules]]
id = "only-a-path"
path = '''\.p12$'''

[[rules]]
id = "no-literal"
regex = '''[0-9a-f]{40}'''
"""

YAML = r"""
rules:
  - name: Zebra token
    id: zoo.zebra.1
    pattern: |
      (?x)
      \b
      (
        zbr_[a-z0-9]{24}  # (the body+
      )
      \b
    min_entropy: 3.2
    confidence: medium
    references: [https://zebra.example.com/tokens]
    validation: {type: Http}
"""


def test_a_rule_of_gitleaks_finds_what_it_found_there(tmp_path: Path) -> None:
    (tmp_path / "theirs.toml").write_text(TOML)
    ours = tmp_path / "ours.yaml"
    done = leakscan("rules", "convert", tmp_path / "theirs.toml", "--output", ours)
    assert done.returncode == 0, done.stderr
    for told in (
        "'extend' is not carried over",
        "rule 'Zebra_Token': 'tags' is not carried over",
        "rule 'Zebra_Token': an allowlist with condition AND",
        "rule 'only-a-path': left out",
        "rule 'no-literal': left out: the prefilter finds no literal",
    ):
        assert told in done.stderr, done.stderr
    assert leakscan("rules", "check", ours).returncode == 0
    (rule,) = yaml.safe_load(ours.read_text())["rules"]
    assert (rule["id"], rule["min_entropy"]) == ("zebra-token", 3.0)
    assert rule["allow"] == {"lines": ["zebra-test"], "stopwords": ["sample"]}
    token = fake_token("zbr_", 24).lower()
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "app.conf").write_text(f"zebra_key = '{token}'\n")
    found = scanned("--rules", ours, "--only-rule", "zebra-token", tmp_path / "tree")
    assert values(found) == {token}


def test_a_rule_of_kingfisher_is_carried_over(tmp_path: Path) -> None:
    (tmp_path / "theirs.yml").write_text(YAML)
    done = leakscan("rules", "convert", tmp_path / "theirs.yml")
    assert done.returncode == 0, done.stderr
    (tmp_path / "ours.yaml").write_text(done.stdout)
    assert leakscan("rules", "check", tmp_path / "ours.yaml").returncode == 0
    (rule,) = yaml.safe_load(done.stdout)["rules"]
    assert (rule["id"], rule["title"], rule["min_entropy"]) == ("zoo-zebra-1", "Zebra token", 3.2)
    assert rule["references"] == ["https://zebra.example.com/tokens"]
    assert "'validation' is not carried over" in done.stderr


@pytest.mark.parametrize("name", ["rules.toml", "rules.yaml"])
def test_a_file_without_rules_is_an_error(tmp_path: Path, name: str) -> None:
    for content in (b"", b"x = [", b"\xff\xfe", b"rules: 5\n", b"rules = 5\n"):
        with pytest.raises(UsageError):
            convert(tmp_path / name, content)


PLAIN = st.sampled_from(
    ["a", "zb_", r"\d", "[a-z0-9_-]", "[^]x]", r"\[", r"[\]*+]", "(?:ab|c)", r"\+", "(x)"]
)
REPEATED = st.tuples(PLAIN, st.sampled_from(["", "*", "+", "?", "*?", "+?", "{2,}", "{1,3}", "{4}", "{3,}?"]))


@given(st.lists(REPEATED, min_size=1, max_size=5), st.text("abcxz_[]*+0129", max_size=12))
@settings(max_examples=100, deadline=None)
def test_a_bounded_pattern_matches_what_the_endless_one_does_in_short_texts(
    parts: list[tuple[str, str]], text: str
) -> None:
    pattern = "".join(piece + quantifier for piece, quantifier in parts)
    found, _ = bounded(pattern)
    one, two = re.search(pattern, text), re.search(found, text)
    assert (one and one.span()) == (two and two.span())


@given(
    st.dictionaries(
        st.sampled_from(["id", "name", "pattern", "min_entropy", "references", "visible", "confidence"]),
        st.one_of(st.text(max_size=20), st.integers(), st.booleans(), st.lists(st.text(max_size=5))),
    )
)
@settings(max_examples=60, deadline=None)
def test_whatever_a_rule_holds_the_result_is_a_rule_or_a_note(item: dict[str, object]) -> None:
    content = yaml.safe_dump({"rules": [item]}).encode()
    converted = convert(Path("theirs.yaml"), content)
    assert converted.rules or any("left out" in note.text for note in converted.notes)
