"""Trains the weights of generic candidates on labelled lines, and says how exact they are on unseen
projects.

    python -m benchmarks.train_confidence --creddata CHECKOUT [--write]

CHECKOUT is a clone of Samsung/CredData with the files in ``data`` and the labels in ``meta_have`` (or
``meta``). Beside them go texts of our own making (:mod:`benchmarks.own_texts`): in CredData all true
passwords are random letters, and people's are not. Needs scikit-learn. The same input gives the same
weights.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, hstack
from scipy.special import expit
from sklearn.feature_extraction import DictVectorizer
from sklearn.model_selection import GroupKFold

from benchmarks.creddata import Unit, core, files, scored, units_by_line
from benchmarks.own_texts import own_texts
from benchmarks.reliability import Bin, bins, diagram
from leakscan.detect.detect import Detector
from leakscan.finding import Blob, Candidate, Origin
from leakscan.ruleset.compiled import CompiledRules, compiled_rules
from leakscan.ruleset.rule import Rule
from leakscan.score import learned
from leakscan.score.around import assigned_name, line_after, line_before
from leakscan.score.features import intrinsic_features, tame
from leakscan.score.model import weights
from leakscan.score.paths import path_features
from leakscan.score.score import judge_alone
from leakscan.score.tables import FOLDER, LEARNED
from leakscan.suppress.allowlist import permitted

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

PICTURE = Path(__file__).parent.parent / "docs" / "scoring-reliability.svg"
FOLDS = 8
STRENGTH = 4.0  # the inverse of the regularisation's
LEAST_SEEN = 3  # candidates that a piece must stand in
LEAST_WEIGHT = 0.04
MOST_FILE_TYPE = 0.5  # 95 projects are few for so many kinds of files
UNLABELLED = 0.6  # how much a candidate counts that nobody has labelled; it is taken for false
OWN = 0.6

# These stay as they were set by hand. A path says how much a leak matters, and the labels do not: they call
# what stands in a test as true as anything.
BY_HAND = (
    "lock path",
    "locale path",
    "test path",
    "vendor path",
    "message:",
    "pattern:",
    "pair",
    "shape:regular",
    "shape:colour",
    "shape:decimal",
    "shape:region",
    "shape:host",
    "short of no password",
    "words of no password",
    "another name's",
    "one of a list",
    "word of several",
    "uuid of no key",
    "number in code",
    "shape:date",
    "shape:ciphertext",
    "shape:number of a machine",
    "shape:file",
    "shape:URL",
    "shape:version",
    "shape:algorithm",
    "shape:punctuation",
    "number of no password",
    "expired",
)
BEYOND = ("random",)
"""Trained, it would be made up for by others. A long random value under a telling name must be found."""
AT_MOST = {
    "placeholder:generic": -12.0,
    "shape:number": 0.6,
    "hash context:generic": -4.0,
    "code:generic": -2.5,
    "uuid:generic": 0.5,
    "unquoted code": -2.0,
    "public name": -3.5,
    "not ASCII": -6.0,
    "punctuated": -2.5,
    "only common words": -0.5,
    "shape:phrase": -3.0,
    "other key": -8.0,
}
"""People expect these to speak against a candidate, whatever the labels say."""


@dataclass(slots=True)
class Sample:
    """A candidate as it is trained on."""

    project: str
    pieces: dict[str, float]
    true: bool
    importance: float
    units: list[Unit] = field(default_factory=list)
    fixed: float = 0.0  # what the features say that are not trained
    beyond: float = 0.0  # and what comes on top, of which the training is not told
    generic: bool = True
    sure: float = 0.0  # the confidence, where it is not trained


def pieces(candidate: Candidate, rule: Rule) -> tuple[dict[str, float], float]:
    """Everything about a candidate that has a weight to train, and the sum of what has not."""
    found: dict[str, float] = {}
    fixed, value, path = 0.0, candidate.secret.raw, candidate.origin.path
    for feature in (*intrinsic_features(candidate, rule), *path_features(path, candidate, rule)):
        if feature.key.startswith(BY_HAND):
            fixed += weights()[feature.key] * feature.amount
        elif feature.key != "learned":
            found[feature.key] = found.get(feature.key, 0.0) + feature.amount
    small = {
        "characters": learned.character_pieces(value),
        "shape": [] if tame(value, rule.id) else learned.shape_pieces(value),
        "name": learned.name_pieces(assigned_name(candidate)),
        "line before": learned.before_pieces(line_before(candidate)),
        "what follows": learned.after_pieces(line_after(candidate)),
        "file type": learned.path_pieces(path) if path else [],
    }
    for group, of_group in small.items():
        for amount, keys in of_group:
            for key in keys:
                piece = f"{group}/{''.join(key)}"
                found[piece] = found.get(piece, 0.0) + amount
    return found, fixed


def samples(checkout: Path) -> Iterator[Sample]:
    """The candidates of all files, and those of our own texts."""
    compiled = compiled_rules()
    detector = Detector(compiled)
    labels = units_by_line(checkout)
    for path, content in files(checkout):
        project = path.split("/")[1]
        for candidate, rule in candidates(detector, compiled, content, path):
            units = labels.get((path, candidate.position.line), [])
            true = any(unit.true for unit in units)
            yield sample(candidate, rule, project, true, 1.0 if units else UNLABELLED, units)
    for text in own_texts():
        for candidate, rule in candidates(detector, compiled, text.content, text.path):
            true = text.true and text.value in candidate.secret.raw
            yield sample(candidate, rule, f"own texts {text.fold}", true, OWN, [])


def candidates(
    detector: Detector, compiled: CompiledRules, content: bytes, path: str
) -> Iterator[tuple[Candidate, Rule]]:
    blob = Blob(content, Origin("worktree", path))
    for candidate in permitted(detector.candidates(blob), compiled.rules):
        yield candidate, compiled.rules.by_id[candidate.rule]


def sample(
    candidate: Candidate, rule: Rule, project: str, true: bool, importance: float, units: list[Unit]
) -> Sample:
    if rule.kind != "generic":
        sure = judge_alone(candidate, rule)
        return Sample(project, {}, true, importance, units, generic=False, sure=sure)
    found, fixed = pieces(candidate, rule)
    beyond = sum(weights()[key] * found.pop(key, 0.0) for key in BEYOND)
    return Sample(project, found, true, importance, units, fixed, beyond)


@dataclass(frozen=True, slots=True)
class Trained:
    """A weight for each piece; the constant is that of ``pattern:generic``."""

    weights: dict[str, float]
    constant: float

    def confidence(self, sample: Sample) -> float:
        if not sample.generic:
            return sample.sure
        known, groups = 0.0, dict[str, float]()
        for key, amount in sample.pieces.items():
            weight = self.weights.get(key, 0.0) * amount
            group, is_small, _ = key.partition("/")
            if is_small:
                groups[group] = groups.get(group, 0.0) + weight
            else:
                known += weight
        known += sum(max(-learned.MOST, min(learned.MOST, weight)) for weight in groups.values())
        return float(1 / (1 + np.exp(-(known + self.constant + sample.fixed + sample.beyond))))


def trained(chosen: Sequence[Sample]) -> Trained:
    """A logistic regression over the generic candidates among these."""
    chosen = [sample for sample in chosen if sample.generic]
    vectorizer = DictVectorizer()
    table = vectorizer.fit_transform([sample.pieces for sample in chosen])
    seen = np.asarray((table != 0).sum(axis=0)).ravel() >= LEAST_SEEN
    names = vectorizer.get_feature_names_out()[seen]
    coefficients = fitted(
        table[:, seen],
        np.array([sample.true for sample in chosen]),
        np.array([sample.importance for sample in chosen]),
        np.array([sample.fixed for sample in chosen]),
        [MOST_FILE_TYPE if name.startswith("file type/") else None for name in names],
    )
    found = {}
    for name, weight in zip(names, coefficients, strict=False):
        weight = min(float(weight), AT_MOST.get(name, np.inf))
        if abs(weight) >= LEAST_WEIGHT:
            found[str(name)] = round(weight, 2)
    return Trained(found, round(float(coefficients[-1]), 2))


def fitted(
    table: csr_matrix, true: Flags, importance: Floats, fixed: Floats, most: Sequence[float | None]
) -> Floats:
    """The weights of a logistic regression, and its constant; ``fixed`` is what each row has already.

    ``most`` is how much a weight may be either way, None where that is not limited. To cut them later would
    move the constant, because each row has one of those that are limited.
    """
    table = hstack([table, np.ones((table.shape[0], 1))]).tocsr()
    sign = np.where(true, 1.0, -1.0)
    shrink = np.append(np.full(table.shape[1] - 1, 1 / STRENGTH), 0.0)  # all but the constant

    def loss(at: Floats) -> tuple[float, Floats]:
        margin = sign * (table @ at + fixed)
        slope = -importance * sign * expit(-margin)
        cost = float(importance @ np.logaddexp(0, -margin) + (shrink * at) @ at / 2)
        return cost, table.T @ slope + shrink * at

    # The constant is the share of true candidates: what was never seen speaks neither for nor against.
    share = float(importance[true].sum() / importance.sum())
    base = float(np.log(share / (1 - share)))
    start = np.append(np.zeros(table.shape[1] - 1), base)
    bounds = [*((None if limit is None else -limit, limit) for limit in most), (base, base)]
    return minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500}).x


def cross_validated(chosen: Sequence[Sample]) -> list[float]:
    """The confidence of each sample by a model that has seen nothing of its project."""
    groups = [sample.project for sample in chosen]
    sure = [0.0] * len(chosen)
    for known, unseen in GroupKFold(FOLDS).split(chosen, groups=groups):
        model = trained([chosen[at] for at in known])
        for at in unseen:
            sure[at] = model.confidence(chosen[at])
    return sure


def report(checkout: Path, chosen: Sequence[Sample], sure: Sequence[float]) -> None:
    true, at_stake = core(checkout), [sample for sample in chosen if not sample.project.startswith("own")]
    for least in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95):
        found = [sample for sample, p in zip(chosen, sure, strict=True) if p >= least and sample in at_stake]
        print(f"from {least:.2f}: {scored(true, [sample.units for sample in found])}")
    others = [sample.true for sample in chosen if not sample.generic and sample.units and sample.sure >= 0.5]
    print(
        f"all but the generic rules from 0.50: "
        f"precision {sum(others) / max(1, len(others)):.3f} ({len(others)})"
    )
    print("confidence: how many, how many of them true")
    for bin in reliability(chosen, sure):
        print(f"{bin.low:.1f} to {bin.high:.1f}: {bin.count:5}  {bin.share:.2f}")
    for least in (0.3, 0.5):
        own = [(s, p >= least) for s, p in zip(chosen, sure, strict=True) if s.project.startswith("own")]
        right = sum(s.true and found for s, found in own)
        print(
            f"own texts from {least}: precision {right / max(1, sum(found for _, found in own)):.3f}, "
            f"recall {right / max(1, sum(s.true for s, _ in own)):.3f}"
        )


def reliability(chosen: Sequence[Sample], sure: Sequence[float]) -> list[Bin]:
    """The labelled generic candidates by their confidence."""
    return bins((p, s.true) for s, p in zip(chosen, sure, strict=True) if s.units and s.generic)


def write(model: Trained) -> None:
    """The pieces into ``learned.json``, the rest into ``weights.json``."""
    small: dict[str, dict[str, float]] = {group: {} for group in LEARNED}
    for key, weight in sorted(model.weights.items()):
        group, is_small, piece = key.partition("/")
        if is_small:
            small[group][piece] = weight
    table = dict(weights())
    for key in table:
        if key in model.weights or key in AT_MOST:
            table[key] = model.weights.get(key, 0.0)
    table["pattern:generic"] = model.constant
    (FOLDER / "learned.json").write_text(json.dumps(small, ensure_ascii=False, indent=0) + "\n", "utf-8")
    (FOLDER / "weights.json").write_text(json.dumps(table, indent=2) + "\n", "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--creddata", type=Path, required=True, metavar="CHECKOUT")
    parser.add_argument(
        "--write",
        action="store_true",
        help="store the weights of all projects together, and the picture of the documentation",
    )
    options = parser.parse_args()
    chosen = list(samples(options.creddata))
    print(f"{len(chosen)} candidates, {sum(sample.generic for sample in chosen)} of them generic")
    sure = cross_validated(chosen)
    report(options.creddata, chosen, sure)
    if options.write:
        write(trained(chosen))
        PICTURE.write_text(diagram(reliability(chosen, sure)), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
