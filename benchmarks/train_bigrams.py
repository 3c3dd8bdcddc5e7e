"""Counts letter pairs in words, for telling words from random letters: writes leakscan/score/bigrams.json.

The words are the identifiers, comments and texts of the running Python's own standard library, split at
case changes and non-letters. Run: ``python benchmarks/train_bigrams.py``.
"""

from __future__ import annotations

import json
import math
import re
import string
import sysconfig
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

WORD = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{3,}")
TARGET = Path(__file__).resolve().parent.parent / "leakscan" / "score" / "bigrams.json"


def main() -> None:
    words: Counter[str] = Counter()
    for file in sorted(Path(sysconfig.get_paths()["stdlib"]).rglob("*.py")):
        if "site-packages" not in file.parts:
            words.update(word.lower() for word in WORD.findall(file.read_text("utf-8", errors="ignore")))
    pairs: defaultdict[str, float] = defaultdict(float)
    for word, count in words.items():
        weight = math.log2(1 + count)  # a word used a thousand times says little more than one used ten times
        for a, b in pairwise(word):
            pairs[a + b] += weight
    total = sum(pairs.values())
    table = {
        a: [round(math.log2((pairs[a + b] + 0.5) / total * 26 * 26), 2) for b in string.ascii_lowercase]
        for a in string.ascii_lowercase
    }
    rows = ",\n".join(f'"{letter}": {json.dumps(row)}' for letter, row in table.items())
    TARGET.write_text("{\n" + rows + "\n}\n")


if __name__ == "__main__":
    main()
