"""Joins the rooms: source, detect, score, suppress, advise."""

from __future__ import annotations

from leakscan.detect.detect import Detector
from leakscan.finding import Blob, Finding, Origin
from leakscan.ruleset.compiled import CompiledRules, compiled_rules
from leakscan.score.model import DEFAULT_MIN_CONFIDENCE
from leakscan.score.score import score
from leakscan.suppress.allowlist import permitted


def scan_text(
    content: bytes,
    path: str | None = None,
    compiled: CompiledRules | None = None,
    min_confidence: float = DEFAULT_MIN_CONFIDENCE,
) -> list[Finding]:
    """The findings in one text, judged as if it stood at ``path``."""
    compiled = compiled or compiled_rules()
    blob = Blob(content, Origin("stdin" if path is None else "worktree", path))
    candidates = Detector(compiled).candidates(blob)
    findings = score(permitted(candidates, compiled.rules), compiled.rules)
    return [finding for finding in findings if finding.confidence >= min_confidence]
