"""Samsung/CredData as we measure on it: units of labelled lines, and what findings score on them."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Unit:
    """One labelled range of lines; ``true`` where any of its labels is."""

    path: str
    first: int
    last: int
    true: bool
    categories: tuple[str, ...]

    @property
    def is_core(self) -> bool:
        """CredData labels 1,500 plain UUIDs true, which are nobody's secret by themselves."""
        return self.categories != ("UUID",)


@dataclass(frozen=True, slots=True)
class Score:
    """Of the core units: how many true ones were found, how many false ones, and how many true ones not."""

    right: int
    wrong: int
    missed: int
    unlabelled: int

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)

    def __str__(self) -> str:
        both = self.precision + self.recall
        f1 = 2 * self.precision * self.recall / both if both else 0.0
        return (
            f"precision {self.precision:.3f}  recall {self.recall:.3f}  F1 {f1:.3f}  "
            f"(right {self.right}, wrong {self.wrong}, unlabelled {self.unlabelled})"
        )


def units(checkout: Path) -> list[Unit]:
    """All labelled units of the projects that are there."""
    labels: dict[tuple[str, int, int], list[dict[str, str]]] = defaultdict(list)
    folder = checkout / "meta_have"
    for table in sorted((folder if folder.is_dir() else checkout / "meta").glob("*.csv")):
        with table.open(newline="", encoding="utf-8") as rows:
            for row in csv.DictReader(rows):
                labels[row["FilePath"], int(row["LineStart"]), int(row["LineEnd"])].append(row)
    found = []
    for (path, first, last), rows_of in labels.items():
        true = [row for row in rows_of if row["GroundTruth"] == "T"]
        names = sorted({name for row in true or rows_of for name in row["Category"].split(":")})
        found.append(Unit(path, first, last, bool(true), tuple(names)))
    return found


def units_by_line(checkout: Path) -> dict[tuple[str, int], list[Unit]]:
    """The units that each line of each file belongs to."""
    found: dict[tuple[str, int], list[Unit]] = defaultdict(list)
    for unit in units(checkout):
        for line in range(unit.first, unit.last + 1):
            found[unit.path, line].append(unit)
    return found


def core(checkout: Path) -> set[Unit]:
    """The true units that count."""
    return {unit for unit in units(checkout) if unit.true and unit.is_core}


def files(checkout: Path) -> Iterator[tuple[str, bytes]]:
    """Path and content of each file with labels."""
    for path in sorted({unit.path for unit in units(checkout)}):
        file = checkout / path
        if file.is_file():
            yield path, file.read_bytes()


def scored(true: set[Unit], findings: Iterable[list[Unit]]) -> Score:
    """The score of findings, each given as the units that its line belongs to."""
    right: set[Unit] = set()
    wrong: set[Unit] = set()
    unlabelled = 0
    for around in findings:
        hit = [unit for unit in around if unit.true]
        right.update(unit for unit in hit if unit.is_core)
        if not around:
            unlabelled += 1
        elif not hit:
            narrowest = min(around, key=lambda unit: unit.last - unit.first)
            wrong |= {narrowest} if narrowest.is_core else set()
    return Score(len(right), len(wrong), len(true - right), unlabelled)
