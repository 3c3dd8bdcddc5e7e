"""Plain words for what a scan says in numbers and names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timezone

from leakscan.finding import SEVERITIES, Commit, Counts, Finding, Gap, Reason, Suppression, Where

# What a feature says when it speaks for a finding, and against it; {} is its value.
_SAYINGS: dict[str, tuple[str, str]] = {
    "characters": ("it mixes many kinds of characters", "it has few kinds of characters"),
    "checksum": ("its check digits are right", "its check digits are wrong"),
    "code": ("it does not look like program code", "it looks like program code"),
    "context": ("the words around it fit", "the words around it speak of {}"),
    "entropy": (
        "the characters look random ({} bits each)",
        "the characters hardly look random ({} bits each)",
    ),
    "expiry": ("it is still valid", "it expired on {}"),
    "keyword": ("the name before it says so", "the name before it {}"),
    "length": ("it is long enough ({} characters)", "it is short ({} characters)"),
    "pair": ("its other half stands near it ({})", "its other half stands far off ({})"),
    "path": ("it stands where secrets are kept", "its path says {}"),
    "pattern": ("the shape fits", "other things have this shape too"),
    "pattern:token": ("the shape alone says what it is", "other things have this shape too"),
    "pattern:keyword": ("the words around it say what it is", "other things have this shape too"),
    "pattern:generic": ("it is assigned like a secret", "other things are assigned like this too"),
    "placeholder": ("it is no placeholder", "it looks like a placeholder ({})"),
    "quotes": ("it stands in quotes", "it stands without quotes"),
    "shape": ("the shape fits", "it looks like something else ({})"),
    "words": ("it does not read like words", "it reads like words"),
}
# The same of features that are sums of learned weights, whose value is a number that says nothing.
_LEARNED: dict[str, tuple[str, str]] = {
    "characters": ("its characters run as in secrets", "its characters run as in what is no secret"),
    "shape": ("its kinds of characters alternate as in secrets", "its shape is rather that of other things"),
    "name": ("secrets have names like this", "secrets seldom have names like this"),
    "line before": ("lines with secrets begin like this", "lines with secrets seldom begin like this"),
    "what follows": ("this is how secrets end", "secrets seldom end like this"),
    "file type": ("secrets stand in such files", "secrets seldom stand in such files"),
}
_UNSAID = {"base", "bias", "intercept"}

_PLACES: dict[Where, str] = {
    "history": "in the history",
    "worktree": "in the working tree",
    "index": "staged",
    "message": "in a message",
    "stash": "in a stash",
    "reflog": "in the reflog",
    "dangling": "in a dangling object",
    "stdin": "in standard input",
    "archive": "in an archive",
}

_BY = {
    "mark": "by a mark",
    "allow": "by an allowlist",
    "exclude": "by an excluded path",
    "baseline": "by the baseline",
}
_MENDS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("shallow",), "git fetch --unshallow (in CI: a fetch depth of 0), then scan again"),
    (("partial", "promisor", "lazy"), "clone it whole, without --filter, then scan again"),
    (("permission", "denied"), "let the user who runs the scan read it, then scan again"),
    (("corrupt", "damaged", "missing"), "git fsck shows the damage: fetch or clone again from a whole copy"),
)
_MENDS_ELSE = "mend what is named and scan again, or accept it with --allow-incomplete"


def sureness(confidence: float) -> str:
    """A confidence as people say it; never 100%, which no scanner can promise."""
    return f"{min(99, int(confidence * 100 + 1e-9))}%, {sureness_word(confidence)}"


def sureness_word(confidence: float) -> str:
    """``almost certain``, ``very likely``, ``likely``, ``possible`` or ``unlikely``."""
    return next(
        word
        for least, word in (
            (0.95, "almost certain"),
            (0.8, "very likely"),
            (0.6, "likely"),
            (0.4, "possible"),
            (-1.0, "unlikely"),
        )
        if confidence >= least
    )


def strongest(reasons: Iterable[Reason], most: int = 3) -> list[Reason]:
    """The reasons that decided, the strongest first."""
    telling = [reason for reason in reasons if reason.feature not in _UNSAID and reason.weight]
    return sorted(telling, key=lambda reason: (-abs(reason.weight), reason.feature))[:most]


def said(reason: Reason) -> str:
    """``+ the characters look random (4.7 bits each)``."""
    value = f"{reason.value:.1f}" if isinstance(reason.value, float) else str(reason.value)
    learned = _LEARNED.get(reason.feature) if isinstance(reason.value, float) else None
    named = learned or _SAYINGS.get(f"{reason.feature}:{value}") or _SAYINGS.get(reason.feature)
    if named:
        words = named[reason.weight < 0]
        words = words.replace(" ({})", "") if isinstance(reason.value, bool) else words.replace("{}", value)
    else:
        words = reason.feature.replace("_", " ") + ("" if reason.value in (True, "") else f": {value}")
    return f"{'+' if reason.weight > 0 else '−'} {words}"


def ignored_by(why: Suppression) -> str:
    """``by a mark, app.py:12: a test key``: what says that a finding does not count."""
    return f"{_BY.get(why.by, why.by)}, {why.source}" + (f": {why.reason}" if why.reason else "")


def standing(finding: Finding) -> str:
    """Whether a secret is still there, and who can have it."""
    wheres = {place.where for place in finding.locations}
    committed = wheres & {"history", "message"}
    if finding.in_head:
        return "still in HEAD"
    if committed == {"message"} == wheres:
        return "in a commit or tag message"
    if committed:
        now = wheres & {"worktree", "index"}
        return f"{_listed(now)} and the history" if now else "no longer in HEAD, but every clone has it"
    if wheres <= {"worktree", "index"}:
        words = "staged" if "index" in wheres else "in the working tree"
        return words if finding.in_head is None else f"{words}, not committed yet"
    if wheres <= {"stash", "reflog", "dangling"}:
        return f"only {_listed(wheres)}: no branch or tag has it"
    return _listed(wheres)


def _listed(wheres: Iterable[Where]) -> str:
    return " and ".join(words for where, words in _PLACES.items() if where in set(wheres))


def part_name(name: str) -> str:
    """``access key ID`` for ``access_key_id``."""
    upper = {"id", "sts", "url", "arn", "api"}
    return " ".join(word.upper() if word in upper else word for word in name.split("_"))


def age(commit: Commit, started: str) -> str:
    """How long before the scan a commit was made: ``2 years ago``; nothing where that is unknown."""
    try:
        now = datetime.fromisoformat(started.replace("Z", "+00:00"))
    except ValueError:
        return ""
    now = now if now.tzinfo else now.replace(tzinfo=timezone.utc)
    days = (now.timestamp() - commit.time) / 86400
    if days < 0:
        return ""
    for length, unit in ((365.25, "year"), (30.44, "month"), (7.0, "week"), (1.0, "day"), (1 / 24, "hour")):
        if days >= length:
            return f"{counted(int(days / length), unit)} ago"
    return "just now"


def counted(number: int, noun: str, plural: str = "") -> str:
    """``1 file``, ``2,341 files``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def size(octets: int) -> str:
    """``1.2 GB``."""
    number = float(octets)
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "bytes" or number >= 100 else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:,.1f} TB"


def duration(seconds: float) -> str:
    """``0.4 s``, ``3 min 20 s``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def by_severity(findings: Iterable[Finding]) -> str:
    """``2 critical, 1 high``."""
    numbers = Counter(finding.severity for finding in findings)
    return ", ".join(f"{numbers[name]:,} {name}" for name in reversed(SEVERITIES) if numbers[name])


def amount(counts: Counts) -> str:
    """How much was scanned: ``2,341 commits, 12,034 objects, 310 files (1.2 GB)``."""
    kinds = ((counts.commits, "commit"), (counts.objects, "object"), (counts.files, "file"))
    nothing = "git's own files" if counts.bytes else "nothing"
    words = ", ".join(counted(number, noun) for number, noun in kinds if number) or nothing
    return f"{words} ({size(counts.bytes)})" if counts.bytes else words


def by_reason(gaps: Iterable[Gap]) -> dict[str, list[str]]:
    """What was not scanned, under why not; the most frequent reason first."""
    groups: dict[str, list[str]] = {}
    for gap in gaps:
        groups.setdefault(gap.why, []).append(gap.what)
    return dict(sorted(groups.items(), key=lambda group: -len(group[1])))


def mend(why: str) -> str:
    """What the user can do about what could not be scanned; nothing where the reason says it itself."""
    lower = why.lower()
    if any(sign in lower for sign in ("run '", " --", "again")):
        return ""
    return next((mend for signs, mend in _MENDS if any(sign in lower for sign in signs)), _MENDS_ELSE)
