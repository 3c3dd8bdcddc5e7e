"""What is not worth keeping does not come back, and what always looks the same is judged once."""

from __future__ import annotations

import random
import string
from pathlib import Path

from leakscan.delta import encoded
from leakscan.detect.detect import Detector
from leakscan.finding import Blob, Candidate, Copied, Origin
from leakscan.ruleset.compiled import compiled_rules
from tests.builders import fake_token


def test_what_looks_the_same_is_judged_once_and_only_what_is_wanted_comes_back() -> None:
    wanted, unwanted = fake_token("glpat-", 20), fake_token("glpat-", 20)
    asked: list[str] = []

    def keep(candidate: Candidate) -> bool:
        asked.append(candidate.secret.reveal())
        return candidate.secret.reveal() == wanted

    detector = Detector(compiled_rules(), keep=keep)
    blobs = [
        Blob(
            f"one: {number}\n{' ' * 600}\na = {token}\n{' ' * 600}\n".encode(),
            Origin("worktree", str(number)),
        )
        for number, token in enumerate([wanted, unwanted] * 3)
    ]
    found = [(candidate.origin.path, candidate.secret.reveal()) for candidate in detector.detect(blobs)]
    assert found == [(str(number), wanted) for number in (0, 2, 4)]
    assert sorted(asked) == sorted([wanted, unwanted])


def test_the_other_half_of_a_pair_is_seen_where_it_comes_later_and_far_from_it() -> None:
    identifier = "LTAI5t" + "".join(random.choices(string.ascii_letters, k=17)) + "7"
    secret = "".join(random.choices(string.ascii_letters, k=28)) + "4q"
    line = "." * 180 + "\n"
    before = f"{line * 30}{identifier}\n{line * 7}".encode()
    after = (line * 30).encode()
    content = before + f"{secret}\n".encode() + after
    runs = [0, len(before), 0, len(content) - len(after), len(content), len(before)]
    size = len(before) + len(after)
    blobs = [
        Blob(before + after, Origin("history", blob="a")),
        Blob(content, Origin("history", blob="b"), Copied("a", size, encoded(size, content, runs))),
    ]
    pair = "alibaba-access-key-pair"
    detector = Detector(compiled_rules(), keep=lambda candidate: candidate.rule == pair)
    found = [(candidate.origin.blob, candidate.secret.reveal()) for candidate in detector.detect(blobs)]
    assert found == [("b", secret)]


def test_what_another_match_hid_is_seen_where_that_one_goes(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    fields = "title: x, provider: Acme, severity: high, kind: token"
    rules.write_text(
        f"""rules:
        - {{id: outer, {fields}, pattern: 'outer-begins(?P<secret>[^#]{{40,480}})#outer-ends', examples: []}}
        - {{id: inner, {fields}, pattern: 'inner-(?P<secret>[a-f]{{16}})', examples: []}}
        """
    )
    detector = Detector(compiled_rules([rules]), keep=lambda candidate: candidate.rule == "inner")
    inner, filler = "".join(random.choices("abcdef", k=16)), ".\n" * 210
    first = f"outer-begins\ninner-{inner}\n{filler}".encode()
    base, content = first + b"#outer-ends\n", first + b"it does not\n"
    copied = Copied("a", len(base), encoded(len(base), content, [0, len(first), 0]))
    blobs = [Blob(base, Origin("history", blob="a")), Blob(content, Origin("history", blob="b"), copied)]
    found = [(candidate.origin.blob, candidate.secret.reveal()) for candidate in detector.detect(blobs)]
    assert found == [("b", inner)]
