"""Whether a change has made leakscan less exact, on the fixed corpus of :mod:`benchmarks.corpus`.

    python -m benchmarks.gate            # the score, what is missed and what is falsely found
    python -m benchmarks.gate --write    # the same, stored as what is expected from now on

The tests compare each scan with what is stored (tests/benchmarks/expected_score.json).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.corpus import write
from leakscan.corridor import scan_targets
from leakscan.options import Options

EXPECTED = Path(__file__).parent.parent / "tests" / "benchmarks" / "expected_score.json"


@dataclass(frozen=True, slots=True)
class GateScore:
    """How many files each category has, and by their paths which secrets were missed and what was found where
    there is none; ``false`` also names files whose secret was found beside something else."""

    files: Mapping[str, int]
    missed: Mapping[str, str]
    false: Mapping[str, str]
    right: int

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + len(self.false))

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + len(self.missed))


def scored(folder: Path) -> GateScore:
    """Makes the corpus in an empty folder, scans it, and compares."""
    planted = write(folder)
    found: dict[str, list[str]] = {}
    for finding in scan_targets([str(folder)], Options(history=False, jobs=1)).findings:
        for place in finding.locations:
            found.setdefault(place.path or "", []).append(finding.secret.reveal())
    missed, false = {}, {}
    for one in planted:
        values = found.get(one.path, [])
        hits = [value for value in values if one.value is not None and _is_it(one.value, value)]
        if one.value is not None and not hits:
            missed[one.path] = one.category
        if len(hits) < len(values):
            false[one.path] = one.category
    right = sum(one.value is not None for one in planted) - len(missed)
    return GateScore(Counter(one.category for one in planted), missed, false, right)


def _is_it(planted: str, found: str) -> bool:
    """Whether the value that was found is the planted one; of a private key the first line is compared."""
    return planted in found or (len(found) >= 8 and found in planted)


def as_json(score: GateScore) -> dict[str, Any]:
    """What is stored: the score for people, and the exceptions, which tell what a change has lost."""
    lost, wrong = Counter(score.missed.values()), Counter(score.false.values())
    return {
        "precision": round(score.precision, 4),
        "recall": round(score.recall, 4),
        "categories": {
            name: {"files": number, "missed": lost[name], "false": wrong[name]}
            for name, number in score.files.items()
        },
        "missed": dict(score.missed),
        "false": dict(score.false),
    }


def complaints(score: GateScore, expected: Mapping[str, Any]) -> list[str]:
    """In which respect the score is worse than what is expected, and by which files."""
    now = as_json(score)
    worse = [
        f"{name} sank from {expected[name]} to {now[name]}"
        for name in ("precision", "recall")
        if now[name] < expected[name]
    ]
    for category, numbers in now["categories"].items():
        before = expected["categories"].get(category, numbers)
        worse += [
            f"{category}: {what} rose from {before[what]} to {numbers[what]}"
            for what in ("missed", "false")
            if numbers[what] > before[what]
        ]
    if not worse:
        return []
    return [
        *worse,
        *_fresh("lost", now["missed"], expected["missed"]),
        *_fresh("falsely found", now["false"], expected["false"]),
    ]


def _fresh(word: str, now: Mapping[str, str], before: Mapping[str, str]) -> Sequence[str]:
    return [f"{word}: {path} ({category})" for path, category in now.items() if path not in before]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="store the score as what is expected")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="make the corpus there, to look at it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        score = scored(options.keep or Path(folder))
    found = as_json(score)
    print(f"precision {found['precision']:.3f}  recall {found['recall']:.3f}")
    for category, numbers in found["categories"].items():
        lost, wrong = numbers["missed"], numbers["false"]
        print(f"{category:26} {numbers['files']:3} files, {lost:2} missed, {wrong:2} false")
    for line in [*_fresh("missed", found["missed"], {}), *_fresh("falsely found", found["false"], {})]:
        print(line)
    if options.write:
        EXPECTED.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
