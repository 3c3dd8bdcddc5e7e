"""What is not worth keeping does not come back, and what always looks the same is judged once."""

from __future__ import annotations

from leakscan.detect.detect import Detector
from leakscan.finding import Blob, Candidate, Origin
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
