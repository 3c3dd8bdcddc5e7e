"""How exact a tool's findings are on labelled lines, by category.

    leakscan scan --no-history --include-ignored --format jsonl --output found.jsonl data   # in CHECKOUT
    python -m benchmarks.accuracy --creddata CHECKOUT found.jsonl [--min-confidence 0.8]

CHECKOUT is a clone of Samsung/CredData with its files. Findings are JSON Lines: leakscan's, or of any
other tool one ``{"path": …, "line": …}`` a line, the path relative to CHECKOUT. A finding is right where
its line is in a unit that is labelled true, wrong where it is in others only. A category's recall is of
its true units; what is wrong counts for the categories that its label names.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from benchmarks.creddata import Score, Unit, core, scored, units, units_by_line

GROUPS = {
    "private keys": ("PEM Private Key",),
    "passwords": ("Password", "SQL Password", "CMD Password", "CURL User Password"),
    "keys": ("Key",),
    "secrets and tokens by name": ("Secret", "Token", "API", "Auth", "Credential", "Salt", "Nonce"),
    "passwords in URLs": ("URL Credentials",),
    "HTTP authorization": ("Basic Authorization", "Bearer Authorization"),
}
OTHERS = "structured tokens"


def places(findings: Path, least: float) -> Iterator[tuple[str, int]]:
    """Path and line of each place of each finding that is sure enough."""
    with findings.open(encoding="utf-8") as lines:
        for line in lines:
            finding = json.loads(line)
            if finding.get("confidence", 1.0) < least:
                continue
            for place in finding.get("locations", [finding]):
                path = str(place["path"])
                yield path[path.index("data/") :] if "data/" in path else f"data/{path}", int(place["line"])


def group_of(unit: Unit) -> str:
    return next((name for name, parts in GROUPS.items() if set(parts) & set(unit.categories)), OTHERS)


def by_group(checkout: Path, found: list[list[Unit]]) -> dict[str, Score]:
    """The score of each group of categories."""
    true: dict[str, set[Unit]] = defaultdict(set)
    for unit in core(checkout):
        true[group_of(unit)].add(unit)
    hits: dict[str, list[list[Unit]]] = defaultdict(list)
    for around in found:
        for group in {group_of(unit) for unit in around}:
            hits[group].append([unit for unit in around if group_of(unit) == group])
    return {group: scored(true[group], hits[group]) for group in [*GROUPS, OTHERS]}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("findings", type=Path)
    parser.add_argument("--creddata", type=Path, required=True, metavar="CHECKOUT")
    parser.add_argument("--min-confidence", type=float, default=0.0, metavar="P")
    options = parser.parse_args()
    around = units_by_line(options.creddata)
    found = [around.get(place, []) for place in places(options.findings, options.min_confidence)]
    print(f"{len(units(options.creddata))} labelled units")
    print(f"{'all':28} {scored(core(options.creddata), found)}")
    for group, score in by_group(options.creddata, found).items():
        print(f"{group:28} {score}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
