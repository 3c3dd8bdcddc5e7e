"""Joins the rooms: source, detect, score, suppress, advise."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from leakscan import __version__
from leakscan.detect.detect import Detector
from leakscan.errors import GitError, UsageError
from leakscan.finding import Blob, Candidate, Commit, Counts, Finding, Gap, Origin, ScanResult, Secret
from leakscan.git.repository import Repository, discover, require_repository
from leakscan.ruleset.compiled import CompiledRules, compiled_rules
from leakscan.ruleset.ruleset import RuleSet
from leakscan.score.model import DEFAULT_MIN_CONFIDENCE
from leakscan.source.archive import Unpacker, container, searched
from leakscan.source.files import MAX_BYTES
from leakscan.stopwatch import Stopwatch
from leakscan.suppress.allowlist import permitted
from leakscan.suppress.inline import Marks
from leakscan.suppress.interface import Scope, Suppressor
from leakscan.suppress.selection import EVERYTHING, Selection
from leakscan.suppress.suppress import suppressed

# A hook does without what reads trees and histories, and mostly without what judges findings: they are
# imported where they are used, because that takes as long as all the rest.
if TYPE_CHECKING:
    from leakscan.git.attribution import Attribution
    from leakscan.harvest import Harvest
    from leakscan.past import Past
    from leakscan.ruleset.rule import Rule
    from leakscan.source.inside import Inside
    from leakscan.source.interface import ChangeSource, Source
    from leakscan.state import StateFile

    class Likely(Protocol):
        """The candidates of a source that may come to a finding; ``where`` names the repository inside."""

        def __call__(self, source: Source, where: str = "") -> list[Candidate]: ...


@dataclass(frozen=True, slots=True)
class Options:
    """What to scan and what to report. ``rules`` are files or folders over the built-in ones.

    ``engine`` reads the history: from its packs, in as many processes as there are processors (or
    ``jobs``, if that is not 0), or as a reference one object after the other.

    ``commits`` are those of which only is read what they bring in, as of those in ``range`` (A..B),
    of those of a ``branch``, and of those ``since`` a time (in Unix seconds). ``selection`` says which
    findings are wanted.

    ``since_last`` reads of each history only what is new since the last scan with it. The report is that of a
    full scan all the same. ``state`` is the file that remembers, for the history of the only target's own
    repository; without one they are in the user's state folder.
    """

    rules: tuple[Path, ...] = ()
    history: bool = True
    staged: bool = False
    range: str | None = None
    commits: tuple[str, ...] | None = None
    branch: str | None = None
    since: int | None = None
    selection: Selection = EVERYTHING
    include_ignored: bool = False
    max_bytes: int = MAX_BYTES
    engine: Literal["packs", "reference"] = "packs"
    jobs: int = 0
    profile: bool = False
    min_confidence: float = DEFAULT_MIN_CONFIDENCE
    since_last: bool = False
    state: Path | None = None
    marks: bool = True
    suppressors: tuple[Suppressor, ...] = ()
    key: bytes | None = None


class _Tally:
    """What all targets of a scan add up to."""

    def __init__(
        self,
        candidates: Iterable[Candidate] = (),
        progress: Callable[[Counts, float | None], None] | None = None,
        profile: bool = False,
    ) -> None:
        self.candidates = list(candidates)
        self.commits: dict[str, Commit] = {}
        self.head: set[str] | None = None
        self.repositories: set[Path] = set()  # of which changes were read, for all their paths
        self.incomplete: list[Gap] = []
        self.skipped: list[Gap] = []
        self.counts = Counts()
        self.progress = progress
        self.watch = Stopwatch(profile)
        self.marks = Marks()
        self.tree_is_whole = True

    def read(self, source: Source, where: str = "") -> Iterator[Blob]:
        """The source's blobs, counted; its gaps are taken over at the end, ``where`` they are."""
        before, size = self.counts, 0
        for number, blob in enumerate(source.blobs()):
            size += len(blob.content)
            self.marks.see(blob)
            yield blob
            if self.progress is not None and number % _PROGRESS_BLOBS == 0:
                total = getattr(source, "total", None)
                self.progress(_added(before, source, size), number / total if total else None)
        self.incomplete += _placed(source.incomplete, where)
        self.skipped += _placed(source.skipped, where)
        self.counts = _added(before, source, size)

    def add(self, harvest: Harvest) -> None:
        """Takes over what a share of the history counted."""
        self.counts = replace(
            self.counts,
            bytes=self.counts.bytes + harvest.bytes,
            objects=self.counts.objects + harvest.objects,
            commits=self.counts.commits + harvest.commits,
        )
        self.watch.add(harvest.spent)
        if self.progress is not None:
            self.progress(self.counts, harvest.done)


_PROGRESS_BLOBS = 64  # from one report of progress to the next


def _placed(gaps: Iterable[Gap], where: str) -> Iterator[Gap]:
    """The gaps of a repository inside the target, with the path at which it lies there."""
    return (Gap(f"{gap.what} in {where}", gap.why) if where else gap for gap in gaps)


def _added(before: Counts, source: Source, size: int) -> Counts:
    return replace(
        before,
        bytes=before.bytes + size,
        objects=before.objects + source.objects,
        commits=before.commits + source.commits,
        files=before.files + source.files,
    )


def scan_targets(
    targets: Sequence[str],
    options: Options | None = None,
    progress: Callable[[Counts, float | None], None] | None = None,
    wait: Callable[[], object] = lambda: None,
) -> ScanResult:
    """Scans each target (a path, or ``-`` for standard input) and says what leaked, and what was not read.

    ``progress`` is called again and again with what has been read so far, and which share of the present
    source that is, or None where its size is not known beforehand. ``wait`` is called before rules are
    compiled, which takes seconds and is done once.

    Raises UsageError, RuleError or GitError where a target cannot be scanned at all.
    """
    options = options or Options()
    _check_since_last(targets, options)
    started, clock = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()), time.monotonic()
    tally = _Tally(progress=progress, profile=options.profile)
    with tally.watch.during("rules"):
        compiled = compiled_rules(options.rules, _check, wait)
        options.selection.check(compiled.rules)
        detector = Detector(compiled)
    for target in targets:
        found = permitted(_scan_one(target, options, compiled, detector, tally), compiled.rules)
        tally.candidates += _below(target, found) if len(targets) > 1 else found
    tally.incomplete += detector.incomplete
    with tally.watch.during("findings"):
        findings = _findings(tally, compiled, options.min_confidence, options.key)
        suppressors = ((tally.marks,) if options.marks else ()) + options.suppressors
        scope = _scope(tally, options)
        held = tally.candidates
        if options.suppressors or any(candidate.marked for candidate in held):
            findings = list(suppressed(findings, held, tally.commits, tally.head, suppressors, scope))
        warnings = [warning for suppressor in suppressors for warning in suppressor.warnings(scope)]
        findings, unwanted = options.selection.chosen(findings)
        if unwanted:
            left_out = f"{len(unwanted)} left out by the filters that were given"
            tally.skipped.append(Gap("other findings", left_out))
        named = [*_text_findings(_names(targets, tally), compiled, detector), *unwanted]
    return ScanResult(
        version=__version__,
        started=started,
        seconds=round(time.monotonic() - clock, 3),
        targets=tuple(targets),
        counts=replace(tally.counts, rules=len(compiled.rules), candidates=len(tally.candidates)),
        findings=tuple(findings),
        incomplete=tuple(tally.incomplete),
        skipped=tuple(tally.skipped),
        named=tuple(named),
        profile=tally.watch.spent,
        warnings=tuple(warnings),
    )


def _scope(tally: _Tally, options: Options) -> Scope:
    """What was read whole: nothing is that holds a gap."""
    tree = tally.tree_is_whole and not tally.incomplete
    return Scope(tree, tree and options.history)


def scan(target: str | os.PathLike[str], options: Options | None = None) -> Iterator[Finding]:
    """The findings in one target; see :func:`scan_targets` for what else a scan says."""
    yield from scan_targets([os.fspath(target)], options).findings


def scan_text(
    content: bytes, path: str | None = None, min_confidence: float = DEFAULT_MIN_CONFIDENCE
) -> list[Finding]:
    """The findings in one text, judged as if it stood at ``path``."""
    compiled = compiled_rules()
    return _text_findings(content, compiled, Detector(compiled), path, min_confidence)


def scan_texts(
    texts: Iterable[tuple[str | None, str]],
    rules: Sequence[Path] = (),
    min_confidence: float = DEFAULT_MIN_CONFIDENCE,
    wait: Callable[[], object] = lambda: None,
) -> list[Finding]:
    """The findings in some texts, each judged as if it stood at its path; see :func:`scan_targets`."""
    compiled = compiled_rules(rules, _check, wait)
    detector = Detector(compiled)
    return [
        finding
        for path, text in texts
        for finding in _text_findings(
            text.encode("utf-8", "surrogatepass"), compiled, detector, path, min_confidence
        )
    ]


def _text_findings(
    content: bytes,
    compiled: CompiledRules,
    detector: Detector,
    path: str | None = None,
    min_confidence: float = DEFAULT_MIN_CONFIDENCE,
) -> list[Finding]:
    blob = Blob(content, Origin("stdin" if path is None else "worktree", path))
    candidates = permitted(detector.candidates(blob), compiled.rules)
    return _findings(_Tally(candidates), compiled, min_confidence)


def _names(targets: Iterable[str], tally: _Tally) -> bytes:
    """The texts that a report shows beside its findings, each in a line."""
    gaps = [text for gap in tally.incomplete + tally.skipped for text in (gap.what, gap.why)]
    paths = [candidate.origin.path or "" for candidate in tally.candidates]
    return "\n".join(dict.fromkeys([*targets, *gaps, *paths])).encode("utf-8", "surrogatepass")


def _findings(
    tally: _Tally, compiled: CompiledRules, min_confidence: float, key: bytes | None = None
) -> list[Finding]:
    """The back rooms of the corridor, for candidates that know where they stand."""
    if not tally.candidates:
        return []
    from leakscan.advise.advice import advise
    from leakscan.score.score import score

    rules = compiled.rules
    head = None if tally.head is None else frozenset(tally.head)
    given = key or _fingerprint_key()
    findings = list(score(tally.candidates, rules, tally.commits, head, min_confidence, given))
    return list(advise(findings, {finding.rule: rules.by_id[finding.rule].advice for finding in findings}))


def _check(compiled: CompiledRules, rules: Sequence[Rule]) -> None:
    from leakscan.selftest import check_examples

    check_examples(compiled, rules)


def _fingerprint_key() -> bytes:
    from leakscan.score.score import FINGERPRINT_KEY

    return os.fsencode(os.environ.get("LEAKSCAN_FINGERPRINT_KEY", "")) or FINGERPRINT_KEY


def _below(target: str, candidates: Iterable[Candidate]) -> Iterable[Candidate]:
    """With several targets, paths begin where the user stands, and not at each target's own root."""
    if target == "-":
        return candidates
    path = Path(target)
    repository = discover(path)
    root = repository.name if repository else path.resolve() if path.is_dir() else path.resolve().parent
    return _moved(candidates, os.path.relpath(root) if root.is_relative_to(Path.cwd()) else str(root))


def _moved(candidates: Iterable[Candidate], folder: str) -> Iterator[Candidate]:
    """The candidates with paths that begin further out, at what holds ``folder``."""
    for candidate in candidates:
        origin = candidate.origin
        named = folder if origin.path is None else os.path.normpath(f"{folder}/{origin.path}")
        yield replace(candidate, origin=origin._replace(path=named))


def _scan_one(
    target: str, options: Options, compiled: CompiledRules, detector: Detector, tally: _Tally
) -> list[Candidate]:
    """The candidates of one target, each with where it stands."""
    keep = partial(_is_likely, compiled.rules, options.min_confidence)

    def likely(source: Source, where: str = "") -> list[Candidate]:
        unpacker = Unpacker(source.incomplete, source.skipped, options.max_bytes)
        return list(filter(keep, searched(detector.detect, tally.read(source, where), unpacker)))

    tally.tree_is_whole &= Path(target).is_dir() and not options.staged and options.range is None
    if target == "-":
        from leakscan.source.stdin import StdinSource

        return likely(StdinSource(max_bytes=options.max_bytes))
    if not target:
        raise UsageError("a path is empty: name a folder or file, or - for standard input")
    path = Path(target)
    if options.staged or _commits_only(options):
        return _changed(path, options, detector, tally, likely)
    from leakscan.source.index import IndexSource
    from leakscan.source.tree import TreeSource

    repository = discover(path)
    tree = TreeSource(path, repository, include_ignored=options.include_ignored, max_bytes=options.max_bytes)
    with tally.watch.during("working tree"):
        found = likely(tree)
    met = tree.repositories
    for inside in met.with_history() if options.history else met.with_index():
        more = _beside_files(inside, options, compiled, tally, likely)
        found += _moved(more, inside.where) if inside.where else more
    if repository is None or tree.is_whole:
        return found
    tally.tree_is_whole = False
    if tree.part:
        found += likely(IndexSource(repository, tree.part, max_bytes=options.max_bytes))
    if options.history and tree.is_in_git_dir:
        why = f"only a part of a git directory was named: scan again, and name {repository.git_dir}"
        tally.incomplete.append(Gap("history", why))
    elif options.history:
        tally.skipped.append(Gap("history", f"only read when the whole of {repository.name} is scanned"))
    return found


def _beside_files(
    inside: Inside, options: Options, compiled: CompiledRules, tally: _Tally, likely: Likely
) -> list[Candidate]:
    """What a repository holds beside the files of its working tree: its history, or only its index."""
    from leakscan.source.index import IndexSource
    from leakscan.source.remains import RemainsSource

    repository, where = inside
    try:
        if not options.history:
            return likely(IndexSource(repository, max_bytes=options.max_bytes), where)
        state = _state(inside, options, compiled)
        past = _history(inside, options, compiled, tally, likely, state)
        past.candidates.sort(key=_in_store)  # whichever process was the first to find it
        with tally.watch.during("attribution"):
            found = list(past.attribution.attribute(past.candidates))
        remains = RemainsSource(repository, max_bytes=options.max_bytes)
        with tally.watch.during("remains"):
            found += likely(remains, where)
        with tally.watch.during("attribution"):
            _describe(past.attribution, found, tally, where)
        if state is not None and past.learned is not None and not remains.mistaken:
            tally.skipped += _placed(state.write(past.learned), where)
    except GitError as error:
        if not where:
            raise
        tally.incomplete.append(Gap(where, str(error)))
        return []
    return found


def _history(
    inside: Inside,
    options: Options,
    compiled: CompiledRules,
    tally: _Tally,
    likely: Likely,
    state: StateFile | None,
) -> Past:
    """The candidates of the whole history, and who knows where they stand."""
    from leakscan.git.attribution import Attribution
    from leakscan.harvest import ShareWork
    from leakscan.past import Past, read_past
    from leakscan.source.history import HistorySource

    repository, where = inside
    if options.engine == "reference":
        source = HistorySource(repository, max_bytes=options.max_bytes)
        found = likely(source, where)
        return Past(Attribution(repository, source.graph), found)
    known = state.read() if state else None
    keep = partial(_is_likely, compiled.rules, options.min_confidence)
    seen = known.seen if known else None
    with tally.watch.during("indexes of packs"):
        work = ShareWork(repository, compiled, keep, options.max_bytes, seen, options.profile)
    jobs = options.jobs or os.cpu_count() or 1
    past = read_past(repository, work, jobs, known, tally.add, tally.watch)
    tally.incomplete += _placed(past.incomplete, where)
    tally.skipped += _placed(past.skipped, where)
    return past


def _state(inside: Inside, options: Options, compiled: CompiledRules) -> StateFile | None:
    """Where it is remembered what of this history has been read; None where it is not to be."""
    if inside.where if options.state is not None else not options.since_last:
        return None
    from leakscan.state import state_file

    settings = (__version__, compiled.name, options.max_bytes, options.min_confidence)
    return state_file(inside.repository, settings, options.state)


def _check_since_last(targets: Sequence[str], options: Options) -> None:
    """Raises UsageError where no history is read that could be remembered."""
    if not options.since_last and options.state is None:
        return
    option = "--since-last" if options.state is None else "--state"
    hindrances = {
        "--staged": options.staged,
        "--range": options.range is not None,
        "--branch": options.branch is not None,
        "--since": options.since is not None,
        "--no-history": not options.history,
        "--engine reference": options.engine == "reference",
        "- (standard input)": "-" in targets,
    }
    others = [name for name, given in hindrances.items() if given]
    if others:
        raise UsageError(f"{option} is for whole histories: leave out {option} or {others[0]}")
    if options.state is not None and len(targets) > 1:
        raise UsageError("--state remembers one repository: give one PATH, or --since-last instead of it")


def _in_store(candidate: Candidate) -> tuple[str, str, str, int, str]:
    origin = candidate.origin
    return origin.blob or "", origin.commit or "", origin.member or "", candidate.start, candidate.rule


def _is_likely(rules: RuleSet, least: float, candidate: Candidate) -> bool:
    """Whether the candidate can come to the confidence that is wanted at least."""
    from leakscan.score.score import best_confidence

    return best_confidence(candidate, rules.by_id[candidate.rule]) >= least


def _changed(
    path: Path,
    options: Options,
    detector: Detector,
    tally: _Tally,
    likely: Likely,
) -> list[Candidate]:
    """What is staged, or what a range of commits brings in, without what stood at the same place before."""
    from leakscan.source.staged import RangeSource, StagedSource

    repository = require_repository(path, _purpose(options), in_use=options.staged)
    if repository.name in tally.repositories:
        return []
    tally.repositories.add(repository.name)
    source: ChangeSource
    of_commits = _commits_only(options)
    if of_commits:
        source = RangeSource(repository, _wanted(repository, options))
    else:  # in a hook of `git commit -a`, git names an index of its own
        index = os.environ.get("GIT_INDEX_FILE")
        source = StagedSource(repository, Path(index) if index else None)
    before: dict[Origin, set[tuple[str, Secret]]] = {}
    fresh = []
    for candidate in likely(source):
        origin = container(candidate.origin)
        if origin not in before:
            olds = [Blob(content, origin) for content in source.before(origin)]
            found = searched(detector.detect, olds, Unpacker([], [], options.max_bytes))
            before[origin] = {(old.rule, old.secret) for old in found}
        if (candidate.rule, candidate.secret) not in before[origin]:
            fresh.append(candidate)
    if of_commits:
        from leakscan.git.attribution import Attribution
        from leakscan.git.graph import CommitGraph

        _describe(Attribution(repository, CommitGraph()), fresh, tally)
    return fresh


def _purpose(options: Options) -> str:
    given = {"--staged": options.staged, "--branch": options.branch, "--since": options.since is not None}
    return next((name for name, value in given.items() if value), "--range")


def _commits_only(options: Options) -> bool:
    """Whether only what some commits bring in is to be read."""
    chosen = (options.range, options.commits, options.branch, options.since)
    return any(choice is not None for choice in chosen)


def _wanted(repository: Repository, options: Options) -> str | Sequence[str]:
    if options.commits is not None:
        return options.commits
    if options.range is not None:
        return options.range
    from leakscan.git.ranges import recent_commits

    return recent_commits(repository, options.branch, options.since)


def _describe(attribution: Attribution, found: Sequence[Candidate], tally: _Tally, where: str = "") -> None:
    """Adds what reports say of the candidates' commits, and whether they still stand in HEAD."""
    tally.commits |= attribution.commits(candidate.origin.commit for candidate in found)
    tally.head = (tally.head or set()) | (attribution.in_head() if found else set())
    tally.incomplete += _placed(attribution.incomplete, where)
