"""Makes ``leakscan/score/common_words.txt``: the words that stand in the code of many projects.

    python -m benchmarks.common_words FOLDER ...

Each FOLDER holds projects, a folder each. A word counts once a project, whatever its case.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

LEAST_SHARE = 0.1  # of the projects
_WORD = re.compile(rb"[A-Z]?[a-z]{3,14}|[A-Z]{4,14}(?![a-z])")
_LARGEST = 2_000_000  # bytes; beyond that a file is data
TARGET = Path(__file__).parent.parent / "leakscan" / "score" / "common_words.txt"


def common_words(projects: list[Path]) -> list[str]:
    """The words in at least a tenth of these folders, sorted."""
    counts: Counter[str] = Counter()
    for project in projects:
        words: set[str] = set()
        for file in project.rglob("*"):
            if file.is_file() and file.stat().st_size < _LARGEST:
                words.update(word.decode().lower() for word in _WORD.findall(file.read_bytes()))
        counts.update(words)
    return sorted(word for word, count in counts.items() if count >= LEAST_SHARE * len(projects))


def main() -> int:
    projects = [
        project for folder in sys.argv[1:] for project in sorted(Path(folder).iterdir()) if project.is_dir()
    ]
    if not projects:
        print(__doc__)
        return 2
    words = common_words(projects)
    TARGET.write_text("\n".join(words) + "\n", "utf-8")
    print(f"{len(words)} words of {len(projects)} projects")
    return 0


if __name__ == "__main__":
    sys.exit(main())
