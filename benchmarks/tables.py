"""Markdown tables of what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from benchmarks.rounds import Summary
from benchmarks.store import Content

_BUSY = 0.05  # of the machine: from here on, what others did is mentioned
NONE = "–"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The first column to the left, the others to the right, but for one of remarks.

    >>> print(table(["tool", "s"], [["a", "1"]]))
    | tool | s |
    |---|--:|
    | a | 1 |
    """
    lines = [header, *rows]
    rule = "|".join("---" if name == "remark" else "--:" for name in header[1:])
    drawn = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([drawn[0], f"|---|{rule}|", *drawn[1:]])


def comparison(scans: Sequence[Summary], cores: int) -> str:
    """One line a tool. Those that ended early get no time and no ratio, but say where they ended."""
    base = next((scan for scan in scans if scan.name == "leakscan" and not scan.stopped), None)
    header = ["tool", "wall s (range)", "ratio", "CPU s", "ratio", "peak MB (PSS)", "ratio", "peak MB (RSS)"]
    rows = [_row(scan, base) for scan in scans]
    text = table([*header, "findings", "exit code", "remark"], rows)
    share = max(scan.others for scan in scans) / cores
    if share < _BUSY:
        return text
    return f"{text}\n\nOther processes used up to {share:.0%} of the machine: repeat this when it is idle."


def _row(scan: Summary, base: Summary | None) -> list[str]:
    codes = ", ".join(str(code) for code in scan.codes if code >= 0) or NONE  # those below 0 are signals
    findings = NONE if scan.findings is None else f"{scan.findings:,}"
    if scan.stopped:
        remark = f"{scan.stopped} after {seconds(scan.wall)} s"
        if scan.stopped.startswith("not at its end"):
            remark = scan.stopped
        return [scan.name, *[NONE] * 7, findings, codes, remark]
    return [
        scan.name,
        f"{seconds(scan.wall)} ({seconds(scan.fastest)}–{seconds(scan.slowest)})",
        ratio(scan.wall, base.wall if base else None),
        seconds(scan.cpu),
        ratio(scan.cpu, base.cpu if base else None),
        megabytes(scan.pss),
        ratio(scan.pss, base.pss if base else None),
        megabytes(scan.rss),
        findings,
        codes,
        scan.note,
    ]


def yardsticks(sticks: Sequence[Summary], scans: Sequence[Summary]) -> str:
    """What git itself needs to read the same, and how leakscan's CPU time compares to it."""
    parts = [
        f"`{stick.name}` {stick.stopped}" if stick.stopped else f"`{stick.name}` {seconds(stick.cpu)} s"
        for stick in sticks
    ]
    text = "Yardstick, CPU time: " + ", ".join(parts)
    own = next((scan for scan in scans if scan.name == "leakscan"), None)
    total = sum(stick.cpu for stick in sticks)
    if own is None or own.stopped or any(stick.stopped for stick in sticks) or not total:
        return text + "."
    return text + f"; together {seconds(total)} s. leakscan took {ratio(own.cpu, total)} that."


def describe(content: Content) -> str:
    """The numbers of a repository in a line or two."""
    packs = f"{content.packs} pack" + "s" * (content.packs != 1)
    parts = [
        f"{content.commits:,} commits, {content.blobs:,} blobs",
        f"{megabytes(content.packed)} MB in {packs}, inflated {megabytes(content.inflated)} MB "
        f"({megabytes(content.deltas)} MB of it delta instructions)",
        f"all blobs expanded {megabytes(content.expanded)} MB",
        f"{content.loose:,} loose objects",
        "git cannot list what is missing"
        if content.missing is None
        else f"{content.missing:,} objects missing",
    ]
    return "; ".join(parts) + "."


def scaling(rows: Iterable[tuple[str, Content, Sequence[Summary]]]) -> str:
    """leakscan's time beside the three sizes that it could grow with, and the rate for each."""
    header = ["repository", "commits", "blobs", "packed MB", "inflated MB", "of it deltas", "expanded MB"]
    rates = [
        "wall s",
        "CPU s",
        "peak MB (PSS)",
        "packed MB/s",
        "inflated MB/s",
        "expanded MB/s",
        "CPU / yardstick",
    ]
    return table([*header, *rates], [_scaling_row(*row) for row in rows])


def _scaling_row(name: str, content: Content, runs: Sequence[Summary]) -> list[str]:
    own = next(run for run in runs if run.name == "leakscan")
    sticks = [run for run in runs if run.name != "leakscan"]
    sizes = [content.packed, content.inflated, content.deltas, content.expanded]
    start = [name, f"{content.commits:,}", f"{content.blobs:,}", *map(megabytes, sizes)]
    if own.stopped:
        return [*start, own.stopped, *[NONE] * 6]
    rates = [f"{size / 1e6 / own.wall:,.1f}" for size in (content.packed, content.inflated, content.expanded)]
    whole = sticks and not any(stick.stopped for stick in sticks)
    against = ratio(own.cpu, sum(stick.cpu for stick in sticks)) if whole else NONE
    return [*start, seconds(own.wall), seconds(own.cpu), megabytes(own.pss), *rates, against]


def versions(machine: Mapping[str, str], tools: Mapping[str, str], absent: Sequence[str]) -> str:
    """The machine and the tools, as a list above the tables."""
    lines = [
        "- machine: " + ", ".join(f"{name} {value}" for name, value in machine.items()),
        "- tools: " + ", ".join(f"{name} {version}" for name, version in tools.items()),
    ]
    if absent:
        lines.append("- not compared: " + ", ".join(absent))
    return "\n".join(lines)


def seconds(value: float) -> str:
    """Three digits that mean something.

    >>> seconds(0.0512), seconds(4.256), seconds(49.41), seconds(1234.5)
    ('0.05', '4.26', '49.4', '1,234')
    """
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 1000 else f"{value:,.0f}"


def megabytes(value: int | None) -> str:
    """Of a million bytes."""
    if value is None:
        return NONE
    return f"{value / 1e6:,.1f}" if value < 100_000_000 else f"{value / 1e6:,.0f}"


def ratio(value: float | None, base: float | None) -> str:
    """How many times the base.

    >>> ratio(30, 10), ratio(5, 10), ratio(None, 10)
    ('3.0×', '0.50×', '–')
    """
    if value is None or not base:
        return NONE
    times = value / base
    return f"{times:.2f}×" if times < 1 else f"{times:.1f}×"
