"""Joins the rooms: source, detect, score, suppress, advise."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from leakscan import __version__
from leakscan.changes import changed, commits_only
from leakscan.detect.detect import Detector
from leakscan.errors import GitError, UsageError
from leakscan.finding import Blob, Candidate, Counts, Finding, Gap, Origin, ScanResult
from leakscan.git.repository import discover
from leakscan.options import Options, check_since_last
from leakscan.ruleset.compiled import CompiledRules, compiled_rules
from leakscan.ruleset.ruleset import RuleSet
from leakscan.score.model import DEFAULT_MIN_CONFIDENCE
from leakscan.source.archive import Unpacker, searched
from leakscan.suppress.allowlist import permitted
from leakscan.suppress.interface import Scope
from leakscan.suppress.suppress import suppressed
from leakscan.tally import Tally, placed

# A hook does without what reads trees and histories, and mostly without what judges findings: they are
# imported where they are used, because that takes as long as all the rest.
if TYPE_CHECKING:
    from leakscan.changes import Likely
    from leakscan.past import Past
    from leakscan.ruleset.rule import Rule
    from leakscan.source.inside import Inside
    from leakscan.source.interface import Source
    from leakscan.state import StateFile


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
    check_since_last(targets, options)
    started, clock = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()), time.monotonic()
    tally = Tally(progress=progress, profile=options.profile)
    with tally.watch.during("rules"):
        compiled = compiled_rules(options.rules, _check, wait)
        rules = compiled.rules
        options.selection.check(rules)
        detector = Detector(compiled, keep=partial(_is_likely, rules, options.min_confidence))
        del compiled  # whose databases are large, and open now
    for target in targets:
        found = permitted(_scan_one(target, options, detector, tally), rules)
        tally.candidates += _below(target, found, options.names) if len(targets) > 1 else found
    tally.incomplete += detector.incomplete
    with tally.watch.during("findings"):
        findings = _findings(tally, rules, options.min_confidence, options.key)
        suppressors = ((tally.marks,) if options.marks else ()) + options.suppressors
        scope = _scope(tally, options)
        held = tally.candidates
        if options.suppressors or any(candidate.marked for candidate in held):
            findings = list(suppressed(findings, held, tally.commits, tally.head, suppressors, scope))
        unused = (warning for suppressor in suppressors for warning in suppressor.warnings(scope))
        warnings = [*tally.warnings, *unused]
        findings, unwanted = options.selection.chosen(findings)
        if unwanted:
            left_out = f"{len(unwanted)} left out by the filters that were given"
            tally.skipped.append(Gap("other findings", left_out))
        named = [*_text_findings(_names(targets, tally), detector), *unwanted]
    return ScanResult(
        version=__version__,
        started=started,
        seconds=round(time.monotonic() - clock, 3),
        targets=tuple(targets),
        counts=tally.counts._replace(rules=len(rules), candidates=len(tally.candidates)),
        findings=tuple(findings),
        incomplete=tuple(tally.incomplete),
        skipped=tuple(tally.skipped),
        named=tuple(named),
        profile=tally.watch.spent,
        warnings=tuple(warnings),
    )


def _scope(tally: Tally, options: Options) -> Scope:
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
    return _text_findings(content, Detector(compiled_rules()), path, min_confidence)


def scan_texts(
    texts: Iterable[tuple[str | None, str]],
    rules: Sequence[Path] = (),
    min_confidence: float = DEFAULT_MIN_CONFIDENCE,
    wait: Callable[[], object] = lambda: None,
) -> list[Finding]:
    """The findings in some texts, each judged as if it stood at its path; see :func:`scan_targets`."""
    detector = Detector(compiled_rules(rules, _check, wait))
    return [
        finding
        for path, text in texts
        for finding in _text_findings(text.encode("utf-8", "surrogatepass"), detector, path, min_confidence)
    ]


def _text_findings(
    content: bytes,
    detector: Detector,
    path: str | None = None,
    min_confidence: float = DEFAULT_MIN_CONFIDENCE,
) -> list[Finding]:
    blob = Blob(content, Origin("stdin" if path is None else "worktree", path))
    rules = detector.compiled.rules
    return _findings(Tally(permitted(detector.candidates(blob), rules)), rules, min_confidence)


def _names(targets: Iterable[str], tally: Tally) -> bytes:
    """The texts that a report shows beside its findings, each in a line."""
    gaps = [text for gap in tally.incomplete + tally.skipped for text in (gap.what, gap.why)]
    paths = [candidate.origin.path or "" for candidate in tally.candidates]
    return "\n".join(dict.fromkeys([*targets, *gaps, *paths])).encode("utf-8", "surrogatepass")


def _findings(tally: Tally, rules: RuleSet, min_confidence: float, key: bytes | None = None) -> list[Finding]:
    """The back rooms of the corridor, for candidates that know where they stand."""
    if not tally.candidates:
        return []
    from leakscan.advise.advice import advise
    from leakscan.score.score import score

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


def _below(target: str, candidates: Iterable[Candidate], names: Mapping[str, str]) -> Iterable[Candidate]:
    """With several targets, paths begin where the user stands, and not at each target's own root."""
    if target in names:
        return _moved(candidates, names[target])
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
        yield candidate._replace(origin=origin._replace(path=named))


def _scan_one(target: str, options: Options, detector: Detector, tally: Tally) -> list[Candidate]:
    """The candidates of one target, each with where it stands."""

    def likely(source: Source, where: str = "") -> list[Candidate]:
        unpacker = Unpacker(source.incomplete, source.skipped, options.max_bytes)
        return list(searched(detector.detect, tally.read(source, where), unpacker))

    tally.tree_is_whole &= Path(target).is_dir() and not options.staged and options.range is None
    if target == "-":
        from leakscan.source.stdin import StdinSource

        return likely(StdinSource(max_bytes=options.max_bytes))
    if not target:
        raise UsageError("a path is empty: name a folder or file, or - for standard input")
    path = Path(target)
    if options.staged or commits_only(options):
        return changed(path, options, detector, tally, likely)
    from leakscan.groups import search_files
    from leakscan.source.index import IndexSource
    from leakscan.source.tree import TreeSource

    repository = discover(path)
    tree = TreeSource(path, repository, include_ignored=options.include_ignored, max_bytes=options.max_bytes)
    with tally.watch.during("working tree"):
        searched_tree = search_files(tally.read(tree), detector, options.max_bytes, _processes(options))
    found = tally.take(searched_tree)
    met = tree.repositories
    for inside in met.with_history() if options.history else met.with_index():
        more = _beside_files(inside, options, detector, tally, likely)
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
    inside: Inside, options: Options, detector: Detector, tally: Tally, likely: Likely
) -> list[Candidate]:
    """What a repository holds beside the files of its working tree: its history, or only its index."""
    from leakscan.source.index import IndexSource
    from leakscan.source.remains import RemainsSource

    repository, where = inside
    try:
        if not options.history:
            return likely(IndexSource(repository, max_bytes=options.max_bytes), where)
        state = _state(inside, options, detector.compiled)
        past = _history(inside, options, detector, tally, likely, state)
        past.candidates.sort(key=_in_store)  # whichever process was the first to find it
        with tally.watch.during("attribution"):
            found = list(past.attribution.attribute(past.candidates))
        remains = RemainsSource(repository, max_bytes=options.max_bytes)
        with tally.watch.during("remains"):
            found += likely(remains, where)
        with tally.watch.during("attribution"):
            tally.describe(past.attribution, found, where)
        learn = None if remains.mistaken else past.learned
        del past  # what knows where things stand is large
        learned = learn() if learn else None
        if state is not None and learned is not None:
            tally.skipped += placed(state.write(learned), where)
    except GitError as error:
        if not where:
            raise
        tally.incomplete.append(Gap(where, str(error)))
        return []
    return found


def _history(
    inside: Inside,
    options: Options,
    detector: Detector,
    tally: Tally,
    likely: Likely,
    state: StateFile | None,
) -> Past:
    """The candidates of the whole history, and who knows where they stand."""
    from leakscan.git.attribution import Attribution
    from leakscan.git.graph import CommitGraph
    from leakscan.harvest import ShareWork
    from leakscan.past import Past, read_past
    from leakscan.source.history import HistorySource

    repository, where = inside
    if options.engine == "reference":
        source = HistorySource(repository, max_bytes=options.max_bytes)
        found = likely(source, where)
        return Past(Attribution(repository, source.graph), found)
    known = state.read() if state else None
    seen = known.seen if known else None
    with tally.watch.during("indexes of packs"):
        work = ShareWork(repository, detector, options.max_bytes, seen, options.profile)
    graph, trees = (known.graph, [known.trees]) if known and work.reader.seen else (CommitGraph(), [])
    del known, seen  # or trees would stay when they are used up
    past = read_past(
        repository, work, _processes(options), graph, trees, state is not None, tally.add, tally.watch
    )
    tally.incomplete += placed(past.incomplete, where)
    tally.skipped += placed(past.skipped, where)
    return past


def _processes(options: Options) -> int:
    return options.jobs or os.cpu_count() or 1


def _state(inside: Inside, options: Options, compiled: CompiledRules) -> StateFile | None:
    """Where it is remembered what of this history has been read; None where it is not to be."""
    if inside.where if options.state is not None else not options.since_last:
        return None
    from leakscan.state import state_file

    settings = (__version__, compiled.name, options.max_bytes, options.min_confidence)
    return state_file(inside.repository, settings, options.state)


def _in_store(candidate: Candidate) -> tuple[str, str, str, int, str]:
    origin = candidate.origin
    return origin.blob or "", origin.commit or "", origin.member or "", candidate.start, candidate.rule


def _is_likely(rules: RuleSet, least: float, candidate: Candidate) -> bool:
    """Whether the candidate can come to the confidence that is wanted at least."""
    from leakscan.score.score import best_confidence

    return best_confidence(candidate, rules.by_id[candidate.rule]) >= least
