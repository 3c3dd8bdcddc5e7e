"""How long it takes to judge a candidate.

    python -m benchmarks.judging --creddata CHECKOUT

CHECKOUT is a clone of Samsung/CredData with the files in ``data`` and the labels in ``meta_have`` (or
``meta``). The candidates of its files are judged in their order, as a new process does, and then once more,
when all that is remembered of their values, names, lines and paths is there. The time is this process's own;
what the first candidate waits for, until the tables are loaded, is shown apart.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.creddata import files
from leakscan.detect.detect import Detector
from leakscan.finding import Blob, Candidate, Origin
from leakscan.ruleset.compiled import CompiledRules, compiled_rules
from leakscan.ruleset.rule import Rule
from leakscan.score.score import judge_alone
from leakscan.suppress.allowlist import permitted


def candidates(compiled: CompiledRules, checkout: Path) -> Iterator[tuple[Candidate, Rule]]:
    detector = Detector(compiled)
    for path, content in files(checkout):
        blob = Blob(content, Origin("worktree", path))
        for candidate in permitted(detector.candidates(blob), compiled.rules):
            yield candidate, compiled.rules.by_id[candidate.rule]


def microseconds(chosen: list[tuple[Candidate, Rule]]) -> float:
    """What it takes to judge one of these, in the mean."""
    begin = time.process_time()
    for candidate, rule in chosen:
        judge_alone(candidate, rule)
    return (time.process_time() - begin) / len(chosen) * 1e6


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--creddata", type=Path, required=True, metavar="CHECKOUT")
    chosen = list(candidates(compiled_rules(), parser.parse_args().creddata))
    gc.freeze()
    gc.disable()  # as in the processes that judge what a history holds
    print(f"{len(chosen)} candidates")
    print(f"tables:     {microseconds(chosen[:1]) / 1000:.1f} ms once")
    print(f"first time: {microseconds(chosen[1:]):.1f} µs each")
    print(f"known:      {microseconds(chosen[1:]):.1f} µs each")
    return 0


if __name__ == "__main__":
    sys.exit(main())
