from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from leakscan.advise.advice import FALLBACK, advise, built_in_advice, read_advice
from leakscan.errors import RuleError
from leakscan.finding import Finding, Secret
from leakscan.ruleset import cache

GOOD = """\
example:
  summary: Replace it,
    now.
  steps:
    - First.
    - Then.
  links: [https://example.com]
"""


def a_finding(rule: str) -> Finding:
    return Finding("0" * 32, rule, "Example", "Example", "low", 0.9, (), Secret(b"x"), ())


def test_each_finding_gets_its_rules_advice_or_the_general_one() -> None:
    rules = {"a": "generic-password", "b": None, "c": "no-such-advice"}
    found = list(advise(map(a_finding, ("a", "b", "c", "d")), rules))
    assert [one.advice and one.advice.id for one in found] == ["generic-password", *[FALLBACK] * 3]


def test_all_built_in_advice_is_complete() -> None:
    known = built_in_advice()
    assert {"generic-secret", "generic-password"} <= known.keys()
    for one in known.values():
        assert one.summary.endswith((".", "!"))
        assert one.steps


def test_nothing_is_read_where_nothing_was_found() -> None:
    script = (
        "import sys; from leakscan.advise.advice import advise;"
        "assert list(advise([], {})) == []; sys.exit('yaml' in sys.modules)"
    )
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", script], cwd=root, check=False).returncode == 0


def test_advice_is_read_with_folded_texts() -> None:
    one = read_advice(GOOD, "a.yaml")["example"]
    assert (one.id, one.summary, one.steps) == ("example", "Replace it, now.", ("First.", "Then."))
    assert one.links == ("https://example.com",)


def test_links_may_be_missing_and_a_file_empty() -> None:
    assert read_advice("a: {summary: Do it., steps: [Now.]}", "a.yaml")["a"].links == ()
    assert read_advice("# nothing yet\n", "a.yaml") == {}


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("- a", 1, "expected a mapping"),
        ("a: text", 1, "expected a mapping"),
        (GOOD + "example: {}", 8, "'example' stands here twice"),
        (GOOD + "  step: []", 8, "unknown key 'step'"),
        ("a:\n  steps: [b]", 2, "no summary"),
        ("a:\n  summary: b", 2, "no steps"),
        ("a:\n  summary: b\n  steps: c", 3, "expected a list"),
        ("a:\n  summary: b\n  steps: []", 2, "has an empty text"),
        ("a:\n  summary: b\n  steps:\n  - Do: this", 4, "expected a text"),
        ("a:\n  summary: b\n  steps: [c]\n  links: ['http://a']", 4, "is no link"),
        ("a: ]", 1, "mend the YAML"),
        ("a: \x01", 1, "broken YAML"),
    ],
)
def test_mistakes_are_named_with_their_line(text: str, line: int, problem: str) -> None:
    with pytest.raises(RuleError) as caught:
        read_advice(text, "a.yaml")
    assert str(caught.value).startswith(f"a.yaml:{line}: ")
    assert problem in str(caught.value)


def test_advice_is_kept_for_the_next_run_and_read_anew_where_that_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEAKSCAN_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(cache, "INSTALLED", Path("/nowhere"))
    fresh = built_in_advice.__wrapped__()
    (kept,) = tmp_path.glob("advice-*")
    assert built_in_advice.__wrapped__() == fresh
    kept.write_bytes(kept.read_bytes()[:-100])
    assert built_in_advice.__wrapped__() == fresh
    kept.chmod(0o666)  # anybody could have written it
    kept.write_text("{}")
    assert built_in_advice.__wrapped__() == fresh
